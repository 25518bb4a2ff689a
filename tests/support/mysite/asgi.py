"""The small site with the console's sockets, as its documentation says to do it."""

from console.project.asgi import application

__all__ = ["application"]
