"""A number goes to the agencies only with an entry that a second person approved, and leaves with it."""

from datetime import date

import pytest

from adapters.edge.card_use import Clear
from schemas.measures import Measure
from scripts.cast import A_CASE, A_DEBT_FEN, CLERK, LEADER, A, Wanted, resident_number
from scripts.stage import Registration
from scripts.story.props import FIRST_PLAN
from tests.acceptance.court import CourtStage
from tracker.domain.entries import Cause
from tracker.domain.errors import Invalid
from tracker.domain.ids import EntryId

STRANGER = Wanted(name=A.name, number=resident_number(date(1979, 3, 12), 15), phone=A.phone)
ON_A = Registration(case=A_CASE, wanted=A, measure=Measure.REPORT_WHEREABOUTS, release_fen=A_DEBT_FEN)


async def test_a_number_of_an_entry_that_ended_is_nobodys(stage: CourtStage, entry_a: EntryId) -> None:
    mistyped = await stage.registers(Registration(case=A_CASE, wanted=STRANGER, release_fen=A_DEBT_FEN))
    await stage.withdraws(mistyped, CLERK, Cause.WRONG_PERSON)
    entry_id = await stage.registers(ON_A)
    await stage.approves(entry_id, A.number, LEADER)

    answer = await stage.railway.sells_ticket(STRANGER, FIRST_PLAN)

    assert isinstance(answer, Clear)


async def test_who_is_stopped_elsewhere_is_typed_again_for_every_entry(
    stage: CourtStage, entry_a: EntryId
) -> None:
    entry_id = await stage.registers(ON_A)

    with pytest.raises(Invalid, match="typed_numbers"):
        await stage.approves(entry_id, STRANGER.number, LEADER)


async def test_a_number_leaves_with_the_last_entry_that_named_it(stage: CourtStage, entry_a: EntryId) -> None:
    await stage.withdraws(entry_a, CLERK, Cause.WITHDRAWN)

    answer = await stage.railway.sells_ticket(A, FIRST_PLAN)

    assert isinstance(answer, Clear)
