"""Drills that were planned come once in each of their windows, at their hours; one at a time."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest
import sqlalchemy as sa

from notifications.ladders import DEFAULT_LADDERS, QuietHours, TakingsNeeded
from notifications.ladders import Urgency as LadderUrgency
from scripts import cast
from scripts.desk import court_time
from tests.contract.storage.books import Books
from tracker.domain.alerts import Alert
from tracker.domain.drills import Drill, DrillPlan, Hours, Scope
from tracker.domain.due import DueKind, DueWork
from tracker.domain.errors import Conflict, NotAllowed
from tracker.domain.ids import AgencyId, LeaseToken
from tracker.domain.people import Duty, system_actor
from tracker.domain.plans import Urgency
from tracker.services.answers.takings import Way, take_alert
from tracker.services.due_work import do_due_work
from tracker.services.ladders.editing import save_ladder
from tracker.services.proof.drill_plans import end_plan, plan_drills
from tracker.services.proof.drills import call_off_drill, start_drill
from tracker.storage import alerts, drills, due_work, notices, people, unreached
from tracker.storage.tables.alerts import due_work as due_rows
from tracker.storage.tables.court import roster_rule

MINE = LeaseToken("one-me")
SYSTEM = system_actor(cast.COURT.court_id)
SCOPE = Scope(agency_id=AgencyId("rail"), duty=Duty.DUTY_OFFICER, team_id=None, urgency=Urgency.PLANNED)


class Desk:
    """The command desk on duty, and whoever does what falls due."""

    def __init__(self, books: Books) -> None:
        self.books = books

    async def starts(self) -> Drill:
        async with self.books.registry.transaction() as tx:
            return await start_drill(tx, SYSTEM, SCOPE)

    async def starts_at_once(self) -> Alert:
        async with self.books.registry.transaction() as tx:
            drill = await start_drill(tx, SYSTEM, SCOPE, at_once=True)
            alert_id = (await drills.get_drill(tx, drill.drill_id)).alert_id
            assert alert_id is not None
            return await alerts.get_alert(tx, alert_id)

    async def calls_off(self, drill: Drill) -> None:
        async with self.books.registry.transaction() as tx:
            await call_off_drill(tx, SYSTEM, drill.drill_id)

    async def plans(self) -> DrillPlan:
        async with self.books.registry.transaction() as tx:
            actor = await people.get_actor(tx, cast.DESK.person_id)
            await plan_drills(tx, actor, SCOPE, Hours.OFFICE)
            (plan,) = await drills.list_plans(tx, cast.COURT.court_id)
        return plan

    async def planned_for(self) -> Sequence[datetime]:
        column = due_rows.c
        async with self.books.registry.reading() as tx:
            rows = await tx.rows(sa.select(column.due_at).where(column.kind == DueKind.DRILL_PLANNED))
        return [row.due_at for row in rows]

    async def does_due_work(self, at: datetime) -> DueWork:
        self.books.clock.move_to(at)
        async with self.books.registry.transaction() as tx:
            due = await due_work.claim_due(tx, MINE)
            assert due is not None
            await do_due_work(tx, due, MINE)
        return due

    async def drills(self) -> Sequence[Drill]:
        async with self.books.registry.reading() as tx:
            return await drills.list_drills(tx, cast.COURT.court_id, 10)


@pytest.fixture
async def desk(books: Books) -> Desk:
    return Desk(books)


async def test_a_plan_starts_one_and_the_next_window_has_the_next(desk: Desk) -> None:
    plan = await desk.plans()
    (first_at,) = await desk.planned_for()

    await desk.does_due_work(first_at)

    (drill,) = await desk.drills()
    assert (drill.plan_id, drill.started_by, drill.alert_id) == (plan.plan_id, "system", None)
    (next_at,) = await desk.planned_for()
    assert timedelta(0) < next_at - first_at < timedelta(days=56)


async def test_a_drill_that_was_missed_is_not_made_up_at_another_hour(desk: Desk) -> None:
    await desk.plans()
    (first_at,) = await desk.planned_for()

    await desk.does_due_work(first_at + timedelta(minutes=61))

    assert await desk.drills() == ()
    assert len(await desk.planned_for()) == 1


async def test_one_that_would_meet_another_waits_for_it(desk: Desk) -> None:
    await desk.plans()
    (first_at,) = await desk.planned_for()
    desk.books.clock.move_to(first_at - timedelta(minutes=1))
    other = await desk.starts()

    await desk.does_due_work(first_at)
    assert await desk.planned_for() == [first_at + timedelta(minutes=10)]
    await desk.calls_off(other)
    await desk.does_due_work(first_at + timedelta(minutes=10))

    assert [one.ended_at is None for one in await desk.drills()] == [True, False]


async def test_a_plan_that_was_ended_starts_nothing(desk: Desk) -> None:
    plan = await desk.plans()
    async with desk.books.registry.transaction() as tx:
        await end_plan(tx, await people.get_actor(tx, cast.DESK.person_id), plan.plan_id)

    assert await desk.planned_for() == []


async def test_a_line_that_brings_no_canary_leaves_it_to_the_court(desk: Desk) -> None:
    started = await desk.starts()
    with pytest.raises(Conflict):
        await desk.starts()

    await desk.does_due_work(started.started_at + timedelta(minutes=15))

    (drill,) = await desk.drills()
    assert drill.began_by == "court"


async def test_the_first_who_takes_a_drill_ends_it_and_it_rings_by_night(desk: Desk) -> None:
    """Whatever the court's ladder wants of who takes a real one, and when it is quiet."""
    planned = DEFAULT_LADDERS[LadderUrgency.PLANNED]
    night = QuietHours(begins=time(23, 30), ends=time(0, 30), unless_act_from_within_s=3600)
    both = replace(planned, takings_needed=TakingsNeeded.JUDGE_AND_OFFICER, quiet_hours=night)
    async with desk.books.registry.transaction() as tx:
        await save_ladder(tx, await people.get_actor(tx, cast.ADMINISTRATOR.person_id), both, "both sides")
    desk.books.clock.move_to(court_time(2, 25, 23, 45))

    alert = await desk.starts_at_once()
    async with desk.books.registry.transaction() as tx:
        told = await notices.list_addressed(tx, alert.alert_id)
        taker = await people.get_actor(tx, cast.DESK.person_id)
        await take_alert(tx, taker, await alerts.lock_alert(tx, alert.alert_id), Way.CONSOLE)

    assert told == (cast.DUTY_OFFICER.person_id,)
    (drill,) = await desk.drills()
    assert drill.ended_at is not None


async def test_a_drill_that_reaches_nobody_alarms_nobody(desk: Desk) -> None:
    async with desk.books.registry.transaction() as tx:
        await tx.run(sa.delete(roster_rule))

    alert = await desk.starts_at_once()

    async with desk.books.registry.reading() as tx:
        assert await notices.list_addressed(tx, alert.alert_id) == ()
        assert await unreached.list_unreached(tx) == ()


async def test_only_desk_and_administrator_start_one(desk: Desk) -> None:
    async with desk.books.registry.transaction() as tx:
        judge = await people.get_actor(tx, cast.JUDGE.person_id)
        with pytest.raises(NotAllowed):
            await start_drill(tx, judge, SCOPE)
