"""However an entry stops being in force, it is gone at every agency before anybody does the next thing."""

from datetime import date, datetime

import pytest

from adapters.edge.card_use import Clear, Hit
from adapters.edge.instruction import DoNotStop, NoStop
from schemas.measures import AgencyKind
from scripts.cast import ASSISTANT, BAILIFF_ONE, CLERK, DESK, DUTY_OFFICER, JUDGE, LEADER, A, Member
from scripts.desk import court_time
from scripts.story.props import TONIGHT
from tests.acceptance.court import CourtStage
from tests.acceptance.listing import AGENCIES, HOTEL, checks_in_everywhere, gone_at, in_force_at
from tracker.domain.alerts import AlertState
from tracker.domain.entries import Cause, EntryState
from tracker.domain.errors import Conflict, NotAllowed
from tracker.domain.ids import EntryId
from tracker.domain.revocations import Revocation, RevocationReason
from tracker.services.entries.revocations import revoke_paper
from tracker.services.entries.standing import resume_entry
from tracker.storage import people

SET_ASIDE = Revocation(reason=RevocationReason.SET_ASIDE, revoked_on=date(2026, 2, 24))
STAND_DOWN = "各单位已撤控。勿查找勿拦截，已控制的立即放行。收到请回"
EXPIRED = f"【云河法院】停止行动：26执1357佟某21日00:00已到期，{STAND_DOWN}"
REVOKED = f"【云河法院】停止行动：26执1357佟某25日12:00文书已撤销，{STAND_DOWN}"


async def assert_gone(stage: CourtStage, entry_id: EntryId) -> None:
    """Four of four say so, and nobody's card hits any more."""
    assert await gone_at(stage, entry_id) == set(AGENCIES)
    assert set((await checks_in_everywhere(stage, A)).values()) == {Clear()}


async def is_still_needed_on(stage: CourtStage, entry_id: EntryId, at: datetime) -> None:
    """The judge validates in time, and everybody reads the reminders: the entry stands until its last day."""
    await stage.reaches(court_time(4, 24, 12, 0))
    await stage.validates(entry_id, JUDGE)
    await stage.reaches(at)
    stage.reads_everything()


async def revokes_a_paper(stage: CourtStage, entry_id: EntryId) -> None:
    papers = (await stage.entry(entry_id)).papers
    async with stage.acting(JUDGE) as (tx, actor):
        await revoke_paper(tx, actor, papers[-1].paper_id, SET_ASIDE)


@pytest.mark.parametrize("who", [ASSISTANT, DESK])
async def test_anyone_on_duty_suspends_with_one_tap(stage: CourtStage, entry_a: EntryId, who: Member) -> None:
    await stage.suspends(entry_a, who)

    entry = await stage.entry(entry_a)
    assert (entry.state, entry.suspended_by) == (EntryState.SUSPENDED, who.person_id)
    await assert_gone(stage, entry_a)


@pytest.mark.parametrize("who", [CLERK, DESK])
async def test_clerk_and_desk_withdraw(stage: CourtStage, entry_a: EntryId, who: Member) -> None:
    await stage.withdraws(entry_a, who)

    assert (await stage.entry(entry_a)).state is EntryState.ENDED
    await assert_gone(stage, entry_a)


async def test_others_neither_suspend_nor_withdraw(stage: CourtStage, entry_a: EntryId) -> None:
    with pytest.raises(NotAllowed, match="suspend an entry"):
        await stage.suspends(entry_a, BAILIFF_ONE)
    with pytest.raises(NotAllowed, match="withdraw or end an entry"):
        await stage.withdraws(entry_a, DUTY_OFFICER)

    assert await in_force_at(stage, entry_a) == set(AGENCIES)


async def test_a_suspension_is_gone_without_the_clock_moving(stage: CourtStage, entry_a: EntryId) -> None:
    before = stage.clock.now()

    await stage.suspends(entry_a, DESK)

    assert stage.clock.now() == before
    assert {one.gone_since for one in await stage.instructions(entry_a)} == {before}


async def test_the_officer_is_told_not_to_stop(stage: CourtStage, entry_a: EntryId) -> None:
    reference = await stage.reference_at(AgencyKind.POLICE, entry_a)

    await stage.withdraws(entry_a, JUDGE)

    asked = await stage.agency(AgencyKind.POLICE).asks_before_stop(reference)
    assert isinstance(asked, DoNotStop)
    assert asked.reason is NoStop.NOT_IN_FORCE


async def test_it_comes_back_under_the_next_version(stage: CourtStage, entry_a: EntryId) -> None:
    references = {one.references[0] for one in await stage.instructions(entry_a)}
    await stage.suspends(entry_a, DUTY_OFFICER)

    await stage.resumes(entry_a, LEADER)

    resumed = await stage.instructions(entry_a)
    assert [one.version for one in resumed] == [2, 2, 2, 2]
    assert {one.references[0] for one in resumed} == references
    assert await in_force_at(stage, entry_a) == set(AGENCIES)
    assert isinstance(await stage.railway.sells_ticket(A, TONIGHT), Hit)
    await stage.settles()
    assert len(stage.sms(JUDGE)) == len(stage.sms(DUTY_OFFICER)) == 1


