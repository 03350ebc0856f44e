"""The process dies wherever it likes; what was begun is finished once by its next life."""

from pathlib import Path

from scripts import cast
from scripts.cast import A_CASE, A_COLLECTED_FEN, A_DEBT_FEN, DUTY_OFFICER, JUDGE, A
from scripts.desk import court_time
from scripts.engines.port import Engines
from scripts.story.props import FIRST_PLAN
from tests.acceptance.court import Opening, open_stage
from tracker.domain.ids import EntryId

LATER = court_time(2, 25, 12, 1)
AGAIN = ("10001", "10002", "10003", "10004")


async def test_after_the_hit(data: Path, engines: Engines, entry_a: EntryId) -> None:
    async with open_stage(Opening(data=data, engines=engines)) as former:
        await former.railway.sells_ticket(A, FIRST_PLAN)
        assert former.unread_sms() == []

    async with open_stage(Opening(data=data, begins_at=LATER, engines=engines)) as stage:
        assert len(stage.sms(JUDGE)) == len(stage.sms(DUTY_OFFICER)) == 1
        assert stage.unread_sms() == []


async def test_after_the_alert_and_perhaps_its_messages(
    data: Path, engines: Engines, entry_a: EntryId
) -> None:
    async with open_stage(Opening(data=data, engines=engines)) as former:
        await former.railway.sells_ticket(A, FIRST_PLAN)
        await former.railway.edge.loops[0].step()
        await former.railway.edge.loops[2].step()
        await former.system.bus.step()
        assert await former.has_alert(entry_a)
        assert former.unread_sms() == []

    async with open_stage(Opening(data=data, begins_at=LATER, engines=engines)) as stage:
        # They leave with the commit of the alert: nobody knows whether these did.
        assert stage.sms(JUDGE) == [
            "【云河法院】重发：行踪预警：26执1357佟某，Z38次7车12下，28日06:59到北京西。接手请回40718"
        ]
        assert len(stage.sms(DUTY_OFFICER)) == 1
        assert stage.unread_sms() == []


async def test_after_everything_was_said(data: Path, engines: Engines, entry_a: EntryId) -> None:
    async with open_stage(Opening(data=data, engines=engines)) as former:
        await former.railway.sells_ticket(A, FIRST_PLAN)
        await former.settles()
        assert len(former.unread_sms()) == 2

    async with open_stage(Opening(data=data, begins_at=LATER, engines=engines)) as stage:
        assert stage.unread_sms() == []
        await stage.replies(JUDGE, "40718")
        assert stage.sms(DUTY_OFFICER) == [
            "【云河法院】26执1357佟某的预警，沈法官12:01已接手，您无需再回，行程有变会另行通知"
        ]


async def test_after_the_money_was_booked(data: Path, engines: Engines, entry_a: EntryId) -> None:
    async with open_stage(Opening(data=data, engines=engines)) as former:
        await former.railway.sells_ticket(A, FIRST_PLAN)
        await former.settles()
        await former.line.post_payment(A_CASE, A_DEBT_FEN - A_COLLECTED_FEN, "R-1")

    async with open_stage(Opening(data=data, begins_at=LATER, engines=engines)) as stage:
        assert {one.gone_since for one in await stage.instructions(entry_a)} == {LATER}
        assert len(stage.sms(JUDGE)) == len(stage.sms(DUTY_OFFICER)) == 1
        assert stage.unread_sms() == []


async def test_a_rung_that_was_due_meanwhile_is_climbed_once(
    data: Path, engines: Engines, entry_a: EntryId
) -> None:
    async with open_stage(Opening(data=data, engines=engines)) as former:
        await former.railway.sells_ticket(A, FIRST_PLAN)
        await former.settles()

    again = Opening(data=data, begins_at=court_time(2, 25, 12, 20), reply_codes=AGAIN, engines=engines)
    async with open_stage(again) as stage:
        assert len(stage.sms(cast.ASSISTANT)) == len(stage.sms(cast.CLERK)) == 1
        await stage.reaches(court_time(2, 25, 12, 29, 59))
        assert stage.unread_sms() == []
