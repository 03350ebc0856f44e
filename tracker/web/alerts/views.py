"""What the page of an alert shows, gathered in one reading of the books."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from schemas.measures import weight
from tracker.domain.alerts import Alert, AlertState, Dispatch, Hold, Side, Stage, Taking
from tracker.domain.authorisation import Action
from tracker.domain.entries import Entry, EntryState
from tracker.domain.ids import AgencyId, PersonId
from tracker.domain.measures import HOLD_MEASURES
from tracker.domain.people import Duty, Role
from tracker.services.access import require_on_case
from tracker.services.answers.offers import ACCEPTED_WITHIN, list_colleagues
from tracker.services.ladders.circles import still_missing
from tracker.services.ladders.preview import Preview, preview_alert
from tracker.services.notices.facts import entries_of
from tracker.storage import (
    agencies,
    alert_acts,
    cases,
    missed,
    offers,
    people,
    sightings,
    subjects,
    unreached,
)
from tracker.storage.alert_acts import AskedConfirmation
from tracker.storage.calendars import get_calendar
from tracker.storage.cases import Case
from tracker.storage.missed import Missed
from tracker.storage.people import Person
from tracker.storage.sightings import MatchedSighting
from tracker.storage.subjects import Subject
from tracker.storage.transaction import Tx
from tracker.web.alerts.acts import AlertActs, acts_on
from tracker.web.alerts.lines import stage
from tracker.web.alerts.stand_down_views import BoardShown, show_board
from tracker.web.alerts.timeline import Happening, list_happenings
from tracker.web.entries.views import DocumentLine, list_document_lines
from tracker.web.reading import is_allowed
from tracker.web.rosters.shifts import Shift, list_shifts
from tracker.web.titles import title, title_of
from tracker.web.visits import Visit
from tracker.web.words.formats import duty_day

GOES_OUT = frozenset(
    {Role.JUDGE, Role.ASSISTANT, Role.CLERK, Role.TEAM_LEADER, Role.DUTY_OFFICER, Role.BAILIFF}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryOfAlert:
    """`may_read`: the entry's own page; who was only told of the alert has no business there."""

    entry: Entry
    case: Case
    judge: str
    may_read: bool
    may_suspend: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmationLine:
    """An agency's question; `is_current`: about the present plan, and so still to be answered."""

    asked: AskedConfirmation
    agency_name: str
    answered_by: str | None
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldLine:
    hold: Hold
    agency_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """The people who are out."""

    dispatch: Dispatch
    leader: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferLine:
    """Somebody was asked to take it over, and has not answered."""

    from_whom: str
    to_whom: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertPage:
    alert: Alert
    stage: Stage
    subject: Subject
    documents: tuple[DocumentLine, ...]
    entries: tuple[EntryOfAlert, ...]
    latest: MatchedSighting | None
    takings: tuple[tuple[Taking, str], ...]
    missing: tuple[Side, ...]
    offer: OfferLine | None
    colleagues: tuple[PersonId, ...]
    team: Team | None
    confirmations: tuple[ConfirmationLine, ...]
    holds: tuple[HoldLine, ...]
    day_of_act: str
    on_duty: tuple[Shift, ...]
    happenings: tuple[Happening, ...]
    may_be_held: bool
    acts: AlertActs
    can_go: tuple[Person, ...]
    is_unreached: bool
    missed: Missed | None
    would_call: tuple[Preview, ...]
    titles: Mapping[PersonId, str]
    stand_down: BoardShown | None


