"""The bundled site: settings, addresses and application objects."""
