"""What `manage.py durable_worker` is made of: signals, supervision, reloading."""
