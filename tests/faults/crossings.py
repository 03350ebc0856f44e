"""Names every arrow of the path as it is crossed, and ends the process right before or after a given one, or
at the first of several.

All is seen from outside, on the ports: which rows a transaction has written, which type of message goes over
the bus, what a provider is asked, what a webhook is answered. The product knows nothing of it.
"""

import json
import os
import re
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Protocol

import sqlalchemy as sa
from aio_pika import IncomingMessage
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.bus.embedded import EmbeddedBus
from adapters.bus.port import Answer, Delivery, Handler, SetHandler, one_by_one
from adapters.replica.lists import Lists
from adapters.replica.ordered_state import OrderedState
from adapters.replica.tombstones import Tombstones
from adapters.sqlite import SqliteDatabase
from scripts.engines.production import WholeRabbitBus
from scripts.web_line import WebhookAnswer, WebLine
from tests.faults.path import court_commit, edge_commit
from tracker.storage.engine.postgresql import PostgresDatabase

CHANGE: Final = re.compile(
    r"(?P<verb>INSERT INTO|UPDATE|DELETE FROM) (?P<table>\w+)(?P<rest>(?: SET .*?(?= WHERE))?)", re.DOTALL
)
INSERTED: Final = re.compile(r"INSERT INTO (\w+)")
"""In a statement that writes new rows of several tables."""
BEHIND_WITH: Final = re.compile(r"^ UPDATE ", re.MULTILINE)
CREATE: Final = re.compile(r"\s*CREATE TABLE (?P<table>\w+)")
SET_COLUMN: Final = re.compile(r"(?: SET |, )(\w+)=")
VERBS: Final = {"INSERT INTO": "insert", "UPDATE": "update", "DELETE FROM": "delete"}


class When(StrEnum):
    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Where a life ends: the first time that an arrow is crossed."""

    arrow: str
    when: When

    def __str__(self) -> str:
        return f"{self.when.value} {self.arrow}"

    @classmethod
    def read(cls, text: str) -> "Point":
        when, _, arrow = text.partition(" ")
        return cls(arrow=arrow, when=When(when))


@dataclass(slots=True, kw_only=True)
class Crossings:
    """The arrows crossed so far, each once, in order. At the first of the points that it comes to, the
    process is killed; `death` says which it was.
    """

    points: Collection[Point] = ()
    death: Path = Path(os.devnull)
    seen: list[str] = field(default_factory=list)
    handling: str = ""
    """The type of the message that a consumer got last: the one that is acknowledged next."""

    def before(self, arrow: str) -> None:
        if arrow not in self.seen:
            self.seen.append(arrow)
        self._die_at(arrow, When.BEFORE)

    def after(self, arrow: str) -> None:
        self._die_at(arrow, When.AFTER)

    @contextmanager
    def crossing(self, arrow: str) -> Iterator[None]:
        self.before(arrow)
        yield
        self.after(arrow)

    def _die_at(self, arrow: str, when: When) -> None:
        point = Point(arrow=arrow, when=when)
        if point in self.points:
            self.death.write_text(str(point))
            os.kill(os.getpid(), signal.SIGKILL)


class BusEngine(Protocol):
    async def publish(self, queue: str, body: bytes, *, message_id: str, sender: str) -> None: ...

    def subscribe(self, queue: str, handler: Handler) -> None: ...

    def subscribe_to_sets(self, queue: str, handler: SetHandler) -> None: ...


class DatabaseEngine(Protocol):
    def transaction(self) -> AbstractAsyncContextManager[AsyncConnection]: ...


def watch_ports(crossings: Crossings) -> None:
    """From now on this process names what crosses its ports, on whatever engines."""
    watch_commits(SqliteDatabase, crossings)
    watch_commits(PostgresDatabase, crossings)
    watch_bus(EmbeddedBus, crossings)
    watch_bus(WholeRabbitBus, crossings)
    watch_acknowledgements(crossings)
    watch_replica(crossings)
    watch_webhooks(crossings)
    watch_first_start(crossings)


def watch_first_start(crossings: Crossings) -> None:
    """Each table as it is made, by a migration or by an edge."""

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        made = CREATE.match(statement)
        if made is not None:
            with crossings.crossing(f"table made: {made['table']}"):
                pass

    sa.event.listen(sa.Engine, "after_cursor_execute", note)


def watch_commits(engine: type[DatabaseEngine], crossings: Crossings) -> None:
    transaction = engine.transaction

    @asynccontextmanager
    async def watched(database: DatabaseEngine) -> AsyncIterator[AsyncConnection]:
        arrow = None
        async with transaction(database) as tx:
            written = _spy(tx)
            yield tx
            arrow = _commit_arrow(tx, frozenset(written), crossings)
            if arrow is not None:
                crossings.before(arrow)
        if arrow is not None:
            crossings.after(arrow)

    _put(engine, "transaction", watched)


def _put(owner: type, name: str, watched: Callable[..., Any]) -> None:
    """Every instance does the watched thing from now on, in this process only."""
    setattr(owner, name, watched)


def _spy(tx: AsyncConnection) -> set[str]:
    """What a transaction writes, as it goes on: `insert alert`, `update outbox`, `outbox.published_at`."""
    written = set[str]()

    def note(_connection: object, cursor: Any, statement: str, *_rest: object) -> None:
        if statement.startswith("WITH "):
            written.update(f"insert {table}" for table in INSERTED.findall(statement))
            behind = BEHIND_WITH.search(statement)
            statement = "" if behind is None else statement[behind.start() + 1 :]
        change = CHANGE.match(statement)
        if change is None or cursor.rowcount == 0:
            return
        verb, table = VERBS[change["verb"]], change["table"]
        written.add(f"{verb} {table}")
        written.update(f"{table}.{column}" for column in SET_COLUMN.findall(change["rest"]))

    sa.event.listen(tx.sync_connection, "after_cursor_execute", note)
    return written


def _commit_arrow(tx: AsyncConnection, written: frozenset[str], crossings: Crossings) -> str | None:
    """The name of a commit; None for one that changed nothing, or that is the bus's own affair."""
    if not written:
        return None
    url = tx.engine.url
    match Path(url.database or "").name if url.get_backend_name() == "sqlite" else "":
        case "bus.sqlite":
            return f"bus ack: {crossings.handling}" if "delete waiting" in written else None
        case "edge.sqlite":
            return f"edge commit: {edge_commit(written)}"
        case _:
            return f"court commit: {court_commit(written)}"


