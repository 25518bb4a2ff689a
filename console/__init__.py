"""The web console of `durable_engine`: pages, live updates and the JSON API."""
