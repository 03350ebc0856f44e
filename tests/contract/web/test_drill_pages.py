"""Drills on the screen: the desk starts one and sees who took it; nothing of it stands among the alerts."""

from scripts import cast
from tests.contract.web.site import Site
from tracker.storage import drills

AT_ONCE = {"agency": "rail", "duty": "duty-officer", "team": "", "urgency": "imminent", "at_once": "yes"}


async def test_the_desk_starts_one_and_the_first_page_says_who_took_it(site: Site) -> None:
    desk = await site.signed_in(cast.DESK)
    officer = await site.signed_in(cast.DUTY_OFFICER)
    assert "尚未演练" in (await desk.opens("/alerts")).text

    started = await desk.sends("/drills", AT_ONCE)
    await site.stage.settles()
    async with site.stage.registry.reading() as tx:
        (drill,) = await drills.list_drills(tx, cast.COURT.court_id, 10)
    under_way = await desk.opens("/alerts")
    page = await officer.opens(f"/drills/{drill.drill_id}")
    closed = await desk.sends(f"/alerts/{drill.alert_id}/outcome", {"outcome": "not-found"})
    await site.stage.waits(seconds=12)
    taken = await officer.sends(f"/alerts/{drill.alert_id}/take", {"plan_version": "1"})
    after = await desk.opens("/alerts")

    assert started.leads_to == f"/drills/{drill.drill_id}"
    assert "进行中，尚无人接手" in under_way.text
    assert "现在没有您需要处理的预警" in under_way.text
    assert "接手</button>" in page.text
    assert (closed.status, taken.status) == (403, 303), "a drill is taken and no more"
    assert '高干警 接手，历时 <span class="figure">12</span> 秒' in after.text
    assert (await officer.opens(f"/alerts/{drill.alert_id}")).leads_to == f"/drills/{drill.drill_id}"
    assert "12.0" in (await officer.opens(f"/drills/{drill.drill_id}")).text


async def test_what_cannot_be_started_is_refused_and_only_who_may_gets_the_forms(site: Site) -> None:
    desk, judge = await site.signed_in(cast.DESK), await site.signed_in(cast.JUDGE)

    refused = await desk.sends("/drills", AT_ONCE | {"duty": "team"})
    planned = await desk.sends("/drills/plans", AT_ONCE | {"hours": "night"})
    started = await desk.sends("/drills", AT_ONCE)
    second = await desk.sends("/drills", AT_ONCE)
    await desk.sends(f"{started.leads_to}/call-off", {})

    assert refused.status == 422
    assert "请选择团队" in refused.text
    assert planned.leads_to == "/drills"
    seen = (await judge.opens("/drills")).text
    assert second.status == 409
    assert "22时至次日6时" in seen
    assert "已取消" in seen
    assert "发起演练</button>" not in seen
    assert (await judge.sends("/drills", AT_ONCE)).status == 403
