"""An agency's list is rolled to a new epoch: everybody is copied, and both are kept up."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
import sqlalchemy as sa

from schemas.documents import IdentityDocument
from schemas.messages import FeedHead, GoneReference, Put, Receipt, Tombstone
from schemas.tokens import token_of
from scripts import cast
from scripts.partners import INSTANCE
from tests.contract.storage.books import TONGS_CARD, Books, register_tong
from tests.contract.storage.test_feed_writer import RAIL, Line, line, opened, packet_in
from tests.contract.storage.test_lines import MINE, tend
from tests.contract.storage.test_receipts import adapter
from tracker.domain.entries import Cause
from tracker.domain.errors import Conflict
from tracker.domain.ids import CourtId, EntryId, LeaseToken, SubjectId
from tracker.domain.line_closing import ClosingReason
from tracker.domain.people import system_actor
from tracker.services.due_work import do_due_work
from tracker.services.entries.approval import approve_entry
from tracker.services.entries.registration import submit_entry
from tracker.services.entries.standing import resume_entry, suspend_entry, withdraw_entry
from tracker.services.lines.closing import close_line
from tracker.services.lines.epoch_rolls import RollStatus, find_roll_status, roll_epoch
from tracker.services.lines.reports import Teller, record_receipt
from tracker.storage import (
    agencies,
    due_work,
    entries,
    feed_log,
    feeds,
    instructions,
    people,
)
from tracker.storage.feed_writing import claim_feeds
from tracker.storage.feeds import Feed
from tracker.storage.folder_lines import record_transport
from tracker.storage.instructions import Instruction
from tracker.storage.tables import feeds as tables
from tracker.storage.tables import plumbing

__all__ = ["line"]

COURT_ID = CourtId(cast.COURT.court_id)
OLD, NEW = 1, 2
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Court:
    """The court with 佟 on the railway's list, and the writer of that."""

    books: Books
    line: Line
    entry_id: EntryId
    subject_id: SubjectId

    async def rolls(self) -> None:
        async with self.books.registry.transaction() as tx:
            await roll_epoch(tx, system_actor(COURT_ID), RAIL, operator="yunwei")

    async def works(self) -> None:
        """All that is due is done, and everything is published."""
        while await self._does_one():
            pass
        await self.line.writes()

    async def _does_one(self) -> bool:
        async with self.books.registry.transaction() as tx:
            due = await due_work.claim_due(tx, MINE, is_patient=True)
            if due is not None:
                await do_due_work(tx, due, MINE)
        return due is not None

    async def fills(self) -> None:
        """Everybody is copied, and what was under way before has committed."""
        await self.works()
        await self.passes(MINUTE)

    async def passes(self, time: timedelta) -> None:
        self.books.clock.move_to(self.books.clock.now() + time)
        await self.works()

    async def feed(self, epoch: int) -> Feed:
        async with self.books.registry.reading() as tx:
            return await feeds.find_generation(tx, RAIL, epoch, 1)

    async def changes(self, epoch: int) -> list[tuple[str, int, int]]:
        feed = await self.feed(epoch)
        async with self.books.registry.reading() as tx:
            packets = await feed_log.list_packets(tx, feed.feed_id, 0, 1_000)
        numbered = [change for one in packets for change in packet_in(one.envelope).changes]
        return [(one.op, one.reference, one.version) for one in numbered]

    async def tells(self, epoch: int, *, instance: str = INSTANCE, gone: Tombstone | None = None) -> None:
        """An adapter holds what the list of an epoch holds now, and has applied a tombstone."""
        await self._tells(epoch, (await self.feed(epoch)).head, instance, gone)

    async def is_told_of(self, gone: Tombstone, *, instance: str = INSTANCE) -> None:
        """An adapter that holds nothing of the old list's changes yet has applied a tombstone."""
        await self._tells(OLD, FeedHead(sequence=0, count=0, digest="0" * 64), instance, gone)

    async def tells_of_another(self, epoch: int) -> None:
        """An adapter has come as far as the list of an epoch, and holds another one."""
        head = (await self.feed(epoch)).head
        await self._tells(epoch, head.model_copy(update={"digest": "0" * 64}), INSTANCE, None)

    async def _tells(self, epoch: int, head: FeedHead, instance: str, gone: Tombstone | None) -> None:
        named = () if gone is None else gone.references
        version = 0 if gone is None else gone.version
        references = tuple(GoneReference(reference=one, version=version) for one in named)
        teller = Teller(agency_id=RAIL, instance=instance, epoch=epoch, incarnation=1)
        async with self.books.registry.transaction() as tx:
            await record_receipt(tx, teller, Receipt(head=head, gone=references))

    async def instruction(self) -> Instruction:
        async with self.books.registry.reading() as tx:
            listed = await instructions.list_instructions(tx, self.subject_id)
        return next(one for one in listed if one.agency_id == RAIL)

    async def status(self) -> RollStatus | None:
        async with self.books.registry.reading() as tx:
            return await find_roll_status(tx, RAIL)

    async def withdraws(self) -> Tombstone:
        async with self.books.registry.transaction() as tx:
            judge = await people.get_actor(tx, cast.JUDGE.person_id)
            await withdraw_entry(tx, judge, self.entry_id, Cause.WITHDRAWN)
        return await self.tombstone()

    async def tombstone(self) -> Tombstone:
        """The newest on its way to the railway."""
        async with self.books.registry.reading() as tx:
            mine = plumbing.outbox.c.queue == f"express.{RAIL}.{INSTANCE}"
            rows = await tx.rows(sa.select(plumbing.outbox).where(mine).order_by(plumbing.outbox.c.id))
            raw = tx.unseal(rows[-1].body, f"outbox.body:{rows[-1].id}")
        return Tombstone.model_validate_json(opened(raw.encode()).body)


