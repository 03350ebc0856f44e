"""A registration that an approver turns down was in force nowhere and never will be; the reason stays."""

from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa

from schemas.measures import Measure
from scripts import cast
from scripts.cast import Member
from scripts.stage import Registration
from tests.contract.storage.books import undone
from tests.contract.storage.listing import acts, form_for
from tests.contract.storage.sighted import Sighted
from tracker.domain.entries import Cause, EntryState
from tracker.domain.errors import Conflict, Invalid, NotAllowed
from tracker.domain.ids import EntryId
from tracker.services.entries.approval import approve_entry, turn_down_entry
from tracker.services.entries.registration import register_entry, submit_entry
from tracker.storage import audit, entries
from tracker.storage.tables import alerts, cases, feeds, journal, notices, plumbing
from tracker.storage.transaction import Tx
from tracker.storage.turned_down import find_why_turned_down

WHY = "欧阳若谷系同名，号码有误"
NEWCOMER = cast.Wanted(name="欧阳若谷", number="99000019790312900X", phone=cast.demo_phone(21))
ON_NEWCOMER = Registration(case=cast.A_CASE, wanted=NEWCOMER)
WHAT_AGENCIES_AND_TEAMS_HEAR = (
    feeds.feed_change,
    feeds.instruction,
    plumbing.outbox,
    notices.notice,
    alerts.due_work,
)
"""Tables in which a row would reach somebody."""


@pytest.fixture
async def tx(sighted: Sighted) -> AsyncIterator[Tx]:
    """What a test writes is undone."""
    async with undone(sighted.books.registry) as tx:
        yield tx


async def submitted(tx: Tx, what: Registration = ON_NEWCOMER) -> EntryId:
    clerk = await acts(tx, cast.CLERK)
    entry_id = await register_entry(tx, clerk, await form_for(tx, what))
    await submit_entry(tx, clerk, entry_id)
    return entry_id


async def rows_heard(tx: Tx) -> list[int]:
    counts = [sa.select(sa.func.count().label("found")).select_from(t) for t in WHAT_AGENCIES_AND_TEAMS_HEAR]
    return [(await tx.rows(count))[0].found for count in counts]


async def turns_down(tx: Tx, entry_id: EntryId, by: Member = cast.LEADER, why: str = WHY) -> None:
    await turn_down_entry(tx, await acts(tx, by), entry_id, why)


async def test_it_ends_without_a_word_to_anybody_and_the_reason_can_be_read(tx: Tx) -> None:
    entry_id = await submitted(tx)
    before = await rows_heard(tx)

    await turns_down(tx, entry_id)

    entry = await entries.get_entry(tx, entry_id)
    assert (entry.state, entry.cause, entry.stopped_at) == (EntryState.ENDED, Cause.TURNED_DOWN, tx.at)
    assert entry.approved_by is None
    assert await rows_heard(tx) == before
    assert await find_why_turned_down(tx, entry_id) == WHY
    last = (await audit.list_events_about(tx, entry_id))[-1]
    assert (last.actor, last.action) == (cast.LEADER.person_id, "entry turned down")


async def test_the_reason_speaks_of_a_person_and_is_sealed(tx: Tx) -> None:
    entry_id = await submitted(tx)
    await turns_down(tx, entry_id)

    column = cases.watch_entry.c
    (kept,) = await tx.rows(sa.select(column.why_turned_down).where(column.id == entry_id))
    logged = await audit.list_events_about(tx, entry_id)

    assert WHY.encode() not in kept.why_turned_down
    assert WHY not in str([event.detail for event in logged])


async def test_it_is_final_and_the_person_is_registered_anew(tx: Tx) -> None:
    entry_id = await submitted(tx)
    await turns_down(tx, entry_id)
    leader = await acts(tx, cast.LEADER)

    with pytest.raises(Conflict, match="the entry is ended, not waiting for approval"):
        await approve_entry(tx, leader, entry_id, [NEWCOMER.number])
    with pytest.raises(Conflict, match="the entry is ended, not waiting for approval"):
        await turns_down(tx, entry_id)

    await approve_entry(tx, leader, await submitted(tx), [NEWCOMER.number])


async def test_a_restored_court_learns_of_it(tx: Tx) -> None:
    entry_id = await submitted(tx)

    await turns_down(tx, entry_id)

    line = journal.journal_line.c
    (kept,) = await tx.rows(sa.select(line.detail).where(line.about == entry_id))
    assert kept.detail == {"state": "ended", "cause": "turned-down"}


async def test_what_is_in_force_is_withdrawn_and_not_turned_down(tx: Tx) -> None:
    entry_id = await submitted(tx)
    await approve_entry(tx, await acts(tx, cast.LEADER), entry_id, [NEWCOMER.number])

    with pytest.raises(Conflict, match="the entry is active, not waiting for approval"):
        await turns_down(tx, entry_id)


async def test_it_needs_a_reason(tx: Tx) -> None:
    entry_id = await submitted(tx)

    with pytest.raises(Invalid, match="reason: say why it is turned down"):
        await turns_down(tx, entry_id, why="")


@pytest.mark.parametrize(
    ("measure", "by"),
    [
        (Measure.HOLD_FOR_SUMMONS, cast.CLERK),
        (Measure.HOLD_FOR_SUMMONS, cast.AUDITOR),
        (Measure.HOLD_FOR_DETENTION, cast.LEADER),
    ],
    ids=["who registered", "no approver", "no approver of this measure"],
)
async def test_only_who_might_approve_it_turns_it_down(tx: Tx, measure: Measure, by: Member) -> None:
    what = Registration(case=cast.A_CASE, wanted=NEWCOMER, measure=measure)
    entry_id = await submitted(tx, what)

    with pytest.raises(NotAllowed):
        await turns_down(tx, entry_id, by=by)

    assert (await entries.get_entry(tx, entry_id)).state is EntryState.SUBMITTED
