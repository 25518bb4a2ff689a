"""Naming instances, so that their workflow methods can be recovered."""

from collections.abc import Callable
from typing import TypeVar

from durable_engine.runtime.registry import registry

T = TypeVar("T")
C = TypeVar("C", bound=type)


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


class DBOSConfiguredInstance:
    """An object that registers itself; for programs written for DBOS.

    Args:
        config_name: as `name` of `register_instance`.

    Raises:
        ConflictingRegistration: another instance of the class has the name.
    """

    def __init__(self, config_name: str) -> None:
        self.config_name = config_name
        register_instance(self, config_name)


def dbos_class(class_name: str | None = None) -> Callable[[C], C]:
    """Return a decorator that leaves a class as it is; for programs written for DBOS.

    Args:
        class_name: accepted; methods are named after their module and class.
    """
    del class_name
    return lambda owner: owner
