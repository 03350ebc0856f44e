"""Changes of the roster: who may make them, what is wrong with them, and what follows.

What must not break: every change is audited, and goes through `changing_roster`, so that whoever comes on
duty by it is told.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final

from tracker.domain.authorisation import Action
from tracker.domain.errors import Invalid, NotFound, Problem
from tracker.domain.ids import PersonId
from tracker.domain.people import Actor
from tracker.domain.roster_problems import leave_problems, rule_problems, stand_in_problems
from tracker.domain.rosters import Leave, Post, RosterRule, RuleId, StandIn, StandInId
from tracker.services import audit
from tracker.services.access import require_in_court
from tracker.services.audit import About
from tracker.services.rosters.consequences import changing_roster
from tracker.storage import people, rosters
from tracker.storage.transaction import Tx

RULE: Final = "roster rule"
STAND_IN: Final = "stand-in"


async def add_rule(tx: Tx, actor: Actor, rule: RosterRule) -> None:
    """Write a shift or a rotation down; raises Invalid with all that is wrong with it."""
    await require_in_court(tx, actor, Action.EDIT_ROSTER)
    _refuse((*rule_problems(rule), *await _unknown(tx, actor, rule.people, rule.post)))
    async with changing_roster(tx, actor.court_id):
        rule_id = await rosters.add_rule(tx, rule)
    about = About(kind=RULE, key=rule_id)
    await audit.record(tx, actor, "roster rule added", about, duty=rule.duty, people=list(rule.people))


async def end_rule(tx: Tx, actor: Actor, rule_id: RuleId, last_day: date) -> None:
    """No shift of it begins after that day."""
    await require_in_court(tx, actor, Action.EDIT_ROSTER)
    async with changing_roster(tx, actor.court_id):
        rule = (await rosters.list_rules(tx, actor.court_id)).get(rule_id)
        if rule is None:
            raise NotFound("roster rule")
        if last_day > rule.last_day:
            zh = "该班次本来就在此日之前结束，请另加一条"
            en = "it ends before that day anyway: add another rule instead"
            raise Invalid([Problem(field="last_day", zh=zh, en=en)])
        await rosters.end_rule(tx, actor.court_id, rule_id, last_day)
    about = About(kind=RULE, key=rule_id)
    await audit.record(tx, actor, "roster rule ended", about, last_day=last_day.isoformat())


async def add_stand_in(tx: Tx, actor: Actor, new: StandIn) -> None:
    """Somebody takes a place for a while; raises Invalid."""
    await require_in_court(tx, actor, Action.EDIT_ROSTER)
    named = [one for one in (new.person_id, new.instead_of) if one is not None]
    async with changing_roster(tx, actor.court_id):
        known = (await rosters.list_stand_ins(tx, actor.court_id)).values()
        written = [one for one in known if isinstance(one, StandIn)]
        _refuse((*stand_in_problems(new, written, tx.at), *await _unknown(tx, actor, named, new.post)))
        await write_stand_in(tx, actor, new)


async def write_stand_in(tx: Tx, actor: Actor, new: StandIn) -> None:
    """Inside a change of the roster, of something that was looked at already."""
    stand_in_id = await rosters.add_stand_in(tx, actor.court_id, new)
    about = About(kind=STAND_IN, key=stand_in_id)
    named = [new.person_id, *([new.instead_of] if new.instead_of is not None else [])]
    await audit.record(tx, actor, "stand-in added", about, duty=new.post.duty, people=named)


async def add_leave(tx: Tx, actor: Actor, new: Leave) -> None:
    """Somebody is away, and who serves their duties and answers for their cases; raises Invalid."""
    await require_in_court(tx, actor, Action.EDIT_ROSTER)
    named = [one for one in (new.person_id, new.substitute_id) if one is not None]
    async with changing_roster(tx, actor.court_id):
        known = (await rosters.list_stand_ins(tx, actor.court_id)).values()
        written = [one for one in known if isinstance(one, Leave)]
        _refuse((*leave_problems(new, written, tx.at), *await _unknown(tx, actor, named)))
        leave_id = await rosters.add_leave(tx, actor.court_id, new)
    await audit.record(tx, actor, "leave added", About(kind=STAND_IN, key=leave_id), people=named)


async def end_stand_in(tx: Tx, actor: Actor, stand_in_id: StandInId) -> None:
    """A stand-in or a leave holds no longer."""
    await require_in_court(tx, actor, Action.EDIT_ROSTER)
    async with changing_roster(tx, actor.court_id):
        await rosters.end_stand_in(tx, actor.court_id, stand_in_id)
    await audit.record(tx, actor, "stand-in ended", About(kind=STAND_IN, key=stand_in_id))


async def _unknown(
    tx: Tx, actor: Actor, named: Sequence[PersonId], post: Post | None = None
) -> list[Problem]:
    """People and teams that no form of ours offers."""
    members = {one.person_id for one in await people.list_people(tx, actor.court_id)}
    teams = {team_id for team_id, _ in await people.list_teams(tx, actor.court_id)}
    problems = []
    if not members.issuperset(named):
        zh, en = "没有此人，请重新选择", "there is no such person: choose again"
        problems.append(Problem(field="people", zh=zh, en=en))
    if post is not None and post.team_id is not None and post.team_id not in teams:
        zh, en = "没有此团队，请重新选择", "there is no such team: choose again"
        problems.append(Problem(field="team", zh=zh, en=en))
    return problems


def _refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise Invalid(problems)
