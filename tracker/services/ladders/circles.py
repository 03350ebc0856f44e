"""Whom the words of a ladder stand for: the judge of the case, the team, the desk.

The ladder that rings and the preview that only shows ask the same functions, so that what is shown is what
will be rung.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from notifications.ladders import Place, TakingsNeeded, ToWhom, ladder_from_json
from tracker.domain.alerts import Alert, Side
from tracker.domain.drills import Scope
from tracker.domain.entries import Entry
from tracker.domain.ids import CourtId, PersonId, TeamId
from tracker.domain.people import Duty, Role
from tracker.domain.takings import missing_sides, side_to_take
from tracker.services.ladders.substitutes import answering_for
from tracker.services.notices.drill_scope import people_in_drill
from tracker.services.notices.facts import cases_of
from tracker.services.people.living_ways import can_be_reached
from tracker.storage import alert_acts, cases, drills, notices, people
from tracker.storage.engine.one_trip import in_one_trip
from tracker.storage.leads import list_leads
from tracker.storage.muted_channels import list_muted
from tracker.storage.replies import remember_new_codes
from tracker.storage.sms_stops import list_stops
from tracker.storage.transaction import Tx

DUTY_OF: Final = {
    ToWhom.DUTY_OFFICER: Duty.DUTY_OFFICER,
    ToWhom.DESK: Duty.DESK,
    ToWhom.LEADER_ON_DUTY: Duty.LEADER,
}
"""The words that stand for whoever is on shift in the whole court."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """Who answers for one case."""

    judge_id: PersonId
    team_id: TeamId


@dataclass(frozen=True, slots=True, kw_only=True)
class Circle:
    """Whose matter an alert is."""

    court_id: CourtId
    charges: tuple[Charge, ...]
    drill: Scope | None = None
    """What a drill tries, where it is one: there is no case then."""
    missing: tuple[Side, ...] = (Side.WHOLE,)
    """The sides that nobody has taken: who can take none of them is not called."""
    declined: frozenset[PersonId] = frozenset()
    """Who has said that they cannot go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Whom one word of a rung finds. `out_of_reach`: who would be called, if anything led to them;
    `needs_nobody`: everybody it stands for knows already, or their side has it.
    """

    to_whom: ToWhom
    person_ids: tuple[PersonId, ...]
    out_of_reach: tuple[PersonId, ...]
    needs_nobody: bool


async def circle_of(tx: Tx, alert: Alert) -> Circle:
    if alert.is_drill:
        scope = (await drills.get_drill_of(tx, alert.alert_id)).scope
        return Circle(court_id=alert.court_id, charges=(), drill=scope)
    charges = [Charge(judge_id=case.judge_id, team_id=case.team_id) for case in await cases_of(tx, alert)]
    circle = Circle(court_id=alert.court_id, charges=tuple(charges))
    # What one taking stops does not ring beside one.
    if ladder_from_json(alert.ladder).takings_needed is TakingsNeeded.ONE:
        return circle
    return replace(circle, missing=await still_missing(tx, alert))


async def circle_to_call(tx: Tx, alert: Alert) -> Circle:
    """The same for its ladder, which leaves alone whoever has said that they cannot go."""
    circle = await circle_of(tx, alert)
    # Of what opens only now nobody has said anything.
    if alert.raised_at == tx.at:
        return circle
    return replace(circle, declined=await alert_acts.list_declined(tx, alert))


async def remember_court(tx: Tx, court_id: CourtId) -> None:
    """Read in one trip what nearly every alert of a court asks about the court."""
    await in_one_trip(
        tx,
        people.find_court(tx, court_id),
        list_leads(tx, court_id),
        people.list_on_duty(tx, court_id, Duty.DUTY_OFFICER, tx.at),
        in_one_trip(tx, list_stops(tx, court_id), list_muted(tx, court_id)),
    )


async def remember_first_called(tx: Tx, standing: Sequence[Collection[Entry]]) -> None:
    """Of alerts on these entries read at once whom nearly every ladder calls first, judges of the cases and
    officers on duty, and draw the codes with which they answer.
    """
    drawn: list[tuple[PersonId, str]] = []
    for theirs in standing:
        first = dict.fromkeys([(await cases.get_case(tx, entry.case_id)).judge_id for entry in theirs])
        for court_id in {entry.court_id for entry in theirs}:
            first |= dict.fromkeys(await people.list_on_duty(tx, court_id, Duty.DUTY_OFFICER, tx.at))
        drawn += [(person_id, tx.entropy.reply_code()) for person_id in first]
    await in_one_trip(
        tx,
        people.remember_people(tx, {person_id for person_id, _ in drawn}),
        remember_new_codes(tx, drawn),
    )


async def still_missing(tx: Tx, alert: Alert) -> tuple[Side, ...]:
    """Which sides have yet to take the alert before its ladder stops."""
    needed = ladder_from_json(alert.ladder).takings_needed
    return missing_sides(needed, await alert_acts.list_standing_takings(tx, alert.alert_id))


async def list_with_side(
    tx: Tx, missing: Sequence[Side], person_ids: Iterable[PersonId]
) -> tuple[PersonId, ...]:
    """Those of the people who may take one of the sides."""
    if Side.WHOLE in missing:
        return tuple(person_ids)
    actors = [await people.get_actor(tx, one) for one in person_ids]
    return tuple(one.person_id for one in actors if side_to_take(missing, one.roles) is not None)


async def people_for(tx: Tx, alert: Alert, to_whom: ToWhom) -> tuple[PersonId, ...]:
    """The people a word of the ladder stands for, at this moment."""
    if to_whom is ToWhom.TOLD:
        return await notices.list_told(tx, alert.alert_id)
    return await people_of(tx, await circle_of(tx, alert), to_whom, tx.at)


async def list_reachable(tx: Tx, alert: Alert, to_whom: ToWhom) -> tuple[PersonId, ...]:
    """Those of them whom anything leads to."""
    return tuple([one for one in await people_for(tx, alert, to_whom) if await can_be_reached(tx, one)])


async def people_of(tx: Tx, circle: Circle, to_whom: ToWhom, when: datetime) -> tuple[PersonId, ...]:
    """The people of a circle at a moment; nobody has been told yet."""
    if circle.drill is not None:
        return await people_in_drill(tx, circle.court_id, circle.drill, to_whom, when)
    found: list[PersonId] = []
    if to_whom in DUTY_OF:
        found += await _on_shift(tx, circle.court_id, DUTY_OF[to_whom], when)
    for charge in circle.charges:
        if to_whom is ToWhom.JUDGE:
            found += await _judge_of(tx, circle.court_id, charge, when)
        elif to_whom is ToWhom.TEAM:
            found += await people.list_on_duty(tx, circle.court_id, Duty.TEAM, when, charge.team_id)
    return tuple(dict.fromkeys(found))


async def _on_shift(tx: Tx, court_id: CourtId, duty: Duty, when: datetime) -> tuple[PersonId, ...]:
    """For a duty that nobody is there for, on leave or not on the roster, the desk."""
    found = await people.list_on_duty(tx, court_id, duty, when)
    return found or await people.list_on_duty(tx, court_id, Duty.DESK, when)


async def _judge_of(tx: Tx, court_id: CourtId, charge: Charge, when: datetime) -> tuple[PersonId, ...]:
    """For a judge who has left stands the leader of the team, for whoever is on leave the substitute, and
    where nobody is there the desk.
    """
    judge = await people.get_person(tx, charge.judge_id)
    if judge.role is not None:
        return await answering_for(tx, court_id, [judge.person_id], when)
    leaders = await people.list_in_team(tx, charge.team_id, Role.TEAM_LEADER)
    return await answering_for(tx, court_id, leaders, when)


async def find_groups(
    tx: Tx, circle: Circle, place: Place, told: Collection[PersonId], when: datetime
) -> tuple[Group, ...]:
    """Whom a rung finds at a moment. Only the team skips who was told: desk and leader may know of the alert,
    but not yet that nobody goes. The last rung calls rather those who cannot go than nobody.
    """
    groups = []
    for to_whom in place.step.to_whom:
        known = await people_of(tx, circle, to_whom, when)
        is_new = to_whom is ToWhom.TEAM and place.rung.repeat == 0
        wanted = await list_with_side(tx, circle.missing, known)
        fresh = [one for one in wanted if not is_new or one not in told]
        reached = [one for one in fresh if await can_be_reached(tx, one, place.step.channels)]
        group = Group(
            to_whom=to_whom,
            person_ids=tuple(one for one in reached if one not in circle.declined),
            out_of_reach=tuple(one for one in fresh if one not in reached),
            needs_nobody=bool(known) and not fresh,
        )
        groups.append(group)
    if place.is_last and circle.declined and not any(group.person_ids for group in groups):
        return await find_groups(tx, replace(circle, declined=frozenset()), place, told, when)
    return tuple(groups)
