"""The roster as it is written: rules, who stands in for whom, who is on leave, and swaps that are asked for.

What decides who is on duty is read in two queries, once a transaction: it is on the path of every alert.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from tracker.domain.court_time import court_day
from tracker.domain.errors import NotFound
from tracker.domain.ids import CourtId, PersonId, TeamId
from tracker.domain.people import Days, Duty
from tracker.domain.rosters import Leave, Post, Roster, RosterRule, RuleId, StandIn, StandInId, Turn
from tracker.storage.calendars import get_calendar
from tracker.storage.engine.memory import read_once
from tracker.storage.engine.one_trip import in_one_trip
from tracker.storage.tables import court as t
from tracker.storage.transaction import Tx

ONE_DAY: Final = timedelta(days=1)


async def lock_roster(tx: Tx, court_id: CourtId) -> None:
    """Whoever changes the roster, or acts on a change of shift, does so alone until the transaction ends."""
    await tx.rows(sa.select(t.court.c.id).where(t.court.c.id == court_id).with_for_update(key_share=True))


async def add_rule(tx: Tx, rule: RosterRule) -> RuleId:
    rule_id = RuleId(tx.entropy.new_id())
    await tx.insert(
        t.roster_rule,
        id=rule_id,
        court_id=rule.court_id,
        duty=rule.duty,
        team_id=rule.team_id,
        people=list(rule.people),
        days=rule.days,
        first_day=rule.first_day,
        last_day=rule.last_day,
        begins=rule.begins,
        ends=rule.ends,
        turn=rule.turn,
        turns_from=rule.turns_from,
    )
    return rule_id


async def end_rule(tx: Tx, court_id: CourtId, rule_id: RuleId, last_day: date) -> None:
    """No shift of it begins after that day; raises NotFound."""
    column = t.roster_rule.c
    own = sa.update(t.roster_rule).where(column.id == rule_id, column.court_id == court_id)
    if not await tx.run(own.values(last_day=last_day)):
        raise NotFound("roster rule")


async def list_rules(tx: Tx, court_id: CourtId) -> Mapping[RuleId, RosterRule]:
    """The whole roster in its order, past shifts too."""
    rule = t.roster_rule.c
    rows = await tx.rows(sa.select(t.roster_rule).where(rule.court_id == court_id).order_by(rule.id))
    return {RuleId(row.id): _rule(row) for row in rows}


_RULES: Final = (
    sa.select(t.roster_rule)
    .where(t.roster_rule.c.court_id == sa.bindparam("of_court"))
    .where(t.roster_rule.c.first_day <= sa.bindparam("until_day"))
    .where(t.roster_rule.c.last_day >= sa.bindparam("from_day"))
    .order_by(t.roster_rule.c.id)
)
_STAND_INS: Final = (
    sa.select(t.stand_in)
    .where(t.stand_in.c.court_id == sa.bindparam("of_court"))
    .where(t.stand_in.c.begins_at <= sa.bindparam("until"))
    .where(t.stand_in.c.ends_at > sa.bindparam("since"))
    .order_by(t.stand_in.c.id)
)


async def get_roster_at(tx: Tx, court_id: CourtId, when: datetime, duty: Duty) -> Roster:
    """What decides who is on duty for something at a moment."""
    return await _with_calendar(tx, court_id, await _written(tx, (court_id, when, when)), (duty,))


async def get_roster(tx: Tx, court_id: CourtId, since: datetime, until: datetime) -> Roster:
    """What decides who is on duty from one moment to another."""
    return await _with_calendar(tx, court_id, await _written(tx, (court_id, since, until)), tuple(Duty))


async def list_leaves(tx: Tx, court_id: CourtId, when: datetime) -> Sequence[Leave]:
    """Those that hold at a moment."""
    return (await _written(tx, (court_id, when, when))).leaves


async def _with_calendar(tx: Tx, court_id: CourtId, roster: Roster, duties: Collection[Duty]) -> Roster:
    """Where no rule asks what kind of day it is the calendar is not read."""
    if all(rule.days is Days.EVERY_DAY for rule in roster.rules if rule.duty in duties):
        return roster
    return replace(roster, calendar=await get_calendar(tx, court_id))


@read_once(t.roster_rule, t.stand_in)
async def _written(tx: Tx, span: tuple[CourtId, datetime, datetime]) -> Roster:
    court_id, since, until = span
    from_day, until_day = court_day(since) - ONE_DAY, court_day(until)
    rules, stand_ins = await in_one_trip(
        tx,
        tx.rows(_RULES, of_court=court_id, from_day=from_day, until_day=until_day),
        tx.rows(_STAND_INS, of_court=court_id, since=since, until=until),
    )
    return Roster(
        rules=tuple(_rule(row) for row in rules),
        stand_ins=tuple(_stand_in(row) for row in stand_ins if row.duty is not None),
        leaves=tuple(_leave(row) for row in stand_ins if row.duty is None),
    )


async def add_stand_in(tx: Tx, court_id: CourtId, new: StandIn) -> StandInId:
    stand_in_id = StandInId(tx.entropy.new_id())
    await tx.insert(
        t.stand_in,
        id=stand_in_id,
        court_id=court_id,
        duty=new.post.duty,
        team_id=new.post.team_id,
        person_id=new.person_id,
        instead_of=new.instead_of,
        begins_at=new.begins_at,
        ends_at=new.ends_at,
    )
    return stand_in_id


async def add_leave(tx: Tx, court_id: CourtId, new: Leave) -> StandInId:
    leave_id = StandInId(tx.entropy.new_id())
    await tx.insert(
        t.stand_in,
        id=leave_id,
        court_id=court_id,
        duty=None,
        team_id=None,
        person_id=new.substitute_id,
        instead_of=new.person_id,
        begins_at=new.begins_at,
        ends_at=new.ends_at,
    )
    return leave_id


async def list_stand_ins(tx: Tx, court_id: CourtId) -> Mapping[StandInId, StandIn | Leave]:
    """Those that are not over, leave among them, in the order in which they were written."""
    column = t.stand_in.c
    query = sa.select(t.stand_in).where(column.court_id == court_id, column.ends_at > tx.at)
    rows = await tx.rows(query.order_by(column.id))
    return {StandInId(row.id): _leave(row) if row.duty is None else _stand_in(row) for row in rows}


async def end_stand_in(tx: Tx, court_id: CourtId, stand_in_id: StandInId) -> None:
    """It holds no longer. What has begun stays written up to now; raises NotFound where nothing runs."""
    column = t.stand_in.c
    own = sa.and_(column.id == stand_in_id, column.court_id == court_id)
    begun = sa.update(t.stand_in).where(own, column.begins_at <= tx.at, column.ends_at > tx.at)
    if await tx.run(begun.values(ends_at=tx.at)):
        return
    if not await tx.run(sa.delete(t.stand_in).where(own, column.begins_at > tx.at)):
        raise NotFound("stand-in or leave")


def _rule(row: sa.Row[Any]) -> RosterRule:
    return RosterRule(
        court_id=CourtId(row.court_id),
        duty=Duty(row.duty),
        people=tuple(PersonId(one) for one in row.people),
        days=Days(row.days),
        first_day=row.first_day,
        last_day=row.last_day,
        begins=row.begins,
        ends=row.ends,
        turn=Turn(row.turn),
        turns_from=row.turns_from,
        team_id=_team(row),
    )


def _stand_in(row: sa.Row[Any]) -> StandIn:
    return StandIn(
        post=Post(duty=Duty(row.duty), team_id=_team(row)),
        person_id=PersonId(row.person_id),
        instead_of=None if row.instead_of is None else PersonId(row.instead_of),
        begins_at=row.begins_at,
        ends_at=row.ends_at,
    )


def _leave(row: sa.Row[Any]) -> Leave:
    return Leave(
        person_id=PersonId(row.instead_of),
        substitute_id=None if row.person_id is None else PersonId(row.person_id),
        begins_at=row.begins_at,
        ends_at=row.ends_at,
    )


def _team(row: sa.Row[Any]) -> TeamId | None:
    return None if row.team_id is None else TeamId(row.team_id)
