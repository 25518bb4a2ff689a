"""Tests of the console: pages, live pieces, sockets, and the demo."""
