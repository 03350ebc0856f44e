"""A person chooses where the court acts: everyone hears of it, and who cannot be there has it no more."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from notifications.texts import TextId
from schemas.messages import Answer, Discretion, SightingKind
from scripts import cast
from tests.contract.storage.books import undone
from tests.contract.storage.sighted import RAIL, Sighted, dispatches, night_train, sends, takes
from tracker.domain.alerts import Alert
from tracker.domain.errors import Conflict, Invalid, NotAllowed
from tracker.domain.ids import PersonId
from tracker.domain.plans import ActPoint, Urgency, act_points_of
from tracker.services.alerts.act_points import choose_act_point
from tracker.services.alerts.confirmations import AnswerForm, confirm
from tracker.services.alerts.paging import pause_alert
from tracker.services.alerts.sightings import ReportedUse, take_sighting
from tracker.storage import alert_acts, alerts, due_work, leads, notices, people
from tracker.storage.transaction import Tx

PLATFORM = "北京西站台"


async def _alert(tx: Tx, sighted: Sighted) -> Alert:
    return await alerts.get_alert(tx, sighted.alert_id)


async def _chooses(tx: Tx, member: cast.Member, alert: Alert, point: ActPoint) -> Alert:
    return await choose_act_point(tx, await people.get_actor(tx, member.person_id), alert, point)


async def _departure(tx: Tx, sighted: Sighted) -> ActPoint:
    return act_points_of((await _alert(tx, sighted)).plan)[0]


async def _platform(tx: Tx, sighted: Sighted) -> ActPoint:
    return ActPoint(place=PLATFORM, at=(await _alert(tx, sighted)).plan.act_at)


async def _told(tx: Tx, sighted: Sighted, text_id: TextId) -> set[PersonId | None]:
    waiting = await notices.list_waiting(tx, sighted.alert_id, text_id)
    return {one.person_id for one in waiting}


async def _told_of_it(tx: Tx, sighted: Sighted) -> set[PersonId | None]:
    return await _told(tx, sighted, TextId.ACT_POINT_MOVED)


def _another_train(tx: Tx) -> ReportedUse:
    """The person changes to one that departs and arrives an hour later."""
    later = night_train(tx, 1)
    seen = replace(later.seen, kind=SightingKind.TICKET_CHANGED)
    return replace(night_train(tx, 0), event_id="use-changed", seen=seen)


async def _next_due(tx: Tx) -> datetime | None:
    return await due_work.next_due_at(tx)


async def test_the_court_acts_earlier_and_elsewhere(sighted: Sighted) -> None:
    async with undone(sighted.books.registry) as tx:
        await sends(tx)
        await takes(tx, cast.JUDGE, sighted.alert_id)
        departure = await _departure(tx, sighted)

        moved = await _chooses(tx, cast.JUDGE, await _alert(tx, sighted), departure)

        assert (moved.plan.act_place, moved.plan.act_at) == ("武昌", departure.at)
        assert (moved.plan_version, moved.urgency) == (2, Urgency.PLANNED)
        assert moved.plan.useful_until == departure.at + timedelta(hours=10, minutes=30)
        assert (await _alert(tx, sighted)).plan == moved.plan
        assert await _told_of_it(tx, sighted) == {cast.DUTY_OFFICER.person_id}
        assert await alert_acts.find_standing_taking(tx, sighted.alert_id) is not None


async def test_a_longer_lead_makes_it_imminent_now(sighted: Sighted) -> None:
    async with undone(sighted.books.registry) as tx:
        await sends(tx)
        departure = await _departure(tx, sighted)
        point = ActPoint(place=departure.place, at=tx.at + timedelta(hours=20), lead=timedelta(hours=20))

        moved = await _chooses(tx, cast.JUDGE, await _alert(tx, sighted), point)

        assert moved.urgency is Urgency.IMMINENT
        assert '"imminent"' in moved.ladder
        assert await _next_due(tx) == tx.at + timedelta(minutes=1)


async def test_who_had_taken_it_takes_it_again_when_another_has_moved_it(sighted: Sighted) -> None:
    async with undone(sighted.books.registry) as tx:
        await sends(tx)
        await takes(tx, cast.DUTY_OFFICER, sighted.alert_id)

        await _chooses(tx, cast.JUDGE, await _alert(tx, sighted), await _departure(tx, sighted))

        assert await alert_acts.find_standing_taking(tx, sighted.alert_id) is None
        assert await _next_due(tx) == tx.at + timedelta(minutes=3)


async def test_a_team_that_still_reaches_it_goes_on_and_another_does_not(sighted: Sighted) -> None:
    async with undone(sighted.books.registry) as tx:
        await sends(tx)
        await dispatches(tx, sighted.alert_id)
        alert = await _alert(tx, sighted)
        an_hour_later = ActPoint(place=alert.plan.act_place, at=alert.plan.act_at + timedelta(hours=1))

        later = await _chooses(tx, cast.JUDGE, alert, an_hour_later)
        assert await alert_acts.find_standing_dispatch(tx, sighted.alert_id) is not None
        await _chooses(tx, cast.JUDGE, later, await _departure(tx, sighted))

        assert await alert_acts.find_standing_dispatch(tx, sighted.alert_id) is None
        assert await alert_acts.find_standing_taking(tx, sighted.alert_id) is not None


async def test_an_agency_that_was_answered_is_answered_again_with_the_new_act_point(sighted: Sighted) -> None:
    async with undone(sighted.books.registry) as tx:
        await sends(tx)
        await takes(tx, cast.JUDGE, sighted.alert_id)
        alert = await _alert(tx, sighted)
        form = AnswerForm(
            agency_id=RAIL,
            answer=Answer.STILL_WANTED,
            discretion=Discretion.REPORT_ONLY_UNTIL,
            report_only_until="北京西",
        )
        await confirm(tx, await people.get_actor(tx, cast.JUDGE.person_id), alert, form)

        await _chooses(tx, cast.JUDGE, alert, await _platform(tx, sighted))

        [asked] = await alert_acts.list_confirmations(tx, sighted.alert_id)
        assert (asked.plan_version, asked.answer) == (2, "still-wanted")
        assert asked.detail == {"discretion": "report-only-until", "report_only_until": PLATFORM}


async def test_who_sends_a_team_elsewhere_moves_the_act_point_for_everyone(sighted: Sighted) -> None:
    async with undone(sighted.books.registry) as tx:
        await sends(tx)
        await takes(tx, cast.JUDGE, sighted.alert_id)
        alert = await _alert(tx, sighted)
        form = AnswerForm(agency_id=RAIL, answer=Answer.STILL_WANTED, discretion=Discretion.MUST_NOT_TELL)
        await confirm(tx, await people.get_actor(tx, cast.JUDGE.person_id), alert, form)

        await leads.put_lead(tx, cast.COURT.court_id, PLATFORM, timedelta(minutes=30))
        await leads.put_lead(tx, cast.COURT.court_id, PLATFORM, timedelta(minutes=45))
        await dispatches(tx, sighted.alert_id, act_place=PLATFORM)

        assert await _told_of_it(tx, sighted) == {cast.DUTY_OFFICER.person_id}
        assert (await _alert(tx, sighted)).plan.lead == timedelta(minutes=45)
        sent = await notices.list_waiting(tx, sighted.alert_id, TextId.DISPATCHED)
        assert {(one.person_id, one.facts.act_place) for one in sent} == {
            (cast.BAILIFF_ONE.person_id, PLATFORM)
        }
        [asked] = await alert_acts.list_confirmations(tx, sighted.alert_id)
        assert (asked.plan_version, asked.answer) == (2, "still-wanted")
        assert await alert_acts.find_standing_dispatch(tx, sighted.alert_id) is not None


async def test_who_is_sent_elsewhere_while_a_change_of_plan_waits_gets_one_text(sighted: Sighted) -> None:
    """The harm: whoever is sent reads two pages with two places, and drives to the wrong one."""
    async with undone(sighted.books.registry) as tx:
        await sends(tx)
        await take_sighting(tx, _another_train(tx))
        assert cast.DUTY_OFFICER.person_id in await _told(tx, sighted, TextId.PLAN_CHANGED)

        await dispatches(tx, sighted.alert_id, act_place=PLATFORM, sent=cast.DUTY_OFFICER)

        assert cast.DUTY_OFFICER.person_id not in await _told(tx, sighted, TextId.PLAN_CHANGED)
        assert await _told(tx, sighted, TextId.DISPATCHED) == {cast.DUTY_OFFICER.person_id}


async def test_what_stands_already_changes_nothing(sighted: Sighted) -> None:
    async with undone(sighted.books.registry) as tx:
        alert = await _alert(tx, sighted)

        assert await _chooses(tx, cast.JUDGE, alert, alert.plan.act_point) == alert


async def test_what_cannot_be_is_refused(sighted: Sighted) -> None:
    async with undone(sighted.books.registry) as tx:
        await sends(tx)
        alert = await _alert(tx, sighted)
        passed = ActPoint(place="武昌", at=alert.plan.seen_at - timedelta(minutes=1))
        too_long = ActPoint(place="武昌", at=alert.plan.act_at, lead=timedelta(hours=24, minutes=1))

        with pytest.raises(Invalid, match="before the person was last seen"):
            await _chooses(tx, cast.JUDGE, alert, passed)
        with pytest.raises(Invalid, match="0 to 24 hours"):
            await _chooses(tx, cast.JUDGE, alert, too_long)
        with pytest.raises(NotAllowed):
            await _chooses(tx, cast.DUTY_OFFICER, alert, await _departure(tx, sighted))
        paused = await pause_alert(tx, alert)
        with pytest.raises(Conflict):
            await _chooses(tx, cast.JUDGE, paused, await _departure(tx, sighted))
