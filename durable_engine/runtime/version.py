"""The version of the application: which code may continue which workflow."""

import hashlib

from durable_engine.conf import Settings
from durable_engine.runtime.registry import Registry


def application_version(settings: Settings, registry: Registry) -> str:
    """Return the version set by the project, else a hash of its workflows' source.

    Only workflow functions count: their order of steps decides whether a recorded
    history can be replayed. Steps may change freely, and tasks, which have none. Of
    the workflows those count that Django imported when it started; in a program whose
    apps have none, those that are known when the version is asked for first.
    """
    if settings.app_version:
        return settings.app_version
    digest = hashlib.blake2b(digest_size=8)
    registry.settle()
    for registration in registry.counted():
        digest.update(registration.name.encode())
        digest.update(registration.source.encode())
    return digest.hexdigest()
