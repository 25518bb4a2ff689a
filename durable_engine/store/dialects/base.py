"""The contract of a dialect, and what dialects share."""

import abc
import enum
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import orjson
from django.db.backends.base.base import BaseDatabaseWrapper

from durable_engine.store.statements import Statement, load

Row = tuple[Any, ...]
Parameters = Mapping[str, Any]


_NOTHING = nullcontext()


class Fault(enum.Enum):
    """What an exception of the driver means (decided by class and SQLSTATE, I6)."""

    TRANSIENT = "transient"  # the database is away: reconnect and wait
    CONFLICT = "conflict"  # run the whole transaction again
    BOUNDED = "bounded"  # a time limit: try again a few times, then give up
    PERMANENT = "permanent"  # the statement or its data: trying again is useless


class Session(abc.ABC):
    """One driver connection, used by one thread at a time.

    Statements outside `transaction` commit by themselves.
    """

    purpose = ""
    asked_at: float | None = None
    """Since when a statement waits for its answer, on the monotonic clock.

    Read by another thread; None while there is none, and where nothing can get lost.
    """

    def __init__(self, raw: Any, statements: dict[str, Statement]) -> None:
        self.raw = raw
        self._statements = statements

    def rows(self, name: str, parameters: Parameters) -> list[Row]:
        """Run the named statement and return all its rows."""
        return self._run(self._statements[name].parts, parameters)

    def row(self, name: str, parameters: Parameters) -> Row | None:
        """Run the named statement and return its first row, if any."""
        rows = self.rows(name, parameters)
        return rows[0] if rows else None

    def each(
        self, one: str, many: str, records: Sequence[Any], shared: Parameters
    ) -> list[Row]:
        """Run a statement for records; return the rows of all.

        Args:
            one: the statement for a single record, whose fields are its parameters;
                a vendor may have none.
            many: the statement for several, which takes them as the JSON array `rows`.
            records: in their order; at least one.
            shared: parameters besides.
        """
        if len(records) == 1 and one in self._statements:
            return self.rows(one, {**fields(records[0]), **shared})
        return self.rows(many, {"rows": as_json(records), **shared})

    def accepts(
        self,
        one: str,
        many: str,
        records: Sequence[Any],
        shared: Parameters,
        *,
        key: Callable[[Any], Row],
    ) -> set[Row]:
        """Write records; return the keys of those that the database took.

        Args:
            one: the statement for a single record, which returns a row if it took it.
            many: the statement for several, which returns the keys of those it took.
            records: in their order; at least one.
            shared: parameters besides.
            key: tells what identifies a record.
        """
        if len(records) == 1 and one in self._statements:
            record = records[0]
            taken = self.rows(one, {**fields(record), **shared})
            return {key(record)} if taken else set()
        return set(self.rows(many, {"rows": as_json(records), **shared}))

    def close(self) -> None:
        """Give the connection back to the operating system; never raises."""
        try:
            self.raw.close()
        except Exception:  # noqa: BLE001,S110 - it is gone already, which is the aim
            pass

    def break_off(self, asked_at: float) -> bool:
        """Break the connection under a statement that waits, from another thread.

        Args:
            asked_at: the statement; one that began later is left alone.

        Returns:
            Whether it was broken.
        """
        del asked_at
        return False

    def reserve(self) -> None:  # noqa: B027 - only some vendors need it
        """Get ready to write in the caller's transaction; nothing by default."""

    @abc.abstractmethod
    def array(self, values: Iterable[str]) -> Any:
        """Return strings as this vendor's statements take an array."""

    @abc.abstractmethod
    def _run(self, parts: tuple[str, ...], parameters: Parameters) -> list[Row]: ...

    @abc.abstractmethod
    def transaction(self) -> Any:
        """Return a context manager: all statements within commit together."""


class Dialect(abc.ABC):
    """How one vendor opens connections, runs statements and names failures."""

    vendor: str
    combines_writes = False
    """Whether one statement can write to several tables."""

    @property
    def statements(self) -> dict[str, Statement]:
        """Every statement in this vendor's words, by name."""
        return load(self.vendor)

    @abc.abstractmethod
    def open(
        self,
        wrapper: BaseDatabaseWrapper,
        *,
        purpose: str,
        keep_state: bool,
        watch: Callable[[Session], None],
    ) -> Session:
        """Connect and return a session of the engine's own.

        Args:
            wrapper: a fresh Django connection that nobody else uses.
            purpose: shown in `pg_stat_activity`.
            keep_state: False behind a pooler: prepare nothing, set nothing.
            watch: called before the first statement of a session whose answers may
                get lost.
        """

    @abc.abstractmethod
    def borrow(self, wrapper: BaseDatabaseWrapper) -> Session:
        """Return a session on the caller's open connection and transaction."""

    @abc.abstractmethod
    def embed(self, wrapper: BaseDatabaseWrapper, *, keep_state: bool) -> Session:
        """Return a session for the testing kit: the test's connection, as our own.

        Its transactions are savepoints within the test's, if there is one; it may be
        used by any thread; closing it does nothing; the database's clock, as its
        statements see it, is moved as far as the process's own.
        """

    @abc.abstractmethod
    def classify(self, error: BaseException) -> Fault:
        """Say what an exception means; wrapped driver errors are looked through."""

    def gave_up_waiting(self, error: BaseException) -> bool:
        """Tell whether a statement waited too long for a lock of another transaction.

        Never, unless the vendor's sessions have such a limit.
        """
        del error
        return False

    @abc.abstractmethod
    def is_broken(self, wrapper: BaseDatabaseWrapper, error: BaseException) -> bool:
        """Tell whether an exception ended the open transaction of a connection.

        Another one, of some other connection, left it as it was.
        """

    @abc.abstractmethod
    def lacks_tables(self, error: BaseException) -> bool:
        """Tell whether an exception means that migrations have not been run."""

    def exclusive(self, alias: str) -> AbstractContextManager[object]:
        """Hold what writers of one process must take in turns; nothing by default."""
        del alias
        return _NOTHING

    @contextmanager
    def writing(self, wrapper: BaseDatabaseWrapper) -> Iterator[None]:
        """Hold the turn to write on the caller's connection, for one `atomic()`."""
        with self.exclusive(wrapper.alias):
            yield

    def characterise(
        self,
        wrapper: BaseDatabaseWrapper,
        *,
        isolation_level: str | None,
        read_only: bool,
    ) -> None:
        """Shape the transaction that has just begun; nothing by default.

        Args:
            wrapper: the caller's connection, before its first statement.
            isolation_level: as SQL names it; None leaves the connection's.
            read_only: the database refuses writes.
        """
        del wrapper, isolation_level, read_only


def fields(record: Any) -> dict[str, Any]:
    """Return the fields of a slotted record by name."""
    return {name: getattr(record, name) for name in record.__slots__}


def as_json(records: Iterable[Any]) -> str:
    """Return records or plain values as the JSON array that statements take."""
    return orjson.dumps(list(records)).decode()


def driver_error(error: BaseException) -> BaseException:
    """Return the driver's exception behind one of Django's, or the same."""
    seen = error
    while seen.__cause__ is not None and type(seen).__module__ == "django.db.utils":
        seen = seen.__cause__
    return seen
