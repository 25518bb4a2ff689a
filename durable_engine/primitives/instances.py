"""Naming instances, so that their workflow methods can be recovered."""

from typing import TypeVar

from durable_engine.runtime.registry import registry

T = TypeVar("T")


def register_instance(instance: T, name: str) -> T:
    """Give an instance the name by which its workflow methods find it again.

    Its workflows are stored with that name, not with the instance; every process that
    is to run them registers an instance of the same class under the same name, at
    start-up. One that has none leaves them to the others.

    Args:
        instance: whose class has `@workflow` methods.
        name: unique among the instances of its class.

    Returns:
        The instance.

    Raises:
        ConflictingRegistration: another instance of the class has the name.
    """
    registry.add_instance(instance, name)
    return instance
