"""The embedded bus: durable queues in one SQLite file, for a court and its adapters in one process.

A delivery is counted before its handler runs and dropped after it, so a crash anywhere redelivers with a
count. What must not break: order within a queue, and fair turns between queues (one message each per round),
so that a flood or a stopped consumer on one queue never delays another.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from traceback import format_tb
from typing import Any, Final, assert_never

import structlog
from sqlalchemy import Column, Integer, LargeBinary, MetaData, Row, Table, Text, func, select
from sqlalchemy.schema import Index

from adapters.bus.backoff import Backoff, next_backoff
from adapters.bus.port import (
    Accepted,
    Answer,
    DeadLetter,
    Delivery,
    Handler,
    Later,
    Refused,
    SetHandler,
    one_by_one,
)
from adapters.sqlite import SqliteDatabase, Tx

_log = structlog.get_logger(__name__)
_metadata = MetaData()

_waiting = Table(
    "waiting",
    _metadata,
    Column("position", Integer, primary_key=True),
    Column("queue", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("deliveries", Integer, nullable=False),
    Index("waiting_by_queue", "queue", "position"),
    # A position is never given twice, or a late acknowledgement could drop somebody else's message.
    sqlite_autoincrement=True,
)
_dead = Table(
    "dead",
    _metadata,
    Column("position", Integer, primary_key=True),
    Column("queue", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("sender", Text, nullable=False),
    # Kept whole, so that the message can be replayed once its sender or our schema is mended.
    Column("body", LargeBinary, nullable=False),
    Column("reason", Text, nullable=False),
    Column("died_at", Text, nullable=False),
)
_SHOWN: Final = select(
    _dead.c.position, _dead.c.queue, _dead.c.message_id, _dead.c.sender, _dead.c.reason, _dead.c.died_at
).order_by(_dead.c.position)


class EmbeddedBus:
    name = "bus"

    def __init__(self, database: SqliteDatabase, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now
        self._handlers: dict[str, SetHandler] = {}
        self._backoffs: dict[str, Backoff] = {}
        self._has_tables = False
        # One process publishes and consumes here, so an empty round stays empty until something commits.
        self._changes = 0
        self._nothing_at = -1
        database.on_commit(self._something_changed)

    async def make_tables(self) -> None:
        """Once for each object; whatever is done here does it first."""
        if self._has_tables:
            return
        async with self._database.transaction() as tx:
            await tx.run_sync(_metadata.create_all)
        self._has_tables = True

    async def publish(self, queue: str, body: bytes, *, message_id: str, sender: str) -> None:
        await self.make_tables()
        delivery = Delivery(queue=queue, message_id=message_id, sender=sender, body=body, redeliveries=0)
        async with self._database.transaction() as tx:
            await self.put(tx, delivery)

    async def put(self, tx: Tx, delivery: Delivery) -> None:
        """Publish with what else a transaction of this bus's own file commits, once its tables are made."""
        await tx.execute(
            _waiting.insert().values(
                queue=delivery.queue,
                message_id=delivery.message_id,
                sender=delivery.sender,
                body=delivery.body,
                deliveries=delivery.redeliveries,
            )
        )

    def subscribe(self, queue: str, handler: Handler) -> None:
        self.subscribe_to_sets(queue, one_by_one(handler))

    def subscribe_to_sets(self, queue: str, handler: SetHandler) -> None:
        """Sets of one: turns between the queues are of one message each."""
        self._handlers[queue] = handler
        self._something_changed()
        self._backoffs.pop(queue, None)

    async def dead_letters(self) -> Sequence[DeadLetter]:
        await self.make_tables()
        async with self._database.reading() as tx:
            return [_dead_letter(row) for row in await tx.execute(_SHOWN)]

    async def replay(self, message_ids: Collection[str]) -> Collection[str]:
        await self.make_tables()
        letters = select(_dead).where(_dead.c.message_id.in_(message_ids)).order_by(_dead.c.position)
        async with self._database.transaction() as tx:
            rows = (await tx.execute(letters)).all()
            for row in rows:
                again = {name: getattr(row, name) for name in ("queue", "message_id", "sender", "body")}
                await tx.execute(_waiting.insert().values(**again, deliveries=0))
                await tx.execute(_dead.delete().where(_dead.c.position == row.position))
        return {row.message_id for row in rows}

    async def discard(self, mark: str) -> bool:
        await self.make_tables()
        async with self._database.transaction() as tx:
            rows = await tx.execute(_SHOWN)
            position = next((row.position for row in rows if _dead_letter(row).mark == mark), None)
            if position is not None:
                await tx.execute(_dead.delete().where(_dead.c.position == position))
        return position is not None

    async def step(self) -> bool:
        """Deliver the first waiting message of every queue whose consumer is not backing off."""
        await self.make_tables()
        changes = self._changes
        if self._nothing_at == changes and not self._backoffs:
            return False
        at = self._now()
        resting = {queue for queue, backoff in self._backoffs.items() if backoff.lasts(at)}
        deliveries = await self._start_deliveries([queue for queue in self._handlers if queue not in resting])
        for position, delivery in deliveries:
            answer = await self._ask_consumer(delivery)
            await self._settle(position, delivery, answer)
        if not deliveries:
            self._nothing_at = changes
        return bool(deliveries)

    async def next_due(self) -> datetime | None:
        """When the first stopped queue resumes."""
        return min((backoff.until for backoff in self._backoffs.values()), default=None)

    async def _start_deliveries(self, queues: list[str]) -> list[tuple[int, Delivery]]:
        """The first message of each queue, counted as delivered, in the order of subscription."""
        mine = _waiting.c.queue.in_(queues)
        heads = select(func.min(_waiting.c.position)).where(mine).group_by(_waiting.c.queue)
        async with self._database.reading() as tx:
            rows = (await tx.execute(select(_waiting).where(_waiting.c.position.in_(heads)))).all()
        if not rows:
            return []
        counted = _waiting.update().where(_waiting.c.position.in_([row.position for row in rows]))
        async with self._database.transaction() as tx:
            await tx.execute(counted.values(deliveries=_waiting.c.deliveries + 1))
        deliveries = {row.queue: (row.position, _delivery(row)) for row in rows}
        return [deliveries[queue] for queue in queues if queue in deliveries]

    async def _ask_consumer(self, delivery: Delivery) -> Answer:
        try:
            return (await self._handlers[delivery.queue]([delivery]))[0]
        except Exception as error:
            # Where and which kind only: the error's own text may repeat what the message said of a person.
            _log.error(
                "consumer-failed",
                queue=delivery.queue,
                message_id=delivery.message_id,
                error=type(error).__name__,
                where="".join(format_tb(error.__traceback__, limit=-1)).strip(),
            )
            return Later("the consumer failed")

    async def _settle(self, position: int, delivery: Delivery, answer: Answer) -> None:
        match answer:
            case Accepted():
                await self._drop(position)
            case Refused(reason=reason):
                await self._bury(position, delivery, reason)
            case Later(reason=reason):
                self._back_off(delivery, reason)
                return
            case _:
                assert_never(answer)
        self._backoffs.pop(delivery.queue, None)

    async def _drop(self, position: int) -> None:
        async with self._database.transaction() as tx:
            await tx.execute(_waiting.delete().where(_waiting.c.position == position))

    async def _bury(self, position: int, delivery: Delivery, reason: str) -> None:
        async with self._database.transaction() as tx:
            await tx.execute(
                _dead.insert().values(
                    queue=delivery.queue,
                    message_id=delivery.message_id,
                    sender=delivery.sender,
                    body=delivery.body,
                    reason=reason,
                    died_at=self._now().isoformat(),
                )
            )
            await tx.execute(_waiting.delete().where(_waiting.c.position == position))
        _log.warning("dead-letter", queue=delivery.queue, message_id=delivery.message_id, reason=reason)

    def _back_off(self, delivery: Delivery, reason: str) -> None:
        backoff = next_backoff(self._backoffs.get(delivery.queue), self._now(), reason)
        self._backoffs[delivery.queue] = backoff
        _log.warning("consumer-backs-off", queue=delivery.queue, reason=reason, wait_s=backoff.wait_s)

    def _something_changed(self) -> None:
        self._changes += 1


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        queue=row.queue,
        message_id=row.message_id,
        sender=row.sender,
        body=row.body,
        redeliveries=row.deliveries,
    )


def _dead_letter(row: Any) -> DeadLetter:
    return DeadLetter(
        queue=row.queue,
        message_id=row.message_id,
        sender=row.sender,
        reason=row.reason,
        died_at=datetime.fromisoformat(row.died_at),
    )
