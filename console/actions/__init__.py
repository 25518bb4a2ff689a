"""Every write of the console: permission, then the engine's client, then the audit.

Called by views, the JSON API and the admin; nothing else of the console changes
anything.
"""
