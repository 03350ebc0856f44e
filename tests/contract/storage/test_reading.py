"""What is only read locks nothing: PostgreSQL refuses a lock in a read-only transaction."""

from collections.abc import Awaitable, Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect

from scripts import cast
from tests.contract.storage.books import TONG, Books
from tracker.domain.errors import NotFound
from tracker.domain.ids import AlertId
from tracker.storage import alerts, entries, entry_locks, instructions
from tracker.storage.transaction import Tx

POSTGRESQL: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]


async def read_alert(tx: Tx) -> None:
    with pytest.raises(NotFound):
        await alerts.get_alert(tx, AlertId("nobody"))


async def lock_alert(tx: Tx) -> None:
    with pytest.raises(NotFound):
        await alerts.lock_alert(tx, AlertId("nobody"))


READS: dict[str, Callable[[Tx], Awaitable[object]]] = {
    "an alert": read_alert,
    "alerts of a subject": lambda tx: alerts.list_alerts_of_subject(tx, TONG.subject_id),
    "latest alerts": lambda tx: alerts.list_latest_alerts(tx, cast.COURT.court_id, 5),
    "entries of a subject": lambda tx: entries.list_entries_of_subject(tx, TONG.subject_id),
    "instructions": lambda tx: instructions.list_instructions(tx, TONG.subject_id),
}
LOCKS: dict[str, Callable[[Tx], Awaitable[object]]] = {
    "an alert": lock_alert,
    "the open alert": lambda tx: alerts.lock_open_alert(tx, TONG.subject_id),
    "entries of a subject": lambda tx: entry_locks.lock_entries_of_subject(tx, TONG.subject_id),
    "instructions": lambda tx: instructions.lock_instructions(tx, TONG.subject_id),
}


LOCKED_BEFORE = {"an alert": 1}
"""Who moves an alert locks its subject first: everybody in the same order, or two wait for one another."""


async def locking_statements(books: Books, query: Callable[[Tx], Awaitable[object]]) -> int:
    """How many statements of a query would lock rows on PostgreSQL."""
    written: list[str] = []

    def note(_connection: object, statement: sa.ClauseElement, *_more: object) -> None:
        written.append(str(statement.compile(dialect=POSTGRESQL)))

    async with books.registry.transaction() as tx:
        sa.event.listen(tx.db.sync_connection, "before_execute", note)
        await query(tx)
        sa.event.remove(tx.db.sync_connection, "before_execute", note)
    return sum("FOR NO KEY UPDATE" in one for one in written)


@pytest.mark.parametrize("what", sorted(READS))
async def test_reading_locks_nothing(books: Books, what: str) -> None:
    assert await locking_statements(books, READS[what]) == 0


@pytest.mark.parametrize("what", sorted(LOCKS))
async def test_who_will_change_it_locks_it(books: Books, what: str) -> None:
    assert await locking_statements(books, LOCKS[what]) == LOCKED_BEFORE.get(what, 0) + 1