async def gather_alert(tx: Tx, visit: Visit, alert: Alert) -> AlertPage:
    """Everything the page of an alert shows."""
    seen = await sightings.list_sightings_of_alert(tx, alert.alert_id)
    listed = await entries_of(tx, alert)
    staff = await people.list_people(tx, alert.court_id)
    takings = await alert_acts.list_standing_takings(tx, alert.alert_id)
    has_it = alert.state is AlertState.OPEN and any(one.person_id == visit.person_id for one in takings)
    return AlertPage(
        alert=alert,
        stage=await stage(tx, alert),
        subject=await subjects.get_subject(tx, alert.subject_id),
        documents=await list_document_lines(tx, listed[0]),
        entries=await _entries(tx, visit, listed),
        latest=seen[-1] if seen else None,
        takings=tuple([(one, await title_of(tx, one.person_id, visit.language)) for one in takings]),
        missing=await still_missing(tx, alert) if takings else (),
        offer=await _offer(tx, visit, alert),
        colleagues=await list_colleagues(tx, alert, visit.person_id) if has_it else (),
        team=await _team(tx, visit, alert),
        confirmations=await _confirmations(tx, visit, alert),
        holds=await _holds(tx, visit, alert),
        day_of_act=duty_day(alert.plan.act_at, await get_calendar(tx, alert.court_id), visit.language),
        on_duty=await list_shifts(tx, visit, Duty, alert.plan.act_at),
        happenings=await list_happenings(tx, alert, seen, visit.language),
        may_be_held=any(entry.measure in HOLD_MEASURES for entry in listed),
        acts=await acts_on(tx, visit.actor, alert),
        can_go=tuple(person for person in staff if person.role in GOES_OUT),
        is_unreached=alert.state is AlertState.OPEN and await unreached.is_unreached(tx, alert.alert_id),
        missed=await missed.find_missed(tx, alert.alert_id),
        would_call=await preview_alert(tx, alert),
        titles={person.person_id: title(person, visit.language) for person in staff},
        stand_down=await show_board(tx, visit, alert),
    )


async def _offer(tx: Tx, visit: Visit, alert: Alert) -> OfferLine | None:
    """The latest that stands."""
    offered = await offers.list_standing_offers(tx, alert.alert_id)
    if not offered or offered[-1].offered_at + ACCEPTED_WITHIN < tx.at:
        return None
    return OfferLine(
        from_whom=await title_of(tx, offered[-1].from_id, visit.language),
        to_whom=await title_of(tx, offered[-1].to_id, visit.language),
        until=offered[-1].offered_at + ACCEPTED_WITHIN,
    )


async def _entries(tx: Tx, visit: Visit, listed: Sequence[Entry]) -> tuple[EntryOfAlert, ...]:
    lines = []
    for entry in sorted(listed, key=lambda one: -weight(one.measure)):
        case = await cases.get_case(tx, entry.case_id)
        may_suspend = await is_allowed(require_on_case(tx, visit.actor, Action.SUSPEND, case))
        line = EntryOfAlert(
            entry=entry,
            case=case,
            judge=await title_of(tx, case.judge_id, visit.language),
            may_read=await is_allowed(require_on_case(tx, visit.actor, Action.READ_PERSONAL_DATA, case)),
            may_suspend=may_suspend and entry.state is EntryState.ACTIVE,
        )
        lines.append(line)
    return tuple(lines)


async def _team(tx: Tx, visit: Visit, alert: Alert) -> Team | None:
    dispatch = await alert_acts.find_standing_dispatch(tx, alert.alert_id)
    if dispatch is None:
        return None
    members = [await title_of(tx, one, visit.language) for one in dispatch.member_ids]
    leader = await title_of(tx, dispatch.leader_id, visit.language)
    return Team(dispatch=dispatch, leader=leader, members=tuple(members))


async def _confirmations(tx: Tx, visit: Visit, alert: Alert) -> tuple[ConfirmationLine, ...]:
    return tuple(
        [
            ConfirmationLine(
                asked=one,
                agency_name=await _agency_name(tx, visit, one.agency_id),
                answered_by=await title_of(tx, one.answered_by, visit.language) if one.answered_by else None,
                is_current=one.plan_version == alert.plan_version,
            )
            for one in await alert_acts.list_confirmations(tx, alert.alert_id)
        ]
    )


async def _holds(tx: Tx, visit: Visit, alert: Alert) -> tuple[HoldLine, ...]:
    return tuple(
        [
            HoldLine(hold=one, agency_name=await _agency_name(tx, visit, one.agency_id))
            for one in await alert_acts.list_holds(tx, alert.alert_id)
        ]
    )


async def _agency_name(tx: Tx, visit: Visit, agency_id: str) -> str:
    agency = await agencies.get_agency(tx, AgencyId(agency_id))
    return visit.says(agency.name, agency.name_en)
