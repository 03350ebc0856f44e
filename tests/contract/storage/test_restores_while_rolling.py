"""A court that is restored while an agency's list is rolled: what holds of one list holds of both."""

from datetime import timedelta

import pytest

from schemas.messages import GoneReference, Receipt
from tests.contract.storage.books import BEGINS
from tests.contract.storage.test_feed_writer import RAIL
from tests.contract.storage.test_journal import COURT_ID, line_on
from tests.contract.storage.test_lines import MINE
from tests.contract.storage.test_restores import STOPPED, Court, court, hold, list_begun, report, submitted
from tracker.domain.entries import Cause, EntryState
from tracker.domain.ids import EntryId
from tracker.domain.journal import JournalLine, LineKind, Place
from tracker.domain.people import system_actor
from tracker.services.due_work import do_due_work
from tracker.services.feeds.epochs import LOOKED_FOR, NOTHING_LISTED
from tracker.services.lines.epoch_rolls import end_old_epoch, find_roll_status, roll_epoch
from tracker.services.lines.reports import Teller, record_receipt
from tracker.storage import due_work, feed_changes, feeds, journal

__all__ = ["court", "hold", "report", "submitted"]

OLD, NEW = 1, 2


async def works(court: Court) -> None:
    """All that is due is done."""
    while await does_one(court):
        pass


async def does_one(court: Court) -> bool:
    async with court.books.registry.transaction() as tx:
        due = await due_work.claim_due(tx, MINE, is_patient=True)
        if due is not None:
            await do_due_work(tx, due, MINE)
    return due is not None


async def fills(court: Court) -> None:
    """Everybody is copied, and what was under way before has committed."""
    await works(court)
    court.books.clock.move_to(court.books.clock.now() + LOOKED_FOR)
    await works(court)


@pytest.fixture
async def rolling(court: Court, hold: EntryId, report: EntryId) -> Court:
    """Both are on the railway's list of either epoch; its adapter holds nothing of the new one yet."""
    await adapter_says(court, OLD, 1, Receipt(head=NOTHING_LISTED))
    async with court.books.registry.transaction() as tx:
        await roll_epoch(tx, system_actor(COURT_ID), RAIL, operator="yunwei")
    await fills(court)
    return court


async def adapter_says(court: Court, epoch: int, incarnation: int, receipt: Receipt) -> None:
    teller = Teller(agency_id=RAIL, instance="one", epoch=epoch, incarnation=incarnation)
    async with court.books.registry.transaction() as tx:
        await record_receipt(tx, teller, receipt)


async def generations(court: Court) -> list[tuple[int, int]]:
    """Epoch and incarnation of each list in force."""
    async with court.books.registry.reading() as tx:
        return [(feed.keys.epoch, feed.incarnation) for feed in await feeds.list_feeds(tx, RAIL)]


async def told(court: Court, epoch: int, entry_id: EntryId) -> set[str]:
    """What the list of an epoch, which has begun anew, is told of whom the entry seeks."""
    names = (await court.asked_of_railway(entry_id)).references
    async with court.books.registry.reading() as tx:
        waiting = await feed_changes.list_waiting_changes(tx, RAIL, epoch, 100)
    return {"put" if one.body else "remove" for one in waiting if one.reference in names}


async def said(court: Court) -> list[tuple[LineKind, dict[str, int]]]:
    """What the journal is to be told of lists."""
    async with court.books.registry.reading() as tx:
        lines = await journal.list_lines_without_place(tx, COURT_ID)
    return [(one.kind, dict(one.detail)) for one in lines if one.about == RAIL]


async def test_both_lists_begin_anew_and_who_is_only_reported_goes_on_under_both_names(
    rolling: Court, report: EntryId
) -> None:
    former = await rolling.asked_of_railway(report)

    await rolling.is_restored()

    after = await rolling.asked_of_railway(report)
    assert await generations(rolling) == [(OLD, 2), (NEW, 2)]
    assert (after.references, after.version) == (former.references, former.version)
    assert [await told(rolling, epoch, report) for epoch in (OLD, NEW)] == [{"put"}, {"put"}]


