"""Drills that were planned come once in each of their windows, at their hours; one at a time."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from scripts import cast
from tests.contract.storage.books import Books
from tracker.domain.drills import Drill, DrillPlan, Hours, Scope
from tracker.domain.due import DueKind, DueWork
from tracker.domain.errors import Conflict, NotAllowed
from tracker.domain.ids import AgencyId, LeaseToken
from tracker.domain.people import Duty, system_actor
from tracker.domain.plans import Urgency
from tracker.services.drill_plans import end_plan, plan_drills
from tracker.services.drills import call_off_drill, start_drill
from tracker.services.due_work import do_due_work
from tracker.storage import drills, due_work, people
from tracker.storage.tables import alerts

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
        column = alerts.due_work.c
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


async def test_only_desk_and_administrator_start_one(desk: Desk) -> None:
    async with desk.books.registry.transaction() as tx:
        judge = await people.get_actor(tx, cast.JUDGE.person_id)
        with pytest.raises(NotAllowed):
            await start_drill(tx, judge, SCOPE)
