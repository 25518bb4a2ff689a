"""Live pages over WebSockets: who may connect, who watches what, and what changed.

Without sockets the same pieces travel by polling (`console.views.live`).
"""
