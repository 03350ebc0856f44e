"""Every cause by every state of an entry: what becomes of it, of the feeds, of what is said and what is due.

All entries wait in one court; each test undoes what it did.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from notifications.delivery import NoticeState
from notifications.texts import TextId
from scripts import cast
from scripts.stage import Registration, form_of, papers_for
from tests.contract.storage.books import Books, Engine, open_books, undone
from tracker.domain.due import DueKind
from tracker.domain.entries import Cause, EntryState
from tracker.domain.errors import Conflict
from tracker.domain.ids import EntryId
from tracker.domain.people import system_actor
from tracker.services.entries.approval import approve_entry
from tracker.services.entries.registration import register_entry, submit_entry
from tracker.services.entries.standing import Stop, stop_entries, suspend_entry, withdraw_entry
from tracker.storage import entries, entry_locks, people, rules
from tracker.storage.registry import Registry
from tracker.storage.tables import alerts, feeds, notices, plumbing
from tracker.storage.transaction import Tx

DRAFT, SUBMITTED, ACTIVE, ENDED = "draft", "submitted", "active", "ended"
PAUSED, PAID = "paused by a person", "suspended for money"
STATES = (DRAFT, SUBMITTED, ACTIVE, PAUSED, PAID, ENDED)

PAUSES = (Cause.SUSPENDED_BY_PERSON, Cause.NOT_VALIDATED)
TO_RECONCILE = (Cause.RESTORED, Cause.GONE_AT_AGENCY)
SUSPENDS = (Cause.PERFORMED, Cause.WRONG_PERSON, Cause.PAPER_REVOKED)
TURNED_DOWN = (Cause.TURNED_DOWN,)
ENDS = tuple(cause for cause in Cause if cause not in (*PAUSES, *TO_RECONCILE, *TURNED_DOWN))


@dataclass(frozen=True, slots=True, kw_only=True)
class Follows:
    """What one stop leads to. `removed`: removals on their way by the feeds, `tombstones`: by the express
    lane; `waiting`: what is still to be said about the entry; `due`: what time will still bring it.
    """

    state: EntryState
    removed: int = 0
    tombstones: int = 0
    waiting: tuple[TextId, ...] = ()
    due: tuple[DueKind, ...] = ()


ASKED = (TextId.END_OR_RESUME, TextId.END_OR_RESUME)
"""The judge of the case and the desk on duty."""
UNTIL_ITS_END = (DueKind.ENTRY_EXPIRES,)

REFUSED = None
OVER = Follows(state=EntryState.ENDED)
GONE_FOR_GOOD = Follows(state=EntryState.ENDED, removed=4, tombstones=4)
GONE_AND_ASKED = Follows(
    state=EntryState.SUSPENDED, removed=4, tombstones=4, waiting=ASKED, due=UNTIL_ITS_END
)
GONE = Follows(state=EntryState.SUSPENDED, removed=4, tombstones=4, due=UNTIL_ITS_END)
"""After a restore they are asked about as one list, in the console."""
ASKED_AGAIN = Follows(state=EntryState.SUSPENDED, waiting=ASKED, due=UNTIL_ITS_END)

TABLE: Sequence[tuple[str, bool, Sequence[Cause], Follows | None]] = (
    (DRAFT, False, (*PAUSES, *TO_RECONCILE, *SUSPENDS), REFUSED),
    (DRAFT, True, (*ENDS, *TURNED_DOWN), OVER),
    (SUBMITTED, False, (*PAUSES, *TO_RECONCILE, *SUSPENDS), REFUSED),
    (SUBMITTED, True, (*ENDS, *TURNED_DOWN), OVER),
    (ACTIVE, False, (*PAUSES, *SUSPENDS), GONE_AND_ASKED),
    (ACTIVE, False, TO_RECONCILE, GONE),
    (ACTIVE, True, ENDS, GONE_FOR_GOOD),
    (PAUSED, False, (*PAUSES, *TO_RECONCILE), REFUSED),
    (PAUSED, False, SUSPENDS, ASKED_AGAIN),
    (PAUSED, True, ENDS, OVER),
    (PAID, False, (*PAUSES, *TO_RECONCILE, *SUSPENDS), REFUSED),
    (PAID, True, ENDS, OVER),
    (ENDED, False, (*PAUSES, *TO_RECONCILE, *SUSPENDS), REFUSED),
    (ENDED, True, ENDS, REFUSED),
)
CELLS = [
    pytest.param(
        state, Stop(cause=cause, ends=ends), follows, id=f"{state}-{'ends' if ends else 'stops'}-{cause}"
    )
    for state, ends, causes, follows in TABLE
    for cause in causes
]


async def _list(registry: Registry, position: int) -> EntryId:
    """A draft on somebody new, in A's case."""
    wanted = cast.Wanted(
        name="欧阳若谷",
        number=cast.resident_number(date(1979, 3, 12), 100 + position),
        phone=cast.demo_phone(20 + position),
    )
    what = Registration(case=cast.A_CASE, wanted=wanted)
    async with registry.transaction() as tx:
        clerk = await people.get_actor(tx, cast.CLERK.person_id)
        papers = papers_for(await rules.find_rule(tx, cast.COURT.court_id, what.measure))
        return await register_entry(tx, clerk, form_of(what, papers))


