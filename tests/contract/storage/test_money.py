"""What comes onto a case account: receipts add up, each counts once, and what reaches the release amount of
an entry suspends it.
"""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import sqlalchemy as sa

from schemas.case_numbers import CaseNumber, parse_case_number
from scripts import cast
from scripts.stage import Registration
from tests.contract.storage.books import undone
from tests.contract.storage.listing import acts, lists
from tests.contract.storage.sighted import Sighted
from tracker.domain.entries import Cause, EntryState
from tracker.domain.errors import Conflict, Invalid, NotFound
from tracker.domain.ids import EntryId
from tracker.domain.people import system_actor
from tracker.services.entries.cases import CaseForm, open_case
from tracker.services.entries.money import MoneyTaken, record_money
from tracker.services.entries.standing import resume_entry
from tracker.storage import cases, entries, instructions, people
from tracker.storage.cases import CaseReceipt
from tracker.storage.tables.court import person_role
from tracker.storage.transaction import Tx

OPEN_FEN = 90_600_000
"""What is still owed: 97,000 yuan of 1,003,000 had been collected before the entry was made."""
CASE = CaseForm(
    number=cast.B_CASE,
    debtor_name="云上建筑公司",
    debtor_kind="organisation",
    judge_id=cast.JUDGE.person_id,
    team_id=cast.TEAM,
    amount_fen=cast.A_DEBT_FEN,
    collected_fen=cast.A_COLLECTED_FEN,
)
THE_WHOLE_DEBT = Registration(case=cast.B_CASE, wanted=cast.A, release_fen=cast.A_DEBT_FEN)


@pytest.fixture
async def tx(sighted: Sighted) -> AsyncIterator[Tx]:
    """The case is open; what a test writes is undone."""
    async with undone(sighted.books.registry) as tx:
        await open_case(tx, await acts(tx, cast.CLERK), CASE)
        yield tx


@pytest.fixture
async def entry_a(tx: Tx) -> EntryId:
    """A is sought until the whole debt is there."""
    return await lists(tx, THE_WHOLE_DEBT)


async def comes_in(
    tx: Tx, number: str, amount_fen: int, *, case: str = cast.B_CASE, reverses: str | None = None
) -> MoneyTaken:
    parsed = parse_case_number(case)
    assert isinstance(parsed, CaseNumber)
    receipt = CaseReceipt(receipt_number=number, amount_fen=amount_fen, at=tx.at, reverses=reverses)
    return await record_money(tx, system_actor(cast.COURT.court_id), parsed, receipt)


async def refusal(tx: Tx, number: str, amount_fen: int, **more: Any) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        await comes_in(tx, number, amount_fen, **more)
    return [(problem.field, problem.en) for problem in refused.value.problems]


async def received_fen(tx: Tx, entry_id: EntryId) -> int:
    return await cases.received_fen(tx, (await entries.get_entry(tx, entry_id)).case_id)


async def assert_still_sought(tx: Tx, entry_id: EntryId) -> None:
    entry = await entries.get_entry(tx, entry_id)
    assert entry.state is EntryState.ACTIVE
    assert {one.is_listed for one in await instructions.list_instructions(tx, entry.subject_id)} == {True}


async def assert_released(tx: Tx, entry_id: EntryId) -> None:
    entry = await entries.get_entry(tx, entry_id)
    assert (entry.state, entry.cause) == (EntryState.SUSPENDED, Cause.PERFORMED)
    assert {one.is_listed for one in await instructions.list_instructions(tx, entry.subject_id)} == {False}


async def test_one_fen_short_is_a_note(tx: Tx, entry_a: EntryId) -> None:
    assert await comes_in(tx, "R-1", OPEN_FEN - 1) is MoneyTaken.NOTED

    await assert_still_sought(tx, entry_a)
    assert await received_fen(tx, entry_a) == 100_299_999


async def test_several_receipts_and_the_earlier_ones_add_up(tx: Tx, entry_a: EntryId) -> None:
    await comes_in(tx, "R-1", 50_000_000)
    await comes_in(tx, "R-2", 40_599_999)
    await assert_still_sought(tx, entry_a)

    assert await comes_in(tx, "R-3", 1) is MoneyTaken.SUSPENDED

    await assert_released(tx, entry_a)


async def test_the_same_receipt_counts_once(tx: Tx, entry_a: EntryId) -> None:
    await comes_in(tx, "R-1", 50_000_000)

    assert await comes_in(tx, "R-1", 50_000_000) is MoneyTaken.KNOWN

    assert await received_fen(tx, entry_a) == 59_700_000
    await assert_still_sought(tx, entry_a)