def watch_bus(engine: type[BusEngine], crossings: Crossings) -> None:
    publish, subscribe_to_sets = engine.publish, engine.subscribe_to_sets

    async def watched_publish(
        bus: BusEngine, queue: str, body: bytes, *, message_id: str, sender: str
    ) -> None:
        with crossings.crossing(f"bus publish: {message_type(body)}"):
            await publish(bus, queue, body, message_id=message_id, sender=sender)

    def watched_subscribe_to_sets(bus: BusEngine, queue: str, handler: SetHandler) -> None:
        async def watched_handler(deliveries: Sequence[Delivery]) -> Sequence[Answer]:
            crossings.handling = message_type(deliveries[0].body)
            with crossings.crossing(f"bus deliver: {crossings.handling}"):
                return await handler(deliveries)

        subscribe_to_sets(bus, queue, watched_handler)

    def subscribe(bus: BusEngine, queue: str, handler: Handler) -> None:
        bus.subscribe_to_sets(queue, one_by_one(handler))

    _put(engine, "publish", watched_publish)
    _put(engine, "subscribe", subscribe)
    _put(engine, "subscribe_to_sets", watched_subscribe_to_sets)


def watch_acknowledgements(crossings: Crossings) -> None:
    """On RabbitMQ; the embedded bus acknowledges by a commit."""
    ack = IncomingMessage.ack

    async def watched(message: IncomingMessage, multiple: bool = False) -> None:
        with crossings.crossing(f"bus ack: {message_type(message.body)}"):
            await ack(message, multiple)

    _put(IncomingMessage, "ack", watched)


def message_type(body: bytes) -> str:
    """The type that an envelope bears."""
    return str(json.loads(body)["type"])


def watch_replica(crossings: Crossings) -> None:
    writing, add, remove = Lists.writing, Tombstones.add, Tombstones.remove

    @contextmanager
    def watched_writing(lists: Lists) -> Iterator[OrderedState]:
        with writing(lists) as ordered:
            yield ordered
            crossings.before("replica commit: packet applied")
        crossings.after("replica commit: packet applied")

    def watched_add(tombstones: Tombstones, *arguments: Any) -> None:
        with crossings.crossing("replica commit: tombstone"):
            add(tombstones, *arguments)

    def watched_remove(tombstones: Tombstones, *arguments: Any) -> None:
        with crossings.crossing("replica commit: tombstone cleared"):
            remove(tombstones, *arguments)

    _put(Lists, "writing", watched_writing)
    _put(Tombstones, "add", watched_add)
    _put(Tombstones, "remove", watched_remove)


def watch_webhooks(crossings: Crossings) -> None:
    post: Callable[..., Awaitable[WebhookAnswer]] = WebLine.post_raw

    async def watched(line: WebLine, path: str, *arguments: Any) -> WebhookAnswer:
        with crossings.crossing(f"webhook: {path.split('/')[2]}"):
            return await post(line, path, *arguments)

    _put(WebLine, "post_raw", watched)
