"""The bundled site as a WSGI application: pages without sockets, which then poll."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.project.settings")
application = get_wsgi_application()
