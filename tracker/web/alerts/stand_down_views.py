"""What the board of a stand-down shows: people and agencies by name, with what each has said."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from tracker.domain.alerts import Alert
from tracker.domain.authorisation import Action
from tracker.domain.standing_down import OrderedAgency, Reached, StandDownBoard, ToldPerson
from tracker.services.access import require_on_alert
from tracker.services.alerts.stand_down_board import find_board
from tracker.services.notices.facts import cases_of
from tracker.storage import agencies, alerts, people
from tracker.storage.agency_phones import list_agency_phones
from tracker.storage.cases import Case
from tracker.storage.transaction import Tx
from tracker.web.reading import is_allowed
from tracker.web.titles import title, title_of
from tracker.web.visits import Visit

SHOWN_FOR: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonLine:
    """`phone`: only of who has yet to be called, and only for who may call."""

    told: ToldPerson
    title: str
    phone: str | None
    reached_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyLine:
    """`phone`: as a person's; None also where nobody knows it."""

    ordered: OrderedAgency
    name: str
    phone: str | None
    reached_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardShown:
    """`may_tick`: the reader calls and ticks."""

    alert: Alert
    cases: tuple[Case, ...]
    board: StandDownBoard
    people: tuple[PersonLine, ...]
    agencies: tuple[AgencyLine, ...]
    may_tick: bool


async def show_board(tx: Tx, visit: Visit, alert: Alert) -> BoardShown | None:
    """None: nobody was ordered to stop."""
    board = await find_board(tx, alert)
    if board is None:
        return None
    may_tick = await is_allowed(require_on_alert(tx, visit.actor, Action.ACT, alert))
    return BoardShown(
        alert=alert,
        cases=await cases_of(tx, alert),
        board=board,
        people=tuple([await _person(tx, visit, one, may_tick=may_tick) for one in board.people]),
        agencies=tuple([await _agency(tx, visit, one, may_tick=may_tick) for one in board.agencies]),
        may_tick=may_tick,
    )


async def list_ended_lately(tx: Tx, visit: Visit) -> tuple[Alert, ...]:
    """The alerts whose stand-down the desk still has before it, if there was one."""
    return await alerts.list_ended_since(tx, visit.actor.court_id, tx.at - SHOWN_FOR)


async def count_to_call(tx: Tx, visit: Visit) -> int:
    """How many stand-downs have somebody who has still to be called, of those that a member of the desk may
    call for.
    """
    if not visit.keeps_desk:
        return 0
    waiting = 0
    for alert in await list_ended_lately(tx, visit):
        board = await find_board(tx, alert)
        if board is not None and not board.is_answered:
            waiting += await is_allowed(require_on_alert(tx, visit.actor, Action.ACT, alert))
    return waiting


async def _person(tx: Tx, visit: Visit, told: ToldPerson, *, may_tick: bool) -> PersonLine:
    person = await people.get_person(tx, told.person_id)
    return PersonLine(
        told=told,
        title=title(person, visit.language),
        phone=person.phone if may_tick and told.is_silent else None,
        reached_by=await _by(tx, visit, told.reached),
    )


async def _agency(tx: Tx, visit: Visit, ordered: OrderedAgency, *, may_tick: bool) -> AgencyLine:
    agency = await agencies.get_agency(tx, ordered.agency_id)
    phones = await list_agency_phones(tx, agency.court_id) if may_tick and ordered.is_silent else {}
    return AgencyLine(
        ordered=ordered,
        name=visit.says(agency.name, agency.name_en),
        phone=phones.get(agency.agency_id),
        reached_by=await _by(tx, visit, ordered.reached),
    )


async def _by(tx: Tx, visit: Visit, reached: Reached | None) -> str | None:
    return None if reached is None else await title_of(tx, reached.by, visit.language)