@pytest.fixture
async def court(line: Line) -> Court:
    books = line.books
    entry_id = await register_tong(books.registry)
    async with books.registry.transaction() as tx:
        await submit_entry(tx, await people.get_actor(tx, cast.CLERK.person_id), entry_id)
    async with books.registry.transaction() as tx:
        leader = await people.get_actor(tx, cast.LEADER.person_id)
        await approve_entry(tx, leader, entry_id, [TONGS_CARD.number])
        subject_id = (await entries.get_entry(tx, entry_id)).subject_id
    await tend(books)
    court = Court(books=books, line=line, entry_id=entry_id, subject_id=subject_id)
    await court.works()
    await court.tells(OLD)
    return court


@pytest.fixture
async def rolling(court: Court) -> Court:
    """Everybody is on both lists, and the railway's adapter has said so."""
    await court.rolls()
    await court.fills()
    await court.tells(NEW)
    return court


async def test_everybody_is_copied_under_another_name_and_stays_in_force(court: Court) -> None:
    before = await court.instruction()
    await court.rolls()
    await court.fills()

    after = await court.instruction()
    old, new = await court.feed(OLD), await court.feed(NEW)
    assert (after.version, after.in_force_since) == (before.version, before.in_force_since)
    assert before.in_force_since is not None
    assert set(after.references) > set(before.references)
    assert new.head.count == old.head.count == 2, "one person and the canary"
    assert old.canary_reference != new.canary_reference
    assert new.keys.digest_key != old.keys.digest_key
    assert await tokens_of(court, NEW) == {token_of(card, new.keys.token_key).hex() for card in on_list()}


async def test_the_new_list_counts_as_full_once_what_was_decided_before_it_must_have_committed(
    court: Court,
) -> None:
    await court.rolls()
    await court.works()
    at_once = await court.status()
    await court.passes(MINUTE)
    a_minute_later = await court.status()

    assert at_once is not None
    assert a_minute_later is not None
    assert (at_once.is_filled, a_minute_later.is_filled) == (False, True)


async def test_whoever_is_decided_about_meanwhile_by_the_old_list_alone_is_looked_for_from_the_first(
    court: Court,
) -> None:
    """The harm: what had begun before the roll commits after the copy has gone by, and the person is never on
    the new list.
    """
    await court.rolls()
    await court.works()
    async with court.books.registry.transaction() as tx:
        of_new = (tables.listing.c.agency_id == RAIL) & (tables.listing.c.epoch == NEW)
        await tx.run(sa.delete(tables.listing).where(of_new))
    before = (await court.instruction()).listings
    await court.passes(MINUTE)

    after = (await court.instruction()).listings
    assert [one.epoch for one in before] == [OLD]
    assert sorted(one.epoch for one in after) == [OLD, NEW]


