"""An agency has a person in force, or is rid of them, when the last of its adapters says so."""

import asyncio
from contextvars import Context
from dataclasses import replace
from datetime import timedelta

import pytest

from schemas.measures import Measure
from schemas.messages import FeedHead, GoneReference, Receipt
from schemas.refused import RefusedLately
from schemas.signing import SigningKey
from scripts import cast
from scripts.partners import INSTANCE
from tests.contract.storage.books import BEGINS, Books, register_tong
from tracker.domain.ids import AgencyId, CourtId, InstructionId, SubjectId
from tracker.domain.people import system_actor
from tracker.services.agencies.enrolment import revoke_instance
from tracker.services.lines.reports import Teller, record_receipt
from tracker.storage import agencies, entries, feeds, instructions, receipts
from tracker.storage.agencies import Instance
from tracker.storage.instructions import Instruction, Listing
from tracker.storage.receipts import Numbered

RAIL = AgencyId("rail")
REFERENCE = 7
ONE = Teller(agency_id=RAIL, instance=INSTANCE, epoch=1, incarnation=1)
TWO = replace(ONE, instance="two")


def listed(subject_id: SubjectId) -> Instruction:
    return Instruction(
        instruction_id=InstructionId("instruction-1"),
        agency_id=RAIL,
        subject_id=subject_id,
        listings=(Listing(epoch=1, reference=REFERENCE),),
        version=1,
        measure=Measure.HOLD_FOR_SUMMONS,
        valid_until=None,
        basis=(),
        documents=(),
        changed_at=BEGINS,
        in_force_since=None,
        gone_since=None,
    )


async def instruct(books: Books) -> Instruction:
    """The railway is told of A."""
    entry_id = await register_tong(books.registry)
    async with books.registry.transaction() as tx:
        instruction = listed((await entries.get_entry(tx, entry_id)).subject_id)
        await instructions.add_instruction(tx, instruction)
    return instruction


def adapter(name: str) -> Instance:
    """One that was enrolled and not heard yet."""
    return Instance(
        agency_id=RAIL,
        name=name,
        verifying=SigningKey.from_secret(f"{name}-1", name[:1].encode() * 32).verifying,
        heard_at=None,
    )


def stands(sequence: int, *gone: int) -> Receipt:
    """A replica at a change, with the versions whose tombstones it has applied."""
    head = FeedHead(sequence=sequence, count=0, digest="0" * 64)
    return Receipt(head=head, gone=tuple(GoneReference(reference=REFERENCE, version=one) for one in gone))


class Line:
    """One instruction at the railway's two adapters: put as change 1, removed as change 2."""

    def __init__(self, books: Books, instruction: Instruction) -> None:
        self.books = books
        self._instruction = instruction
        self.gone = replace(instruction, measure=None)

    async def tells(self, teller: Teller, receipt: Receipt) -> None:
        async with self.books.registry.transaction() as tx:
            await record_receipt(tx, teller, receipt)

    async def is_withdrawn(self) -> None:
        async with self.books.registry.transaction() as tx:
            await instructions.record_instructions(tx, [self.gone])

    async def is_numbered(self, sequence: int, *, is_listed: bool) -> None:
        number = Numbered(
            agency_id=RAIL, reference=REFERENCE, version=1, is_listed=is_listed, sequence=sequence
        )
        async with self.books.registry.transaction() as tx:
            await receipts.record_numbered(tx, [number])

    async def state(self) -> tuple[bool, bool]:
        """Whether it is in force, and whether it is gone."""
        async with self.books.registry.reading() as tx:
            told = await instructions.list_instructions(tx, self._instruction.subject_id)
        found = {one.agency_id: one for one in told}[RAIL]
        return found.in_force_since is not None, found.gone_since is not None


@pytest.fixture
async def line(books: Books) -> Line:
    instruction = await instruct(books)
    async with books.registry.transaction() as tx:
        await agencies.add_instance(tx, adapter("two"))
    line = Line(books, instruction)
    await line.is_numbered(1, is_listed=True)
    for teller in (ONE, TWO):
        await line.tells(teller, stands(0))
    return line


async def test_in_force_once_the_last_adapter_has_it(line: Line) -> None:
    await line.tells(ONE, stands(1))
    first = await line.state()
    await line.tells(TWO, stands(1))

    assert (first, await line.state()) == ((False, False), (True, False))


async def test_gone_once_the_last_adapter_has_applied_the_tombstone(line: Line) -> None:
    await line.is_withdrawn()
    await line.tells(ONE, stands(1, 1))
    first = await line.state()
    await line.tells(TWO, stands(0, 1))

    assert (first, await line.state()) == ((False, False), (False, True))


async def test_a_tombstone_at_the_one_and_the_feed_at_the_other_make_it_gone(line: Line) -> None:
    await line.is_withdrawn()
    await line.is_numbered(2, is_listed=False)
    await line.tells(ONE, stands(2))
    first = await line.state()
    await line.tells(TWO, stands(1, 1))

    assert (first, await line.state()) == ((False, False), (False, True))


