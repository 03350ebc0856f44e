"""Asks the authorisation table, with the relations that hold now. Whatever is not granted is refused."""

from collections.abc import Set

from tracker.domain.alerts import Alert, AlertState
from tracker.domain.authorisation import Action, Relation, Standing, is_granted
from tracker.domain.errors import NotAllowed
from tracker.domain.people import ROLES_OF_DUTY, Actor, Role
from tracker.domain.rosters import present_for
from tracker.storage import alert_acts, cases, entries, notices, people, replies, rosters, take_links
from tracker.storage.cases import Case
from tracker.storage.transaction import Tx

NOT_COVERED = "your roles and your relation to it do not cover this, ask somebody who may"


def _in_every_role(actor: Actor, relation: Relation) -> set[Standing]:
    return {(role, relation) for role in actor.roles}


async def _duty_standings(tx: Tx, actor: Actor) -> set[Standing]:
    """Every role as such, and those on shift: a shift is served in its own role only."""
    duties = await people.duties_of(tx, actor.person_id, actor.court_id)
    on_shift = {role for duty in duties for role in ROLES_OF_DUTY.get(duty, ())}
    served = {(role, Relation.ON_DUTY) for role in on_shift & actor.roles}
    return served | _in_every_role(actor, Relation.ANY)


async def _case_standings(tx: Tx, actor: Actor, case: Case) -> set[Standing]:
    found = {(held.role, Relation.OWN_TEAM) for held in actor.held if held.team_id == case.team_id}
    if Role.JUDGE in actor.roles and await _answers_for(tx, actor, case):
        found |= {(Role.JUDGE, Relation.OWN_CASE), (Role.JUDGE, Relation.OWN_TEAM)}
    return found


async def _answers_for(tx: Tx, actor: Actor, case: Case) -> bool:
    """The judge of the case, and while that judge is on leave the substitute."""
    leaves = await rosters.list_leaves(tx, case.court_id, tx.at)
    return actor.person_id in (case.judge_id, present_for(leaves, case.judge_id, tx.at))


def _require(action: Action, standings: Set[Standing]) -> None:
    if not is_granted(action, standings):
        raise NotAllowed(action.value, NOT_COVERED)


async def may_on_case(tx: Tx, actor: Actor, action: Action, case: Case) -> bool:
    """Whether the actor may do it to this case, where a refusal would tell that the case exists."""
    return case.court_id == actor.court_id and await _is_granted_on(tx, actor, action, case)


async def _is_granted_on(tx: Tx, actor: Actor, action: Action, case: Case) -> bool:
    standings = await _case_standings(tx, actor, case) | _in_every_role(actor, Relation.ANY)
    # Who may do it anyway need not be looked for on the roster.
    return is_granted(action, standings) or is_granted(action, await _duty_standings(tx, actor))


async def require_on_case(tx: Tx, actor: Actor, action: Action, case: Case) -> None:
    """Refuse unless the actor may do it to this case."""
    if case.court_id != actor.court_id:
        raise NotAllowed(action.value, "it belongs to another court")
    if not await _is_granted_on(tx, actor, action, case):
        raise NotAllowed(action.value, NOT_COVERED)


async def alert_standings(tx: Tx, actor: Actor, alert: Alert) -> set[Standing]:
    """How the actor stands to an alert: through its cases, the roster, having been told, having taken it."""
    standings = await _duty_standings(tx, actor)
    for entry_id in alert.entry_ids:
        case_id = (await entries.get_entry(tx, entry_id)).case_id
        standings |= await _case_standings(tx, actor, await cases.get_case(tx, case_id))
    if alert.state is AlertState.OPEN and await _was_told(tx, actor, alert):
        standings |= _in_every_role(actor, Relation.TOLD)
    takings = await alert_acts.list_standing_takings(tx, alert.alert_id)
    if any(taking.person_id == actor.person_id for taking in takings):
        standings |= _in_every_role(actor, Relation.TAKER)
    return standings


async def _was_told(tx: Tx, actor: Actor, alert: Alert) -> bool:
    """Whoever answered with the code of the alert, or by its link, has read it, whatever the provider says of
    the message.
    """
    if actor.person_id in await notices.list_told(tx, alert.alert_id):
        return True
    if await replies.has_answered(tx, alert.alert_id, actor.person_id):
        return True
    return await take_links.has_used_link(tx, alert.alert_id, actor.person_id)


async def require_on_alert(tx: Tx, actor: Actor, action: Action, alert: Alert) -> None:
    """Refuse unless the actor may do it to this alert."""
    if alert.court_id != actor.court_id:
        raise NotAllowed(action.value, "it belongs to another court")
    if alert.is_drill and action is Action.ACT:
        raise NotAllowed(action.value, "a drill is taken and no more: nobody is sent, no agency hears of it")
    _require(action, await alert_standings(tx, actor, alert))


async def require_in_court(tx: Tx, actor: Actor, action: Action) -> None:
    """Refuse unless the actor may do it anywhere in the court."""
    _require(action, await _duty_standings(tx, actor))


def require_in_own_team(actor: Actor, action: Action) -> None:
    """Refuse unless the actor may do it in a team of their own; for which case is asked row by row."""
    _require(action, _in_every_role(actor, Relation.OWN_TEAM))
