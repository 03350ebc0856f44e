"""A restored court: what the journal knows as gone stays gone, nobody is stopped before a person has looked,
and every list begins anew under numbers of its own.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from schemas.measures import Measure
from schemas.messages import GoneReference, Receipt
from scripts import cast
from scripts.stage import Registration, form_of, papers_for
from tests.contract.storage.books import BEGINS, Books, lists_tong
from tests.contract.storage.test_feed_writer import RAIL
from tests.contract.storage.test_journal import COURT_ID, line_on
from tracker.commands.journal import require_present
from tracker.commands.restored import Reconciled, take_up
from tracker.commands.start import CannotRun
from tracker.domain.entries import Cause, EntryState
from tracker.domain.ids import AgencyId, EntryId, LeaseToken
from tracker.domain.journal import JournalLine, LineKind, Place
from tracker.domain.line_closing import ClosingReason
from tracker.services.entries.approval import approve_entry
from tracker.services.entries.registration import register_entry, submit_entry
from tracker.services.entries.standing import resume_entry
from tracker.services.feeds.epochs import NOTHING_LISTED
from tracker.services.feeds.journal import Journal, JournalFile
from tracker.services.lines.reports import Teller, list_ahead, record_receipt
from tracker.services.lines.restores import begin_restore
from tracker.storage import agencies, entries, feed_changes, feeds, instructions, people, receipts, rules
from tracker.storage.agencies import Held
from tracker.storage.feed_changes import Change
from tracker.storage.feed_writing import claim_feeds
from tracker.storage.instructions import Instruction
from tracker.storage.tables import plumbing

STOPPED, ENDED = EntryState.SUSPENDED, EntryState.ENDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Court:
    """Books as they came from a backup, beside the journal of the life that is lost."""

    books: Books
    journal: Journal

    def knew(self, *lines: JournalLine) -> None:
        """What the lost life wrote after the backup."""
        JournalFile(self.journal, "one").append(lines)

    async def is_restored(self) -> Reconciled:
        return await take_up(self.books.registry, self.journal)

    async def stands(self, entry_id: EntryId) -> tuple[EntryState, Cause | None]:
        async with self.books.registry.reading() as tx:
            entry = await entries.get_entry(tx, entry_id)
        return entry.state, entry.cause

    async def asked_of_railway(self, entry_id: EntryId) -> Instruction:
        async with self.books.registry.reading() as tx:
            subject_id = (await entries.get_entry(tx, entry_id)).subject_id
            listed = await instructions.list_instructions(tx, subject_id)
        return next(one for one in listed if one.agency_id == RAIL)

    async def on_its_way(self, reference: int) -> list[Change]:
        """What the railway's list is still to be told about a reference."""
        async with self.books.registry.reading() as tx:
            waiting = await feed_changes.list_waiting_changes(tx, RAIL, 1, 100)
        return [one for one in waiting if one.reference == reference]


@pytest.fixture
def court(books: Books, tmp_path: Path) -> Court:
    folder = tmp_path / "journal"
    folder.mkdir()
    return Court(
        books=books, journal=Journal(folder=folder, court_id=COURT_ID, key=books.registry.keys.chain)
    )


@pytest.fixture
async def hold(books: Books) -> EntryId:
    """A is to be held for the summons."""
    return await lists_tong(books)


OUYANG = cast.Wanted(
    name="欧阳若谷", number=cast.resident_number(date(1979, 3, 12), 101), phone=cast.demo_phone(21)
)


@pytest.fixture
async def submitted(books: Books) -> EntryId:
    """Somebody else's whereabouts are to be reported, once a second person approves it."""
    what = Registration(case=cast.A_CASE, wanted=OUYANG, measure=Measure.REPORT_WHEREABOUTS)
    async with books.registry.transaction() as tx:
        clerk = await people.get_actor(tx, cast.CLERK.person_id)
        papers = papers_for(await rules.find_rule(tx, COURT_ID, what.measure))
        entry_id = await register_entry(tx, clerk, form_of(what, papers))
        await submit_entry(tx, clerk, entry_id)
    return entry_id


@pytest.fixture
async def report(books: Books, submitted: EntryId) -> EntryId:
    """The same is approved; nobody stops that person."""
    async with books.registry.transaction() as tx:
        leader = await people.get_actor(tx, cast.LEADER.person_id)
        await approve_entry(tx, leader, submitted, [OUYANG.number])
    return submitted


def reference_of(instruction: Instruction) -> int:
    """What the only list of the agency calls the person."""
    (reference,) = instruction.references
    return reference