@pytest.mark.parametrize(
    ("amount_fen", "more"),
    [(50_000_000, {"case": cast.A_CASE}), (OPEN_FEN, {}), (50_000_000, {"reverses": "R-1"})],
)
async def test_other_money_under_a_known_receipt_number_is_refused(
    tx: Tx, entry_a: EntryId, amount_fen: int, more: dict[str, Any]
) -> None:
    await comes_in(tx, "R-1", 50_000_000)

    assert await refusal(tx, "R-1", amount_fen, **more) == [
        ("receipt_number", "is recorded for other money already: check case, amount and number")
    ]


async def test_a_receiver_whose_role_has_ended_stops_no_payment(tx: Tx, entry_a: EntryId) -> None:
    ended = sa.update(person_role).where(person_role.c.person_id == cast.DESK.person_id)
    await tx.run(ended.values(valid_until=tx.at))

    await comes_in(tx, "R-1", OPEN_FEN)

    await assert_released(tx, entry_a)
    desk = await people.get_person(tx, cast.DESK.person_id)
    assert (desk.role, desk.title) == (None, "白")


async def test_after_a_reversal_a_person_may_put_it_back(tx: Tx, entry_a: EntryId) -> None:
    leader = await acts(tx, cast.LEADER)
    await comes_in(tx, "R-1", OPEN_FEN)
    with pytest.raises(Conflict, match="its release amount was received"):
        await resume_entry(tx, leader, entry_a)

    await comes_in(tx, "V-1", OPEN_FEN, reverses="R-1")
    await resume_entry(tx, leader, entry_a)

    await assert_still_sought(tx, entry_a)


async def test_what_was_reversed_no_longer_counts(tx: Tx, entry_a: EntryId) -> None:
    await comes_in(tx, "R-1", 90_000_000)
    await comes_in(tx, "V-1", 90_000_000, reverses="R-1")
    await comes_in(tx, "R-2", 600_000)
    await assert_still_sought(tx, entry_a)

    await comes_in(tx, "R-3", 90_000_000)

    await assert_released(tx, entry_a)


async def test_a_receipt_reversed_twice_is_not_counted_against_the_debtor(tx: Tx, entry_a: EntryId) -> None:
    await comes_in(tx, "R-1", 40_000_000)
    await comes_in(tx, "V-1", 40_000_000, reverses="R-1")
    assert await refusal(tx, "V-2", 40_000_000, reverses="R-1") == [
        ("amount_fen", "is more than is left of that receipt: check what was reversed before")
    ]

    await comes_in(tx, "R-2", OPEN_FEN)

    await assert_released(tx, entry_a)


async def test_only_what_was_received_can_be_reversed(tx: Tx, entry_a: EntryId) -> None:
    assert await refusal(tx, "V-1", 1, reverses="R-9") == [
        ("reverses", "is no receipt of this case: give the number of the receipt it reverses")
    ]
    assert await received_fen(tx, entry_a) == 9_700_000


async def test_a_case_nobody_knows(tx: Tx, entry_a: EntryId) -> None:
    with pytest.raises(NotFound, match="case not found: check the address or search the list"):
        await comes_in(tx, "R-1", OPEN_FEN, case="（2026）京0199执9999号")

    await assert_still_sought(tx, entry_a)


async def test_only_the_entries_of_that_case_are_released(tx: Tx, entry_a: EntryId) -> None:
    other = await lists(tx, Registration(case=cast.A_CASE, wanted=cast.A, release_fen=cast.A_DEBT_FEN))

    await comes_in(tx, "R-1", OPEN_FEN)

    assert (await entries.get_entry(tx, entry_a)).state is EntryState.SUSPENDED
    await assert_still_sought(tx, other)
    subject_id = (await entries.get_entry(tx, other)).subject_id
    assert {one.basis for one in await instructions.list_instructions(tx, subject_id)} == {(other,)}


async def test_each_entry_has_its_own_release_amount(tx: Tx, entry_a: EntryId) -> None:
    smaller = await lists(
        tx,
        Registration(case=cast.B_CASE, wanted=cast.B, capacity="actual-controller", release_fen=20_000_000),
    )

    await comes_in(tx, "R-1", 10_300_000)

    await assert_released(tx, smaller)
    await assert_still_sought(tx, entry_a)
