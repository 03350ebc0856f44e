"""Silence loses a debtor: whether the phones ring and somebody answers is tried before it counts. A drill is
about nobody, says so in every text, and leaves lists, alerts and agencies as they are.
"""

import sqlalchemy as sa

from scripts import cast
from scripts.cast import ASSISTANT, CLERK, DESK, DUTY_OFFICER, LEADER
from scripts.desk import court_time
from tests.acceptance.court import CourtStage
from tracker.domain.drills import Beginning, Drill, Scope
from tracker.domain.ids import AgencyId
from tracker.domain.people import Duty
from tracker.domain.plans import Urgency
from tracker.services.answers.replies import ReplyMeaning
from tracker.services.proof.drill_results import DrillResult, list_results
from tracker.services.proof.drills import start_drill
from tracker.storage import alerts
from tracker.storage.backlog import read_backlog
from tracker.storage.tables import feeds, plumbing

RAIL = AgencyId("rail")
DUTY = Scope(agency_id=RAIL, duty=Duty.DUTY_OFFICER, team_id=None, urgency=Urgency.IMMINENT)
TEAM = Scope(agency_id=RAIL, duty=Duty.TEAM, team_id=cast.TEAM, urgency=Urgency.IMMINENT)
NOON = court_time(2, 25, 12, 0)


async def drills_at_once(stage: CourtStage, scope: Scope) -> Drill:
    async with stage.acting(DESK) as (tx, actor):
        return await start_drill(tx, actor, scope, at_once=True)


async def result(stage: CourtStage) -> DrillResult:
    async with stage.registry.reading() as tx:
        return (await list_results(tx, cast.COURT.court_id, 1))[0]


async def sent_to_agencies(stage: CourtStage) -> int:
    """Whatever went or is to go to any agency, by feed or as a message."""
    async with stage.registry.reading() as tx:
        rows = [await tx.rows(sa.select(table.c.id)) for table in (plumbing.outbox, feeds.feed_change)]
    return sum(len(found) for found in rows)


async def test_whoever_answers_has_it_and_is_timed(stage: CourtStage) -> None:
    before = await sent_to_agencies(stage)
    await drills_at_once(stage, TEAM)
    assert stage.pushes(ASSISTANT) == [
        "演练：铁路线路测试预警 / 演练：云河法院12:00 · 无真实人员 · 请按实战接手"
    ]
    (page,) = stage.sms(ASSISTANT)
    assert page.startswith("【云河法院】演练：铁路线路测试预警，云河法院12:00，无真实人员。请按实战接手，回")
    (other,) = stage.sms(CLERK)
    assert other[:-5] == page[:-5]
    await stage.waits(seconds=40)

    assert await stage.replies(ASSISTANT, page[-5:]) is ReplyMeaning.TOOK

    assert stage.sms(CLERK) == ["【云河法院】演练：铁路线路测试预警，林助理12:00已接手，您无需再回"]
    shown = await result(stage)
    assert shown.taker is not None
    assert (shown.taker.person_id, shown.taker.taken_s) == (ASSISTANT.person_id, 40.0)
    assert [one.noticed_s for one in shown.people] == [0.0, 0.0]
    assert shown.drill.ended_at == NOON.replace(second=40)
    await stage.waits(hours=2)
    assert await sent_to_agencies(stage) == before
    async with stage.registry.reading() as tx:
        assert await alerts.list_latest_alerts(tx, cast.COURT.court_id, 10) == ()


async def test_a_drill_that_nobody_takes_climbs_and_ends_by_itself(stage: CourtStage) -> None:
    await drills_at_once(stage, DUTY)
    async with stage.registry.reading() as tx:
        assert (await read_backlog(tx, cast.COURT.court_id)).open_alerts == 0

    await stage.waits(hours=2)

    page, over = stage.sms(DUTY_OFFICER)
    assert "演练：铁路线路测试预警" in page
    assert over == "【云河法院】演练：铁路线路测试预警已结束，自25日12:00起无人接手，无需回复"
    (call,) = stage.calls(DUTY_OFFICER)
    assert call.startswith("云河法院。演练：铁路线路测试预警")
    asked, _ = stage.sms(DESK)
    assert asked.startswith("【云河法院】演练：铁路线路测试预警，25日12:00起无人接手，无真实人员。")
    # No team is tried, its step is passed over: at 8, 13, 18 and 23 minutes, and then that it is over.
    assert len(stage.sms(LEADER)) == 5
    shown = await result(stage)
    assert (shown.taker, shown.drill.ended_at) == (None, court_time(2, 25, 12, 25))


async def test_it_comes_the_way_of_a_sighting_where_the_line_is_alive(watched: CourtStage) -> None:
    async with watched.acting(DESK) as (tx, actor):
        await start_drill(tx, actor, DUTY)
    assert watched.sms(DUTY_OFFICER) == []

    await watched.waits(minutes=5)

    (page,) = watched.sms(DUTY_OFFICER)
    assert (await result(watched)).drill.began_by is Beginning.LINE
    await watched.replies(DUTY_OFFICER, page[-5:])
