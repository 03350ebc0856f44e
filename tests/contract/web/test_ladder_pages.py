"""Ladders on the screen: tried before they are saved, and what they lead to on the alert's own page."""

from notifications.ladders import DEFAULT_LADDERS, Urgency
from scripts import cast
from tests.contract.web.site import Site
from tracker.storage import ladders, missed, unreached
from tracker.web.ladders.form import fill_form

IMMINENT = {**fill_form(DEFAULT_LADDERS[Urgency.IMMINENT]), "version": ("1",)}
BY_NIGHT = {"trial.judge": (cast.JUDGE.person_id,), "trial.at": ("2026-02-25T19:42",)}


async def test_a_ladder_is_tried_saved_and_refused_by_the_field(site: Site) -> None:
    administrator = await site.signed_in(cast.ADMINISTRATOR)
    address = "/ladders/imminent"

    opened = await administrator.opens(address)
    tried = await administrator.sends(address, {**IMMINENT, **BY_NIGHT, "act": "preview"})
    no_roster = {**IMMINENT, **BY_NIGHT, "trial.at": "2026-04-01T03:00", "act": "preview"}
    gaps = await administrator.sends(address, no_roster)
    wrong = await administrator.sends(
        address, {**IMMINENT, "step.3.after": "1", "reason": "x", "act": "save"}
    )
    saved = await administrator.sends(address, {**IMMINENT, "reason": "试行一周", "act": "save"})
    listed = await administrator.opens("/ladders")

    assert "2026-02-24 09:12" in opened.text
    assert "2026-02-25 19:42" in tried.text
    assert "<strong>沈法官</strong>、" in " ".join(tried.text.split())
    assert "<strong>顾局长</strong>" in tried.text
    assert "之后每 5分钟 再次通知" in tried.text
    assert "值班执行干警无人值班" in gaps.text
    assert "指挥中心无人值班" in gaps.text
    assert (wrong.status, "步骤顺序不对，须晚于上一步" in wrong.text) == (422, True)
    assert saved.leads_to == "/ladders"
    assert "钟管理员" in listed.text
    assert "试行一周" in listed.text
    async with site.stage.registry.reading() as tx:
        assert (await ladders.get_ladder(tx, cast.COURT.court_id, Urgency.IMMINENT)).version == 2


async def test_who_is_no_administrator_reads_the_ladders_and_changes_none(site: Site) -> None:
    desk = await site.signed_in(cast.DESK)

    listed = await desk.opens("/ladders")
    refused = await desk.sends("/ladders/imminent", {**IMMINENT, "reason": "x", "act": "save"})

    assert "带班领导" in listed.text
    assert "试排或修改" not in listed.text
    assert refused.status == 403


async def test_what_the_alert_page_says_of_its_ladder_and_how_a_missed_alert_leaves_its_list(
    site: Site,
) -> None:
    alert = await site.sees_a()
    desk = await site.signed_in(cast.DESK)
    page = f"/alerts/{alert.alert_id}"

    before = await desk.opens(page)
    await desk.sends(f"{page}/take", {"plan_version": "1"})
    await desk.sends(f"{page}/offer", {"colleague": cast.DUTY_OFFICER.person_id})
    offered = await desk.opens(page)
    async with site.stage.registry.transaction() as tx:
        await missed.record_missed(tx, alert)
        await unreached.record_unreached(tx, alert.alert_id)
    red = [await desk.opens(address) for address in ("/alerts", page, "/ladders")]
    listed = await desk.opens("/missed")
    nameless = await desk.sends(f"/missed/{alert.alert_id}", {"outcome": "not-found", "reason": " "})
    settled = await desk.sends(f"/missed/{alert.alert_id}", {"outcome": "not-found", "reason": "无车"})

    assert "无人接手将通知" in before.text
    assert "<strong>林助理</strong>" in before.text
    assert "白值班员 已请 高干警 接手" in offered.text
    assert ["无人可通知" in one.text for one in red] == [True, True, True]
    assert '<a href="/missed"><strong class="bad-text">未处置预警 1</strong></a>' in red[0].text
    assert "佟大川" in listed.text
    assert nameless.status == 422
    assert settled.leads_to == "/missed"
    assert "没有未处置的预警" in (await desk.opens("/missed")).text


async def test_the_ladder_of_orders_to_stop_is_edited_within_its_bounds(site: Site) -> None:
    administrator = await site.signed_in(cast.ADMINISTRATOR)
    form = {**fill_form(DEFAULT_LADDERS[Urgency.STAND_DOWN]), "version": ("1",), "reason": "r", "act": "save"}

    opened = await administrator.opens("/ladders/stand-down")
    late = await administrator.sends(
        "/ladders/stand-down", {**form, "step.2.after": "6", "step.3.after": "7"}
    )
    saved = await administrator.sends("/ladders/stand-down", {**form, "step.2.after": "1"})
    listed = await administrator.opens("/ladders")

    assert "免打扰自" not in opened.text
    assert (late.status, "5分钟内须有一步电话通知未答复的人员" in late.text) == (422, True)
    assert saved.leads_to == "/ladders"
    assert "停止行动" in listed.text
