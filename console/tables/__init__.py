"""Rows of the console's tables, ready to be written: templates compute nothing.

Built by `console.queries` from values that the database returned. A row's `version`
changes exactly when its look does; live pages compare versions, never HTML.
"""
