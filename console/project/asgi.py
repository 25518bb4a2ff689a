"""The bundled site as an ASGI application: pages, static files and sockets.

Static files are served from here, so that one process is a whole site; put a web
server in front where that matters.
"""

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.project.settings")
http_application = get_asgi_application()

from console.routing import websocket_urlpatterns  # noqa: E402  (needs the registry)

application = ProtocolTypeRouter(
    {
        "http": ASGIStaticFilesHandler(http_application),
        # The console's sockets check origin, session and permission by themselves.
        "websocket": URLRouter(websocket_urlpatterns),
    }
)
