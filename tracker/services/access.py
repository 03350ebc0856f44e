"""Asks the authorisation table, with the relations that hold now. Whatever is not granted is refused."""

from collections.abc import Set

from tracker.domain.alerts import Alert, AlertState
from tracker.domain.authorisation import Action, Relation, is_granted
from tracker.domain.errors import NotAllowed
from tracker.domain.people import Actor, Duty, Role
from tracker.storage import alert_acts, cases, entries, notices, people
from tracker.storage.cases import Case
from tracker.storage.transaction import Tx

ROLE_OF_DUTY = {Duty.DUTY_OFFICER: Role.DUTY_OFFICER, Duty.DESK: Role.COMMAND_DESK}


async def _duty_relation(tx: Tx, actor: Actor) -> set[Relation]:
    duties = await people.duties_of(tx, actor.person_id, actor.court_id)
    on_shift = {ROLE_OF_DUTY[duty] for duty in duties if duty in ROLE_OF_DUTY}
    return {Relation.ON_DUTY} if on_shift & actor.roles else set()


def _case_relations(actor: Actor, case: Case) -> set[Relation]:
    found = set()
    if case.judge_id == actor.person_id:
        found.add(Relation.OWN_CASE)
    if actor.is_in_team(case.team_id) or case.judge_id == actor.person_id:
        found.add(Relation.OWN_TEAM)
    return found


def _require(action: Action, actor: Actor, relations: Set[Relation]) -> None:
    if not is_granted(action, actor.roles, relations):
        raise NotAllowed(action.value, "your roles and your relation to it do not cover this")


async def require_on_case(tx: Tx, actor: Actor, action: Action, case: Case) -> None:
    """Refuse unless the actor may do it to this case."""
    if case.court_id != actor.court_id:
        raise NotAllowed(action.value, "it belongs to another court")
    _require(action, actor, _case_relations(actor, case) | await _duty_relation(tx, actor))


async def alert_relations(tx: Tx, actor: Actor, alert: Alert) -> set[Relation]:
    """How the actor stands to an alert: through its cases, the roster, having been told, having taken it."""
    relations = await _duty_relation(tx, actor)
    for entry_id in alert.entry_ids:
        case_id = (await entries.get_entry(tx, entry_id)).case_id
        relations |= _case_relations(actor, await cases.get_case(tx, case_id))
    if alert.state is AlertState.OPEN and actor.person_id in await notices.list_told(tx, alert.alert_id):
        relations.add(Relation.TOLD)
    taking = await alert_acts.find_standing_taking(tx, alert.alert_id)
    if taking is not None and taking.person_id == actor.person_id:
        relations.add(Relation.TAKER)
    return relations


async def require_on_alert(tx: Tx, actor: Actor, action: Action, alert: Alert) -> None:
    """Refuse unless the actor may do it to this alert."""
    if alert.court_id != actor.court_id:
        raise NotAllowed(action.value, "it belongs to another court")
    _require(action, actor, await alert_relations(tx, actor, alert))


async def require_in_court(tx: Tx, actor: Actor, action: Action) -> None:
    """Refuse unless the actor may do it anywhere in the court."""
    _require(action, actor, await _duty_relation(tx, actor))