async def _approve(registry: Registry, entry_id: EntryId, position: int) -> None:
    async with registry.transaction() as tx:
        leader = await people.get_actor(tx, cast.LEADER.person_id)
        number = cast.resident_number(date(1979, 3, 12), 100 + position)
        await approve_entry(tx, leader, entry_id, [number])


@pytest.fixture(scope="module")
async def listed(
    tmp_path_factory: pytest.TempPathFactory, moved_in: Path, engine: Engine
) -> AsyncIterator[tuple[Books, dict[str, EntryId]]]:
    """A court with one entry in each state."""
    folder = tmp_path_factory.mktemp("ways-out") / "court"
    await engine.copy(moved_in, folder)
    books, database = await open_books(engine, folder)
    registry = books.registry
    ids = {state: await _list(registry, position) for position, state in enumerate(STATES)}
    async with registry.transaction() as tx:
        clerk = await people.get_actor(tx, cast.CLERK.person_id)
        for state in STATES[1:]:
            await submit_entry(tx, clerk, ids[state])
    for position, state in enumerate(STATES[2:], start=2):
        await _approve(registry, ids[state], position)
    async with registry.transaction() as tx:
        judge = await people.get_actor(tx, cast.JUDGE.person_id)
        await suspend_entry(tx, judge, ids[PAUSED])
        paid = await entry_locks.lock_entry(tx, ids[PAID])
        await stop_entries(tx, system_actor(paid.court_id), [paid], Stop(cause=Cause.PERFORMED, ends=False))
        await withdraw_entry(tx, judge, ids[ENDED], Cause.WITHDRAWN)
    yield books, ids
    await database.close()


async def _count(tx: Tx, table: sa.Table, *where: sa.ColumnElement[bool]) -> int:
    row = await tx.row(sa.select(sa.func.count()).select_from(table).where(*where))
    assert row is not None
    return int(row[0])


async def _sent(tx: Tx) -> tuple[int, int]:
    """How many removals and tombstones there are."""
    # A body that is no value is stored as JSON's own null.
    removals = sa.cast(feeds.feed_change.c.body, sa.Text)
    removed = await _count(
        tx, feeds.feed_change, sa.or_(feeds.feed_change.c.body.is_(None), removals == "null")
    )
    return removed, await _count(tx, plumbing.outbox, plumbing.outbox.c.queue.startswith("express."))


async def _follows(tx: Tx, entry_id: EntryId, before: tuple[int, int]) -> Follows:
    notice, due = notices.notice.c, alerts.due_work.c
    waiting = sa.select(notice.text_id).where(notice.entry_id == entry_id, notice.state == NoticeState.DUE)
    kinds = sa.select(due.kind).where(due.about == entry_id).order_by(due.kind)
    removed, tombstones = await _sent(tx)
    return Follows(
        state=(await entries.get_entry(tx, entry_id)).state,
        removed=removed - before[0],
        tombstones=tombstones - before[1],
        waiting=tuple(TextId(row.text_id) for row in await tx.rows(waiting)),
        due=tuple(DueKind(row.kind) for row in await tx.rows(kinds)),
    )


async def _stopped(tx: Tx, entry_id: EntryId, stop: Stop) -> Follows | None:
    before = await _sent(tx)
    entry = await entry_locks.lock_entry(tx, entry_id)
    try:
        await stop_entries(tx, system_actor(entry.court_id), [entry], stop)
    except Conflict:
        return REFUSED
    return await _follows(tx, entry_id, before)


@pytest.mark.parametrize(("state", "stop", "follows"), CELLS)
async def test_what_follows(
    listed: tuple[Books, dict[str, EntryId]], state: str, stop: Stop, follows: Follows | None
) -> None:
    books, ids = listed

    async with undone(books.registry) as tx:
        assert await _stopped(tx, ids[state], stop) == follows


async def test_before_it_stops_time_will_bring_its_end_its_validation_and_a_reminder(
    listed: tuple[Books, dict[str, EntryId]],
) -> None:
    books, ids = listed

    async with books.registry.reading() as tx:
        assert await _follows(tx, ids[ACTIVE], await _sent(tx)) == Follows(
            state=EntryState.ACTIVE,
            due=(DueKind.ENTRY_EXPIRES, DueKind.ENTRY_REMINDER, DueKind.ENTRY_VALIDATION),
        )


def test_the_table_holds_every_cause_in_every_state() -> None:
    suspended = {(state, cause) for state, ends, causes, _ in TABLE for cause in causes if not ends}
    ended = {(state, cause) for state, ends, causes, _ in TABLE for cause in causes if ends}

    assert suspended == {(state, cause) for state in STATES for cause in (*PAUSES, *TO_RECONCILE, *SUSPENDS)}
    never_in_force = {(state, cause) for state in (DRAFT, SUBMITTED) for cause in TURNED_DOWN}
    assert ended == {(state, cause) for state in STATES for cause in ENDS} | never_in_force
    assert {*PAUSES, *TO_RECONCILE, *ENDS, *TURNED_DOWN} == set(Cause)