async def test_who_paid_after_the_backup_is_known_by_the_journal(court: Court, hold: EntryId) -> None:
    court.knew(line_on(hold, Cause.PERFORMED))

    found = await court.is_restored()

    assert found == Reconciled(forgotten=1, stopped=1, suspended=0)
    assert await court.stands(hold) == (STOPPED, Cause.PERFORMED)
    assert not (await court.asked_of_railway(hold)).is_listed


async def test_what_was_ended_after_the_backup_has_ended(court: Court, hold: EntryId) -> None:
    court.knew(
        line_on(hold, Cause.SUSPENDED_BY_PERSON, place=Place(1, 8)),
        line_on(hold, Cause.WITHDRAWN, state="ended", place=Place(1, 9)),
    )

    await court.is_restored()

    assert await court.stands(hold) == (ENDED, Cause.WITHDRAWN)


async def test_who_was_listed_and_paid_after_the_backup_does_not_wait_to_be_approved_once_more(
    court: Court, submitted: EntryId
) -> None:
    """The harm: to whoever approves it in the restored books it looks like any other, and nothing there knows
    of the money.
    """
    court.knew(line_on(submitted, Cause.PERFORMED))

    await court.is_restored()

    assert await court.stands(submitted) == (ENDED, Cause.PERFORMED)


async def test_a_person_is_stopped_by_nobody_until_somebody_has_looked(court: Court, hold: EntryId) -> None:
    found = await court.is_restored()

    assert found == Reconciled(forgotten=0, stopped=0, suspended=1)
    assert await court.stands(hold) == (STOPPED, Cause.RESTORED)
    assert not (await court.asked_of_railway(hold)).is_listed


async def test_the_judge_puts_back_what_still_holds(court: Court, hold: EntryId) -> None:
    former = await court.asked_of_railway(hold)
    await court.is_restored()

    async with court.books.registry.transaction() as tx:
        await resume_entry(tx, await people.get_actor(tx, cast.JUDGE.person_id), hold)

    asked = await court.asked_of_railway(hold)
    assert await court.stands(hold) == (EntryState.ACTIVE, None)
    assert (asked.references, asked.version) == (former.references, former.version + 1)


async def test_who_is_only_reported_goes_on_under_the_same_reference_and_version(
    court: Court, report: EntryId
) -> None:
    former = await court.asked_of_railway(report)

    await court.is_restored()

    (put,) = await court.on_its_way(reference_of(former))
    assert await court.stands(report) == (EntryState.ACTIVE, None)
    assert (put.version, put.body is not None) == (former.version, True)


async def test_every_list_begins_anew_and_nothing_counts_as_in_force_on_it_yet(
    court: Court, report: EntryId
) -> None:
    async with court.books.registry.transaction() as tx:
        former = await feeds.get_feed(tx, RAIL)
        await tx.run(sa.text("UPDATE instruction SET in_force_since = changed_at"))
        await tx.run(sa.text("UPDATE listing SET feed_sequence = 1"))
        head = former.head.model_copy(update={"sequence": 40})
        await agencies.record_replica(tx, RAIL, Held(instance="one", feed_id=former.feed_id, head=head))

    await court.is_restored()

    async with court.books.registry.transaction() as tx:
        feed = await feeds.get_feed(tx, RAIL)
        held = await agencies.list_replicas(tx, feed.feed_id)
        await receipts.record_reached(tx, RAIL)
    assert (feed.keys, feed.incarnation) == (former.keys, former.incarnation + 1)
    assert (feed.head.sequence, feed.published_up_to) == (0, 0)
    assert held == {}
    assert (await court.asked_of_railway(report)).in_force_since is None


async def test_what_the_former_list_had_not_published_yet_keeps_no_writer_busy(court: Court) -> None:
    async with court.books.registry.transaction() as tx:
        await tx.run(sa.text("UPDATE feed SET head_sequence = 5, published_up_to = 3"))

    await court.is_restored()

    async with court.books.registry.transaction() as tx:
        await feed_changes.remove_changes(tx, await feed_changes.list_waiting_changes(tx, RAIL, 1, 10))
        assert await claim_feeds(tx, [RAIL], LeaseToken("next.1")) == ()


@pytest.mark.parametrize(
    ("begun", "follows"),
    [
        pytest.param([], (1, 2), id="no other life"),
        pytest.param([(1, 2), (1, 3)], (1, 4), id="restored twice before"),
        pytest.param([(1, 7), (2, 1)], (3, 2), id="opened anew under new keys since the backup"),
    ],
)
async def test_no_list_bears_the_numbers_of_a_former_life(
    court: Court, begun: list[tuple[int, int]], follows: tuple[int, int]
) -> None:
    court.knew(
        line_on(EntryId("nobody-known"), Cause.EXPIRED, place=Place(1, 1)),
        *(list_begun(number, *generation) for number, generation in enumerate(begun, start=2)),
    )

    await court.is_restored()

    async with court.books.registry.reading() as tx:
        feed = await feeds.get_feed(tx, RAIL)
    assert (feed.keys.epoch, feed.incarnation) == follows


