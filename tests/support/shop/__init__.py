"""A small shop: the app whose workflows the tests run.

Installed as `tests.support.shop` in pytest's process and copied as `shop` into each
test project; the label, and so the tables, are the same.
"""
