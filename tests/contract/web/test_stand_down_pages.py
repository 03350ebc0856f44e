"""The board of a stand-down: whom the desk still has to call, and what it ticks."""

from schemas.measures import AgencyKind
from scripts import cast
from scripts.pump import Pump
from tests.contract.web.site import Site
from tests.contract.web.test_alert_pages import dispatch_form


async def test_the_desk_sees_whom_to_call_and_ticks_who_was_reached(site: Site) -> None:
    alert = await site.sees_a()
    judge = await site.signed_in(cast.JUDGE)
    desk = await site.signed_in(cast.DESK)
    officer = await site.signed_in(cast.DUTY_OFFICER)
    await judge.sends(f"/alerts/{alert.alert_id}/take", {"plan_version": "1"})
    await judge.sends(f"/alerts/{alert.alert_id}/dispatch", dispatch_form())
    await site.stage.settles()
    await judge.sends(f"/entries/{site.listed}/withdraw", {"cause": "withdrawn"})
    await site.stage.settles()
    await judge.sends(f"/alerts/{alert.alert_id}/answer")

    first_page = await desk.opens("/alerts")
    waiting = await desk.opens("/stand-downs")
    refused = await officer.sends(
        f"/stand-downs/{alert.alert_id}/tick", {"person": cast.BAILIFF_ONE.person_id}
    )
    ticked = await desk.sends(f"/stand-downs/{alert.alert_id}/tick", {"person": cast.BAILIFF_ONE.person_id})
    done = await desk.opens("/stand-downs")
    first_page_after = await desk.opens("/alerts")

    assert "停止行动待电话通知 1" in first_page.text
    assert "停止行动待电话通知" not in first_page_after.text
    assert "值班执行干警 <strong>高干警</strong>" in first_page.text
    assert "待电话通知" in waiting.text
    assert cast.BAILIFF_ONE.phone in waiting.text
    assert cast.JUDGE.phone not in waiting.text
    assert "佟大川" not in waiting.text
    assert refused.status == 403
    assert ticked.leads_to == "/stand-downs"
    assert "无需再电话通知" in done.text
    assert "白值班员" in done.text
    assert cast.BAILIFF_ONE.phone not in done.text


async def test_the_board_stands_on_the_page_of_the_alert(site: Site) -> None:
    alert = await site.sees_a()
    judge = await site.signed_in(cast.JUDGE)
    await judge.sends(f"/entries/{site.listed}/withdraw", {"cause": "withdrawn"})
    await site.stage.settles()

    seen = await judge.opens(f"/alerts/{alert.alert_id}")

    assert "撤控回执" in seen.text
    assert "高干警" in seen.text


async def test_an_agency_that_is_silent_is_called_at_the_number_of_its_duty_desk(site: Site) -> None:
    stage = site.stage
    desk, judge = await site.signed_in(cast.DESK), await site.signed_in(cast.JUDGE)
    await desk.sends("/agencies/rail/phone", {"phone": "010-0000 0002"})
    asleep = {loop.name for kind in AgencyKind for loop in stage.system.edges[kind].loops}
    alert = await site.sees_a()
    stage.pump = Pump(stage.clock, [loop for loop in stage.system.loops if loop.name not in asleep])
    await judge.sends(f"/entries/{site.listed}/withdraw", {"cause": "withdrawn"})
    await stage.settles()

    called = await desk.opens("/stand-downs")
    read = await (await site.signed_in(cast.DUTY_OFFICER)).opens(f"/alerts/{alert.alert_id}")

    assert '<a href="tel:010-00000002">010-0000 0002</a>' in called.text
    assert called.text.count("未登记电话") == 3
    assert "010-0000 0002" not in read.text
