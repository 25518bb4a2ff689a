"""Pieces of pages that stay up to date: rows, counts, facts, announcements.

A page is first written with its pieces in place; after that, sockets (`console.live`)
and polls (`console.views.live`) ask for the pieces again and send those whose version
has changed. A piece is the same HTML whoever asks: it holds nothing that depends on
the user beyond the permission to view workflows, and so no payload.
"""
