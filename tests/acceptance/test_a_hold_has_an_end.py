"""A person is held for the court for two hours at most, whatever becomes of the court meanwhile."""

import pytest

from adapters.edge.instruction import DisplayState
from adapters.edge.officers import Held
from schemas.measures import AgencyKind
from scripts.cast import BAILIFF_ONE, DESK, DUTY_OFFICER, JUDGE
from scripts.desk import court_time
from scripts.pump import settle
from tests.acceptance.court import CourtStage, still_wanted
from tracker.domain.alerts import Outcome
from tracker.domain.alerts import Stage as AlertStage
from tracker.domain.entries import EntryState
from tracker.domain.ids import EntryId

HALF_GONE = "【云河法院】控制时限：26执1357佟某07:04起由北京西站派出所控制，09:04前须移交，逾时放行。接手请回"


@pytest.fixture
async def held(dispatched: CourtStage, entry_a: EntryId) -> CourtStage:
    """A is held at the platform since 07:04; judge and bailiff are there."""
    stage = dispatched
    await stage.reaches(court_time(2, 27, 6, 40))
    await stage.arrives(JUDGE, await stage.alert_of(entry_a))
    await stage.reaches(court_time(2, 27, 7, 4))
    reference = await stage.reference_at(AgencyKind.RAIL, entry_a)
    answer = await stage.railway.holds(reference, place="北京西出站口", unit="北京西站派出所")
    assert answer == Held(release_at=court_time(2, 27, 9, 4))
    await stage.settles()
    stage.reads_everything()
    return stage


async def test_when_half_of_it_is_gone_those_who_come_are_told(held: CourtStage, entry_a: EntryId) -> None:
    await held.reaches(court_time(2, 27, 8, 3, 59))
    assert held.unread_sms() == []

    await held.reaches(court_time(2, 27, 8, 4))

    assert held.sms(JUDGE) == [f"{HALF_GONE}40718"]
    assert held.sms(BAILIFF_ONE) == [f"{HALF_GONE}61935"]


async def test_a_hand_over_stops_the_clock(held: CourtStage, entry_a: EntryId) -> None:
    reference = await held.reference_at(AgencyKind.RAIL, entry_a)
    assert await held.stage_of(entry_a) is AlertStage.HOLDING
    await held.railway.hands_over(reference, to="沈法官")
    await held.settles()

    await held.reaches(court_time(2, 27, 9, 30))

    assert held.unread_sms() == []
    assert await held.stage_of(entry_a) is AlertStage.DISPATCHED


async def test_it_ends_by_itself_at_the_edge_without_a_word_from_the_court(
    held: CourtStage, entry_a: EntryId
) -> None:
    reference = await held.reference_at(AgencyKind.RAIL, entry_a)
    held.clock.move_to(court_time(2, 27, 9, 3, 59))
    await settle(held.railway.edge.loops)
    assert (await held.railway.shows(reference)).state is DisplayState.HOLDING

    held.clock.move_to(court_time(2, 27, 9, 4))
    await settle(held.railway.edge.loops)

    assert (await held.railway.shows(reference)).state is DisplayState.RELEASE
    await held.settles()
    held.reads_everything()


async def test_the_court_learns_that_it_has_ended(held: CourtStage, entry_a: EntryId) -> None:
    await held.reaches(court_time(2, 27, 9, 4))
    held.reads_everything()

    assert await held.stage_of(entry_a) is AlertStage.DISPATCHED


async def test_reporting_it_again_makes_it_no_longer(held: CourtStage, entry_a: EntryId) -> None:
    reference = await held.reference_at(AgencyKind.RAIL, entry_a)
    await held.waits(minutes=30)

    answer = await held.railway.holds(reference, place="北京西出站口", unit="北京西站派出所")

    assert answer == Held(release_at=court_time(2, 27, 9, 4))


async def test_a_person_for_whom_nobody_comes_is_everybodys(alerted: CourtStage, entry_a: EntryId) -> None:
    await alerted.confirms(JUDGE, await alerted.alert_of(entry_a), still_wanted())
    reference = await alerted.reference_at(AgencyKind.RAIL, entry_a)
    await alerted.railway.holds(reference, place="武昌候车室", unit="武昌站派出所")
    await alerted.reaches(court_time(2, 25, 12, 59, 59))
    alerted.reads_everything()

    await alerted.reaches(court_time(2, 25, 13, 0))

    half_gone = (
        "【云河法院】控制时限：26执1357佟某12:00起由武昌站派出所控制，14:00前须移交，逾时放行。接手请回"
    )
    assert alerted.sms(JUDGE) == [f"{half_gone}40718"]
    assert alerted.sms(DUTY_OFFICER) == [f"{half_gone}58263"]
    assert alerted.sms(DESK) == [f"{half_gone}73520"]
    alerted.reads_everything()


async def test_an_outcome_ends_the_alert_and_not_the_entry(held: CourtStage, entry_a: EntryId) -> None:
    reference = await held.reference_at(AgencyKind.RAIL, entry_a)
    await held.railway.hands_over(reference, to="沈法官")
    await held.settles()

    await held.closes(JUDGE, await held.alert_of(entry_a), Outcome.HANDED_OVER)

    assert (await held.entry(entry_a)).state is EntryState.ACTIVE
    assert await held.stage_of(entry_a) is AlertStage.CLOSED
