"""What a hint says, and the contract of what carries it between processes.

A topic is `(kind, key)`. On the wire a hint is `sender|kinds|hash,hash…`: keys are
hashed, because they are user data and a payload is bounded; `*` instead of hashes
means that everything of those kinds may have changed.
"""

import abc
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import blake2b

Topic = tuple[str, str]

RESULT = "r"  # key: workflow id; its status changed
MESSAGE = "m"  # key: of `message_topic`
EVENT = "e"  # key: workflow id
STREAM = "s"  # key: workflow id
CONTROL = "c"  # key: workflow id; cancelled, resumed or deleted
QUEUE = "q"  # key: ""; something can be claimed
OPERATIONS = "o"  # key: ""; queues, schedules or executors changed

_MOST_HASHES = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """Kinds of things that changed, and which, if they are few."""

    sender: str
    kinds: str
    hashes: frozenset[str] | None  # None: any

    @classmethod
    def decode(cls, payload: str) -> "Hint":
        """Return the hint of a payload; what cannot be read wakes everything."""
        sender, _, rest = payload.partition("|")
        kinds, _, hashes = rest.partition("|")
        if hashes == "*":
            return cls(sender=sender, kinds=kinds, hashes=None)
        return cls(sender=sender, kinds=kinds, hashes=frozenset(hashes.split(",")))


def encode_hint(sender: str, topics: Iterable[Topic]) -> str:
    """Return the payload that hints at these topics, at most about 4 kB."""
    topics = set(topics)
    kinds = "".join(sorted({kind for kind, _ in topics}))
    if len(topics) > _MOST_HASHES:
        return f"{sender}|{kinds}|*"
    return f"{sender}|{kinds}|{','.join(sorted(map(topic_hash, topics)))}"


def message_topic(destination_id: str, topic: str) -> Topic:
    """Return what a receiver of a topic, "" for none, is woken by."""
    return MESSAGE, f"{destination_id}:{topic}"


def topic_hash(topic: Topic) -> str:
    """Return ten hexadecimal digits for a topic; a clash only wakes too many."""
    return blake2b("\0".join(topic).encode(), digest_size=5).hexdigest()


def waiting_key(topic: Topic) -> str:
    """Return how the row of an unloaded workflow says what it waits for.

    It is cut at the length of its column, so that a long id may wake too many.
    """
    return ":".join(topic)[:255]


class Transport(abc.ABC):
    """Carries hints between the processes that share a database.

    `listen` runs on its own thread until `stop`; it calls `received` with each
    payload, `reconnected` when hints arrive from now on and some may have been
    missed, and `lost` when none arrive any more.
    """

    @abc.abstractmethod
    def listen(
        self,
        received: Callable[[str], None],
        reconnected: Callable[[], None],
        lost: Callable[[], None],
    ) -> None:
        """Deliver payloads until stopped; survives lost connections, and any error."""

    @abc.abstractmethod
    def send(self, payload: str) -> None:
        """Send one payload in a transaction of its own."""

    @abc.abstractmethod
    def stop(self) -> None:
        """Make `listen` return soon; safe from any thread."""
