"""An entry is in force when a second person has approved it, and every agency has said that it holds it."""

from datetime import date

import pytest

from adapters.edge.card_use import Clear, Hit
from schemas.measures import Measure
from scripts import cast
from scripts.cast import CLERK, JUDGE, LEADER, PRESIDENT, B
from scripts.stage import Registration
from tests.acceptance.court import CourtStage
from tests.acceptance.listing import (
    AGENCIES,
    B_IS_WANTED,
    checks_in_everywhere,
    in_force_at,
    lists_hold,
    opens_bs_case,
)
from tracker.domain.entries import EntryState
from tracker.domain.errors import Conflict, Invalid, NotAllowed
from tracker.domain.ids import AgencyId, EntryId

CANARY_ALONE, WITH_B = 1, 2
TO_SERVE = Registration(case=cast.B_CASE, wanted=B, measure=Measure.SERVE)
TO_STOP_AT_THE_BORDER = Registration(
    case=cast.B_CASE, wanted=B, measure=Measure.STOP_AT_BORDER, until=date(2026, 3, 20)
)


@pytest.fixture
async def submitted(stage: CourtStage) -> EntryId:
    """The clerk has registered B and handed the entry on."""
    await opens_bs_case(stage)
    return await stage.registers(B_IS_WANTED)


async def test_before_approval_no_agency_knows_anything(stage: CourtStage, submitted: EntryId) -> None:
    assert await stage.instructions(submitted) == ()
    assert set((await checks_in_everywhere(stage, B)).values()) == {Clear()}
    assert not await stage.has_alert(submitted)


async def test_after_approval_it_is_in_force_at_four_of_four(stage: CourtStage, submitted: EntryId) -> None:
    approved_at = stage.clock.now()
    await stage.approves(submitted, B.number)

    assert await in_force_at(stage, submitted) == set(AGENCIES)
    assert {one.in_force_since for one in await stage.instructions(submitted)} == {approved_at}
    assert await lists_hold(stage) == [WITH_B, WITH_B, WITH_B, WITH_B]


async def test_every_agency_hits_on_its_own_replica(stage: CourtStage, submitted: EntryId) -> None:
    await stage.approves(submitted, B.number)

    answers = await checks_in_everywhere(stage, B)
    await stage.settles()
    stage.reads_everything()

    assert {type(answer) for answer in answers.values()} == {Hit}
    assert answers["rail"] != answers["police"]


async def test_only_the_agencies_chosen_know_of_it(stage: CourtStage) -> None:
    await opens_bs_case(stage)
    only_rail = Registration(case=cast.B_CASE, wanted=B, agencies=(AgencyId("rail"),))

    entry_id = await stage.lists(only_rail)

    assert await in_force_at(stage, entry_id) == {"rail"}
    assert await lists_hold(stage) == [WITH_B, CANARY_ALONE, CANARY_ALONE, CANARY_ALONE]


async def test_who_registered_it_cannot_approve_it(stage: CourtStage) -> None:
    await opens_bs_case(stage)
    entry_id = await stage.registers(TO_SERVE, by=JUDGE)

    with pytest.raises(NotAllowed, match="ask a second person"):
        await stage.approves(entry_id, B.number, by=JUDGE)

    assert (await stage.entry(entry_id)).state is EntryState.SUBMITTED


async def test_a_clerk_approves_nothing(stage: CourtStage, submitted: EntryId) -> None:
    with pytest.raises(NotAllowed, match="approve an entry"):
        await stage.approves(submitted, B.number, by=CLERK)


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("", "differs from the registered number"),
        (cast.A.number, "differs from the registered number"),
        (B.number[:-1], "differs from the registered number"),
    ],
)
async def test_the_approver_types_the_number_again_blind(
    stage: CourtStage, submitted: EntryId, typed: str, problem: str
) -> None:
    with pytest.raises(Invalid, match=problem) as refused:
        await stage.approves(submitted, typed)

    assert [one.field for one in refused.value.problems] == ["typed_numbers[0]"]
    assert B.number not in str(refused.value)
    assert await stage.instructions(submitted) == ()


async def test_the_number_may_be_typed_as_it_is_printed(stage: CourtStage, submitted: EntryId) -> None:
    await stage.approves(submitted, f"{B.number[:6]} {B.number[6:14]} {B.number[14:]}".lower())

    assert await in_force_at(stage, submitted) == set(AGENCIES)


async def test_rule_data_says_that_the_judge_approves_a_service(stage: CourtStage) -> None:
    await opens_bs_case(stage)
    entry_id = await stage.registers(TO_SERVE)

    await stage.approves(entry_id, B.number, by=JUDGE)

    assert await in_force_at(stage, entry_id) == set(AGENCIES)


async def test_rule_data_says_that_only_the_president_stops_at_the_border(stage: CourtStage) -> None:
    await opens_bs_case(stage)
    entry_id = await stage.registers(TO_STOP_AT_THE_BORDER)

    with pytest.raises(NotAllowed, match="the rule for this measure names other approvers"):
        await stage.approves(entry_id, B.number, by=LEADER)
    await stage.approves(entry_id, B.number, by=PRESIDENT)

    assert await in_force_at(stage, entry_id) == set(AGENCIES)


async def test_what_is_in_force_is_not_approved_again(stage: CourtStage, submitted: EntryId) -> None:
    await stage.approves(submitted, B.number)

    with pytest.raises(Conflict, match="not waiting for approval"):
        await stage.approves(submitted, B.number, by=PRESIDENT)


async def test_what_waited_past_its_end_is_not_put_in_force(stage: CourtStage) -> None:
    await opens_bs_case(stage)
    soon = Registration(case=cast.B_CASE, wanted=B, until=date(2026, 2, 26))
    entry_id = await stage.registers(soon)
    await stage.waits(days=2)

    with pytest.raises(Conflict, match="register it anew"):
        await stage.approves(entry_id, B.number)


async def test_who_has_paid_meanwhile_is_not_put_in_force(stage: CourtStage, submitted: EntryId) -> None:
    await stage.pays(cast.B_CASE, cast.B_DEBT_FEN)

    with pytest.raises(Conflict, match="its release amount was received"):
        await stage.approves(submitted, B.number)

    assert await stage.instructions(submitted) == ()
