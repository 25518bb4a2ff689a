"""Classes that the tests of this folder store, and an equality that sees types."""

import dataclasses
import enum
from typing import Any, Generic, NamedTuple, TypeVar

import pydantic
from hypothesis import HealthCheck, settings

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
Item = TypeVar("Item")


class Colour(enum.Enum):
    RED = "red"
    BLUE = ("b", 2)


class Size(enum.IntEnum):
    SMALL = 1
    LARGE = 2


class Mood(enum.StrEnum):
    GOOD = "good"


class Right(enum.Flag):
    READ = enum.auto()
    WRITE = enum.auto()
    RUN = enum.auto()


class Point(NamedTuple):
    x: Any
    y: Any = 0


class Strict(NamedTuple):
    first: int
    second: int


@dataclasses.dataclass
class Order:
    id: Any
    lines: Any = dataclasses.field(default_factory=list)
    checked: list[str] = dataclasses.field(default_factory=list, init=False)
    later: Any = dataclasses.field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.checked.append("post-init")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    amount: Any
    currency: Any = "EUR"


class Customer(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(frozen=True)

    id: int
    name: str = pydantic.Field(alias="displayName")
    tags: tuple[str, ...] = ()
    _seen: int = pydantic.PrivateAttr(default=0)

    @pydantic.field_validator("name")
    @classmethod
    def shout(cls, name: str) -> str:
        return name + "!"


class Basket(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="allow")

    customer: Customer | None = None
    content: Any = None


class Link(pydantic.BaseModel):
    url: pydantic.HttpUrl


class Secret(pydantic.BaseModel):
    word: pydantic.SecretStr


class Box(pydantic.BaseModel, Generic[Item]):
    item: Item


class NumberBox(Box[int]):
    pass


class PlainError(Exception):
    pass


class TwoArguments(Exception):  # noqa: N818 - as users name theirs
    """Its constructor takes what its ``args`` do not hold."""

    built = 0

    def __init__(self, order: Any, *, reason: str) -> None:
        super().__init__(f"{order}: {reason}")
        type(self).built += 1
        self.order = order
        self.reason = reason


class Unprintable(Exception):  # noqa: N818 - as users name theirs
    def __str__(self) -> str:
        raise RuntimeError


def same(one: object, other: object) -> bool:
    """Compare type and value at every level, and the order of dicts."""
    return seen(one) == seen(other)


def seen(value: Any) -> tuple[type, Any]:
    """Take a value apart into types and texts."""
    parts: Any
    if isinstance(value, list | tuple):
        parts = [*map(seen, value)]
    elif isinstance(value, dict):
        parts = [*map(seen, value.items())]
    elif isinstance(value, set | frozenset):
        parts = sorted(repr(seen(item)) for item in value)
    elif isinstance(value, BaseException):
        parts = seen((value.args, vars(value)))
    elif isinstance(value, pydantic.BaseModel):
        parts = seen(value.__getstate__())
    elif dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value)]
        parts = [seen(getattr(value, name)) for name in names if hasattr(value, name)]
    else:
        parts = repr(value)
    return type(value), parts


class Pickled:
    """A plain class, which only pickle stores."""

    def __init__(self, content: object) -> None:
        self.content = content

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pickled) and self.content == other.content

    __hash__ = None