async def test_it_goes_and_comes_back_as_often_as_it_must(stage: CourtStage, entry_a: EntryId) -> None:
    await stage.suspends(entry_a, DUTY_OFFICER)
    await stage.resumes(entry_a, JUDGE)
    await stage.suspends(entry_a, DESK)
    await assert_gone(stage, entry_a)

    await stage.resumes(entry_a, LEADER)

    assert [one.version for one in await stage.instructions(entry_a)] == [3, 3, 3, 3]
    assert await in_force_at(stage, entry_a) == set(AGENCIES)


async def test_what_was_withdrawn_does_not_come_back(stage: CourtStage, entry_a: EntryId) -> None:
    await stage.withdraws(entry_a, JUDGE)

    with pytest.raises(Conflict, match="nothing to resume"):
        await stage.resumes(entry_a, LEADER)


async def test_an_entry_dies_at_the_edge_by_itself_with_its_last_day(
    stage: CourtStage, entry_a: EntryId
) -> None:
    await is_still_needed_on(stage, entry_a, court_time(5, 20, 23, 59, 59))
    assert isinstance(await stage.railway.sells_ticket(A, TONIGHT), Hit)

    stage.clock.move_to(court_time(5, 21, 0, 0))

    assert set((await checks_in_everywhere(stage, A)).values()) == {Clear()}
    assert (await stage.entry(entry_a)).state is EntryState.ACTIVE, "the court has not moved yet"


async def test_the_court_ends_it_on_the_same_stroke(stage: CourtStage, entry_a: EntryId) -> None:
    await is_still_needed_on(stage, entry_a, court_time(5, 21, 0, 0))

    entry = await stage.entry(entry_a)
    assert (entry.state, entry.cause) == (EntryState.ENDED, Cause.EXPIRED)
    await assert_gone(stage, entry_a)


async def test_whoever_was_told_hears_that_it_has_expired(stage: CourtStage, entry_a: EntryId) -> None:
    await is_still_needed_on(stage, entry_a, court_time(5, 20, 23, 52))
    await stage.agency(AgencyKind.POLICE).checks_in(A, HOTEL)
    await stage.reaches(court_time(5, 20, 23, 59))
    stage.reads_everything()

    await stage.reaches(court_time(5, 21, 0, 0))

    assert stage.sms(JUDGE) == [f"{EXPIRED}40718"]
    assert stage.sms(DUTY_OFFICER) == [f"{EXPIRED}58263"]
    assert (await stage.alert_of(entry_a)).state is AlertState.RETRACTED
    stage.reads_everything()


async def test_a_revoked_paper_takes_its_entry_with_it(stage: CourtStage, entry_a: EntryId) -> None:
    await stage.railway.sells_ticket(A, TONIGHT)
    await stage.settles()
    stage.reads_everything()

    await revokes_a_paper(stage, entry_a)

    entry = await stage.entry(entry_a)
    assert (entry.state, entry.cause) == (EntryState.SUSPENDED, Cause.PAPER_REVOKED)
    assert stage.sms(JUDGE) == [f"{REVOKED}40718"]
    assert stage.sms(DUTY_OFFICER) == [f"{REVOKED}58263"]
    await assert_gone(stage, entry_a)


async def test_no_entry_is_resumed_on_a_revoked_paper(stage: CourtStage, entry_a: EntryId) -> None:
    await revokes_a_paper(stage, entry_a)

    with pytest.raises(Conflict, match="register it anew"):
        await stage.resumes(entry_a, LEADER)


async def test_no_entry_is_resumed_after_its_last_day(stage: CourtStage, entry_a: EntryId) -> None:
    await stage.suspends(entry_a, DUTY_OFFICER)
    stage.clock.move_to(court_time(5, 21, 0, 0))

    async with stage.registry.transaction() as tx:
        leader = await people.get_actor(tx, LEADER.person_id)
        with pytest.raises(Conflict, match="register it anew"):
            await resume_entry(tx, leader, entry_a)
    await stage.settles()
    stage.reads_everything()


async def test_a_suspended_entry_ends_with_its_last_day_too(stage: CourtStage, entry_a: EntryId) -> None:
    await stage.suspends(entry_a, DUTY_OFFICER)

    await stage.reaches(court_time(5, 21, 0, 0))

    entry = await stage.entry(entry_a)
    assert (entry.state, entry.cause) == (EntryState.ENDED, Cause.EXPIRED)


async def test_a_withdrawal_ends_with_its_reason(stage: CourtStage, entry_a: EntryId) -> None:
    with pytest.raises(Conflict, match="choose a reason that ends the entry"):
        await stage.withdraws(entry_a, JUDGE, Cause.SUSPENDED_BY_PERSON)
    await stage.withdraws(entry_a, JUDGE, Cause.LOCATED)

    entry = await stage.entry(entry_a)
    assert (entry.state, entry.cause, entry.version) == (EntryState.ENDED, Cause.LOCATED, 4)