async def test_a_change_goes_to_both_lists_by_one_order(rolling: Court) -> None:
    known = await rolling.instruction()
    async with rolling.books.registry.transaction() as tx:
        clerk = await people.get_actor(tx, cast.CLERK.person_id)
        await suspend_entry(tx, clerk, rolling.entry_id)
    gone = await rolling.tombstone()
    await rolling.works()
    async with rolling.books.registry.transaction() as tx:
        judge = await people.get_actor(tx, cast.JUDGE.person_id)
        await resume_entry(tx, judge, rolling.entry_id)
    await rolling.works()

    assert (gone.references, gone.version) == (known.references, known.version)
    old, new = known.references
    assert (await rolling.changes(OLD))[-2:] == [("remove", old, 1), ("put", old, 2)]
    assert (await rolling.changes(NEW))[-2:] == [("remove", new, 1), ("put", new, 2)]


async def test_whoever_is_withdrawn_before_the_copy_is_never_on_the_new_list(court: Court) -> None:
    await court.rolls()
    await court.withdraws()
    await court.fills()

    assert [op for op, _reference, _version in await court.changes(NEW)] == ["put"], "the canary alone"


async def test_a_copy_that_comes_late_does_not_bring_back_whoever_was_withdrawn(court: Court) -> None:
    await court.rolls()
    async with court.books.registry.transaction() as tx:
        due = await due_work.claim_due(tx, MINE, is_patient=True)
        assert due is not None
        await do_due_work(tx, due, MINE)
    await court.withdraws()
    await court.works()

    assert (await court.feed(NEW)).head.count == 1
    assert {op for op, reference, _v in await court.changes(NEW) if reference != await canary(court)} == {
        "remove"
    }


async def test_gone_only_once_every_adapter_has_said_so_of_both_lists(rolling: Court) -> None:
    gone = await rolling.withdraws()
    old_name, new_name = gone.references
    await rolling.is_told_of(Tombstone(reference=old_name, version=gone.version))
    first = (await rolling.instruction()).gone_since
    await rolling.is_told_of(Tombstone(reference=new_name, version=gone.version))

    assert first is None
    assert (await rolling.instruction()).gone_since is not None


async def test_an_adapter_by_folder_lacks_the_new_keys_until_somebody_has_brought_them(court: Court) -> None:
    async with court.books.registry.transaction() as tx:
        await agencies.add_instance(tx, adapter("two"))
        await record_transport(tx, RAIL, "two", is_by_folder=True)
    await court.tells(OLD, instance="two")
    await court.rolls()
    without = await court.status()
    await court.tells(NEW, instance="two")
    await court.fills()
    with_keys = await court.status()

    assert without is not None
    assert with_keys is not None
    assert (without.behind, without.keyless) == ((INSTANCE, "two"), ("two",))
    assert (with_keys.behind, with_keys.keyless) == ((INSTANCE, "two"), ())


async def test_an_ended_list_is_told_nothing_and_its_names_are_still_understood(rolling: Court) -> None:
    old_name, new_name = (await rolling.instruction()).references
    await rolling.passes(MINUTE)
    gone = await rolling.withdraws()
    await rolling.works()

    assert gone.references == (new_name, old_name), "an adapter may not have heard yet that it has ended"
    async with rolling.books.registry.transaction() as tx:
        found = await instructions.find_instruction(tx, RAIL, old_name)
        assert await claim_feeds(tx, [RAIL], LeaseToken("next.1")) == ()
    assert found is not None
    assert found.subject_id == rolling.subject_id
    await rolling.tells(NEW)
    assert (await rolling.instruction()).gone_since is not None


async def test_a_list_is_not_rolled_twice_at_once_nor_on_a_closed_line(court: Court) -> None:
    await court.rolls()
    with pytest.raises(Conflict, match="rolled already"):
        await court.rolls()

    async with court.books.registry.transaction() as tx:
        await close_line(tx, system_actor(COURT_ID), RAIL, ClosingReason.FAULTY)
    with pytest.raises(Conflict, match="closed"):
        await court.rolls()


def on_list() -> tuple[IdentityDocument, ...]:
    return (TONGS_CARD,)


async def canary(court: Court) -> int | None:
    return (await court.feed(NEW)).canary_reference


async def tokens_of(court: Court, epoch: int) -> set[str]:
    """Of everybody but the canary."""
    feed = await court.feed(epoch)
    async with court.books.registry.reading() as tx:
        packets = await feed_log.list_packets(tx, feed.feed_id, 0, 1_000)
    puts = [one for raw in packets for one in packet_in(raw.envelope).changes if isinstance(one, Put)]
    return {token for put in puts if put.reference != feed.canary_reference for token in put.tokens}