async def test_a_tombstone_for_the_former_version_is_no_word_on_this_one(line: Line) -> None:
    await line.is_withdrawn()
    await line.tells(ONE, stands(1, 1))
    await line.tells(TWO, stands(1, 0))

    assert await line.state() == (False, False)


async def test_what_another_agency_was_told_makes_no_former_tombstone_count(line: Line) -> None:
    """The railway would be said to let somebody go whom it still stops."""
    another = replace(
        line.gone, instruction_id=InstructionId("instruction-2"), agency_id=AgencyId("border"), version=0
    )
    async with line.books.registry.transaction() as tx:
        await instructions.add_instruction(tx, another)
    await line.is_withdrawn()
    await line.tells(ONE, stands(1, 1))
    await line.tells(TWO, stands(1, 0))

    assert await line.state() == (False, False)


async def test_a_put_numbered_while_its_removal_is_committed_is_no_word_on_that(line: Line) -> None:
    async with line.books.registry.transaction() as tx:
        await instructions.record_instructions(tx, [line.gone])
        numbering = asyncio.create_task(line.is_numbered(1, is_listed=True), context=Context())
        await line.books.engine.until_held_up(numbering)
    await numbering
    for teller in (ONE, TWO):
        await line.tells(teller, stands(1))

    assert await line.state() == (False, False)


async def test_an_adapter_that_was_never_heard_has_shown_nobody(line: Line) -> None:
    async with line.books.registry.transaction() as tx:
        await agencies.remove_instance(tx, RAIL, "two")
        await agencies.add_instance(tx, adapter("three"))
    await line.tells(ONE, stands(1))

    assert await line.state() == (True, False)


@pytest.mark.parametrize("receipt", [stands(2), stands(1, 1)])
async def test_nobody_waits_for_an_adapter_that_was_put_out(line: Line, receipt: Receipt) -> None:
    await line.is_withdrawn()
    await line.is_numbered(2, is_listed=False)
    await line.tells(ONE, receipt)
    before = await line.state()
    async with line.books.registry.transaction() as tx:
        await revoke_instance(tx, system_actor(CourtId(cast.COURT.court_id)), RAIL, "two")

    assert (before, await line.state()) == ((False, False), (False, True))


async def test_a_replica_that_begins_anew_is_seen_to_do_so(line: Line) -> None:
    await line.tells(ONE, stands(5))
    await line.tells(ONE, stands(0))

    async with line.books.registry.reading() as tx:
        held = await agencies.list_replicas(tx, (await feeds.get_feed(tx, RAIL)).feed_id)
    assert held[INSTANCE].sequence == 0


async def test_what_is_told_of_a_former_life_of_the_feed_does_not_count(line: Line) -> None:
    for teller in (ONE, TWO):
        await line.tells(replace(teller, incarnation=0), stands(9))

    assert await line.state() == (False, False)


async def test_what_an_adapter_refused_is_counted_together_and_none_of_it_is_from_later(line: Line) -> None:
    """Its clock may be a day ahead: then it would be shown for a day too long."""
    an_hour_ago, tomorrow = BEGINS - timedelta(hours=1), BEGINS + timedelta(days=1)
    await line.tells(ONE, refuses(RefusedLately(kind="forged", times=3, last_at=an_hour_ago)))
    await line.tells(ONE, refuses(RefusedLately(kind="forged", times=1, last_at=tomorrow)))
    await line.tells(TWO, refuses(RefusedLately(kind="of-tomorrow", times=1, last_at=an_hour_ago)))

    async with line.books.registry.reading() as tx:
        one, two = await agencies.list_instances(tx, RAIL)

    assert {one.name: one.refused, two.name: two.refused} == {
        INSTANCE: (RefusedLately(kind="forged", times=4, last_at=BEGINS),),
        "two": (RefusedLately(kind="of-tomorrow", times=1, last_at=an_hour_ago),),
    }


async def test_of_too_many_kinds_the_latest_are_kept(line: Line) -> None:
    """The harm: an adapter that went mad fills the court's row."""
    kinds = [f"kind-{letter}" for letter in "abcdefghijklmnopqrst"]
    others = [f"other-{letter}" for letter in "abcdefghijklmnopqrst"]
    await line.tells(ONE, refuses(*(RefusedLately(kind=one, times=1, last_at=BEGINS) for one in others)))
    await line.tells(ONE, refuses(*(RefusedLately(kind=one, times=1, last_at=BEGINS) for one in kinds)))

    async with line.books.registry.reading() as tx:
        one = await agencies.find_instance(tx, RAIL, INSTANCE)

    assert one is not None
    assert len(one.refused) == 20


def refuses(*refused: RefusedLately) -> Receipt:
    return stands(0).model_copy(update={"refused": refused})
