"""Whom a drill tells, and what its texts may say: no case and no person, since there is none."""

from datetime import datetime

from notifications.ladders import ToWhom
from notifications.texts import Facts, Language
from tracker.domain.alerts import Alert
from tracker.domain.drills import Scope
from tracker.domain.ids import CourtId, PersonId
from tracker.domain.people import Duty
from tracker.storage import agencies, drills, people
from tracker.storage.people import Person
from tracker.storage.transaction import Tx


async def people_in_drill(
    tx: Tx, court_id: CourtId, scope: Scope, to_whom: ToWhom, when: datetime
) -> tuple[PersonId, ...]:
    """The people a word of the ladder stands for: the first told are of the duty that is tried."""
    match to_whom:
        case ToWhom.JUDGE | ToWhom.TOLD:
            return ()
        case ToWhom.DUTY_OFFICER:
            return await people.list_on_duty(tx, court_id, scope.duty, when, scope.team_id)
        case ToWhom.TEAM if scope.team_id is None:
            return ()
        case ToWhom.TEAM:
            return await people.list_on_duty(tx, court_id, Duty.TEAM, when, scope.team_id)
        case ToWhom.DESK:
            return await people.list_on_duty(tx, court_id, Duty.DESK, when)
        case ToWhom.LEADER_ON_DUTY:
            return await people.list_on_duty(tx, court_id, Duty.LEADER, when)


async def facts_of_drill(tx: Tx, alert: Alert, person: Person) -> Facts:
    """What every text of a drill to this person may say."""
    court = await people.get_court(tx, alert.court_id)
    scope = (await drills.get_drill_of(tx, alert.alert_id)).scope
    agency = await agencies.get_agency(tx, scope.agency_id)
    is_chinese = Language(person.language) is Language.CHINESE
    return Facts(
        court=court.sms_name,
        sent_at=tx.at,
        drill=True,
        agency=agency.name if is_chinese else agency.name_en,
        act_at=alert.plan.act_at,
        act_place=alert.plan.act_place,
        raised_at=alert.raised_at,
    )