def list_begun(number: int, epoch: int, incarnation: int) -> JournalLine:
    return JournalLine(
        line_id=f"line-{number}",
        place=Place(1, number),
        at=BEGINS,
        kind=LineKind.LIST_BEGUN,
        about=RAIL,
        detail={"epoch": epoch, "incarnation": incarnation},
    )


async def test_an_adapter_that_was_lost_after_the_backup_is_not_let_in_again(court: Court) -> None:
    lost = list_begun(9, 1, 1)
    court.knew(replace(lost, kind=LineKind.LINE_CLOSED, detail={"reason": ClosingReason.LOST.value}))

    await court.is_restored()

    async with court.books.registry.reading() as tx:
        agency = await agencies.get_agency(tx, RAIL)
    assert agency.closing is not None
    assert agency.closing.reason is ClosingReason.LOST


async def test_a_restore_that_was_broken_off_is_gone_on_with_and_nothing_serves_before(
    court: Court, hold: EntryId
) -> None:
    line = line_on(hold, Cause.PERFORMED)
    court.knew(line)
    async with court.books.registry.transaction() as tx:
        await begin_restore(tx, COURT_ID, [line])

    with pytest.raises(CannotRun, match="did not come to its end"):
        await require_present(court.books.registry, court.journal)
    await court.is_restored()

    await require_present(court.books.registry, court.journal)
    assert await court.stands(hold) == (STOPPED, Cause.PERFORMED)


async def test_nobody_is_asked_by_message_about_every_entry_at_once(court: Court, hold: EntryId) -> None:
    await court.is_restored()

    async with court.books.registry.reading() as tx:
        actions = await tx.rows(sa.select(plumbing.audit_event.c.action).order_by(plumbing.audit_event.c.id))
    assert [row.action for row in actions][-3:] == ["restore begun", "entry suspended", "restore done"]


async def adapter_says(court: Court, withdrawn: dict[int, int], *, incarnation: int = 2) -> None:
    """The railway's adapter, in the new life of its list: what a former one told it to forget."""
    references = tuple(GoneReference(reference=one, version=up_to) for one, up_to in withdrawn.items())
    teller = Teller(agency_id=RAIL, instance="one", epoch=1, incarnation=incarnation)
    async with court.books.registry.transaction() as tx:
        await record_receipt(tx, teller, Receipt(head=NOTHING_LISTED, withdrawn=references))


async def test_what_only_the_agency_knows_as_gone_is_not_put_back_with_the_rest(
    court: Court, hold: EntryId, report: EntryId
) -> None:
    held, reported = await court.asked_of_railway(hold), await court.asked_of_railway(report)
    await court.is_restored()

    await adapter_says(court, {reference_of(held): held.version, reference_of(reported): reported.version})

    assert await court.stands(hold) == (STOPPED, Cause.GONE_AT_AGENCY)
    assert await court.stands(report) == (STOPPED, Cause.GONE_AT_AGENCY)
    assert not (await court.asked_of_railway(report)).is_listed


async def test_who_is_put_back_all_the_same_is_shown_by_an_adapter_that_hides_the_former_version(
    court: Court, hold: EntryId
) -> None:
    held = await court.asked_of_railway(hold)
    await court.is_restored()
    await adapter_says(court, {reference_of(held): held.version + 3})

    async with court.books.registry.transaction() as tx:
        await resume_entry(tx, await people.get_actor(tx, cast.JUDGE.person_id), hold)

    assert (await court.asked_of_railway(hold)).version == held.version + 4


async def test_a_withdrawal_before_the_last_word_of_the_court_suspends_nobody(
    court: Court, report: EntryId
) -> None:
    reported = await court.asked_of_railway(report)
    await court.is_restored()

    await adapter_says(court, {reference_of(reported): reported.version - 1, 4711: 9})

    assert await court.stands(report) == (EntryState.ACTIVE, None)


async def test_a_restore_that_nobody_told_of_is_noticed_by_what_an_adapter_holds(court: Court) -> None:
    ahead = []
    await adapter_says(court, {}, incarnation=1)
    ahead.append(await agencies_ahead(court))
    await adapter_says(court, {}, incarnation=2)
    ahead.append(await agencies_ahead(court))
    court.books.clock.move_to(BEGINS + timedelta(minutes=1))

    await court.is_restored()

    assert [*ahead, await agencies_ahead(court)] == [(), (RAIL,), ()]


async def agencies_ahead(court: Court) -> tuple[AgencyId, ...]:
    async with court.books.registry.reading() as tx:
        return await list_ahead(tx)