async def test_each_of_them_has_its_canary_again(rolling: Court) -> None:
    await rolling.is_restored()

    async with rolling.books.registry.reading() as tx:
        canaries = [feed.canary_reference for feed in await feeds.list_feeds(tx, RAIL)]
    assert None not in canaries
    assert len(set(canaries)) == 2


async def test_who_paid_after_the_backup_is_on_neither(rolling: Court, hold: EntryId) -> None:
    rolling.knew(line_on(hold, Cause.PERFORMED))

    await rolling.is_restored()

    assert await rolling.stands(hold) == (STOPPED, Cause.PERFORMED)
    assert [await told(rolling, epoch, hold) for epoch in (OLD, NEW)] == [{"remove"}, {"remove"}]


@pytest.mark.parametrize("epoch", [OLD, NEW])
async def test_what_an_adapter_was_told_to_forget_counts_by_either_name(
    rolling: Court, report: EntryId, epoch: int
) -> None:
    asked = await rolling.asked_of_railway(report)
    (name,) = [one.reference for one in asked.listings if one.epoch == epoch]
    await rolling.is_restored()

    withdrawn = (GoneReference(reference=name, version=asked.version),)
    await adapter_says(rolling, NEW, 2, Receipt(head=NOTHING_LISTED, withdrawn=withdrawn))

    assert await rolling.stands(report) == (EntryState.SUSPENDED, Cause.GONE_AT_AGENCY)
    assert not (await rolling.asked_of_railway(report)).is_listed
    assert [await told(rolling, one, report) for one in (OLD, NEW)] == [{"put", "remove"}, {"put", "remove"}]


async def test_a_list_that_adapters_have_dropped_since_the_backup_is_not_begun_again(rolling: Court) -> None:
    rolling.knew(list_ended(9, OLD))

    await rolling.is_restored()

    assert await generations(rolling) == [(NEW, 2)]


async def test_a_roll_since_the_backup_ends_in_an_epoch_of_its_own(court: Court, report: EntryId) -> None:
    former = await court.asked_of_railway(report)
    court.knew(list_begun(8, NEW, 1))

    await court.is_restored()

    after = await court.asked_of_railway(report)
    assert await generations(court) == [(3, 2)]
    assert set(after.references) > set(former.references)
    assert await told(court, 3, report) == {"put"}


async def test_the_roll_goes_on_after_the_restore(rolling: Court) -> None:
    await rolling.is_restored()
    async with rolling.books.registry.reading() as tx:
        before = await find_roll_status(tx, RAIL)

    await fills(rolling)

    async with rolling.books.registry.reading() as tx:
        after = await find_roll_status(tx, RAIL)
    assert before is not None
    assert after is not None
    assert (before.is_filled, after.is_filled) == (False, True)


async def test_the_journal_knows_when_an_epoch_begins_and_when_it_ends(rolling: Court) -> None:
    begun = await said(rolling)
    async with rolling.books.registry.reading() as tx:
        head = (await feeds.get_feed(tx, RAIL)).head
    await adapter_says(rolling, NEW, 1, Receipt(head=head))
    async with rolling.books.registry.transaction() as tx:
        await end_old_epoch(tx, RAIL)

    assert begun == [(LineKind.LIST_BEGUN, {"epoch": NEW, "incarnation": 1})]
    assert await said(rolling) == [*begun, (LineKind.LIST_ENDED, {"epoch": OLD})]


def list_ended(number: int, epoch: int) -> JournalLine:
    return JournalLine(
        line_id=f"line-{number}",
        place=Place(1, number),
        at=BEGINS + timedelta(hours=1),
        kind=LineKind.LIST_ENDED,
        about=RAIL,
        detail={"epoch": epoch},
    )
