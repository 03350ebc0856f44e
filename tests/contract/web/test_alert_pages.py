"""The alert on the screen: what a judge sees on the phone, and what the buttons do."""

from scripts import cast
from scripts.desk import Journey, court_time
from scripts.story.props import FIRST_PLAN
from tests.contract.web.site import Site
from tracker.domain.alerts import Alert
from tracker.storage import alert_acts


def dispatch_form(plan_version: str = "1", **changes: str) -> dict[str, str | list[str]]:
    form: dict[str, str | list[str]] = {
        "plan_version": plan_version,
        "members": [cast.JUDGE.person_id, cast.BAILIFF_ONE.person_id],
        "leader": cast.JUDGE.person_id,
        "muster_place": "北京西站台",
        "muster_at": "2026-02-28T06:10",
        "act_place": "北京西",
        "act_at": "2026-02-28T06:59",
    }
    return form | changes


async def changed_plan(site: Site) -> Alert:
    """A changes to the night before."""
    await site.stage.waits(hours=1)
    earlier = Journey(
        service="Z38",
        origin="武昌",
        destination="北京西",
        departs=FIRST_PLAN.departs.replace(day=26),
        arrives=FIRST_PLAN.arrives.replace(day=27),
        coach="5",
        seat="3上",
    )
    await site.stage.railway.changes_ticket(cast.A, earlier)
    await site.stage.settles()
    return await site.stage.alert_of(site.listed)


async def test_the_page_says_where_when_and_on_which_papers(site: Site) -> None:
    alert = await site.sees_a()

    seen = await (await site.signed_in(cast.JUDGE)).opens(f"/alerts/{alert.alert_id}")

    assert "28日 周六（调休上班）" in seen.text
    assert 'data-until="2026-02-27T22:59:00+00:00"' in seen.text
    assert "Z38 7车 12下 武昌 → 北京西" in seen.text
    assert "身份相符" in seen.text
    assert "拘传票" in seen.text
    assert "高干警" in seen.text
    assert cast.A.number not in seen.text


async def test_a_get_never_takes(site: Site) -> None:
    alert = await site.sees_a()
    judge = await site.signed_in(cast.JUDGE)

    seen = await judge.opens(f"/alerts/{alert.alert_id}/take")

    assert seen.status == 405
    async with site.stage.registry.reading() as tx:
        assert await alert_acts.list_takings(tx, alert.alert_id) == ()


async def test_taking_shows_who_has_it(site: Site) -> None:
    alert = await site.sees_a()
    judge = await site.signed_in(cast.JUDGE)
    officer = await site.signed_in(cast.DUTY_OFFICER)

    taken = await judge.sends(f"/alerts/{alert.alert_id}/take", {"plan_version": "1"})
    second = await officer.sends(f"/alerts/{alert.alert_id}/take", {"plan_version": "1"})
    seen = await officer.opens(f"/alerts/{alert.alert_id}")

    assert taken.leads_to == f"/alerts/{alert.alert_id}"
    assert second.status == 409
    assert "沈法官已接手" in second.text
    assert "<strong>沈法官</strong> 已接手" in seen.text
    assert "接手</button>" not in seen.text


async def test_nobody_is_sent_to_where_the_person_no_longer_goes(site: Site) -> None:
    alert = await site.sees_a()
    judge = await site.signed_in(cast.JUDGE)
    await changed_plan(site)

    seen = await judge.sends(f"/alerts/{alert.alert_id}/dispatch", dispatch_form(plan_version="1"))

    assert seen.status == 409
    assert "行程刚刚有变" in seen.text
    async with site.stage.registry.reading() as tx:
        assert await alert_acts.find_standing_dispatch(tx, alert.alert_id) is None


async def test_a_team_is_sent_and_arrives(site: Site) -> None:
    alert = await site.sees_a()
    judge = await site.signed_in(cast.JUDGE)
    bailiff = await site.signed_in(cast.BAILIFF_ONE)

    await judge.sends(f"/alerts/{alert.alert_id}/dispatch", dispatch_form(act_place="北京西站台"))
    await site.stage.settles()
    page = await bailiff.opens(f"/alerts/{alert.alert_id}")
    arrived = await bailiff.sends(f"/alerts/{alert.alert_id}/arrive")

    assert "沈法官、秦法警" in page.text
    assert (await site.stage.alert_of(site.listed)).plan.act_place == "北京西站台"
    assert arrived.status == 303
    assert "已到达</button>" not in (await bailiff.opens(f"/alerts/{alert.alert_id}")).text


async def test_a_whole_minute_that_was_not_changed_keeps_the_act_point(site: Site) -> None:
    alert = await site.sees_a()
    judge = await site.signed_in(cast.JUDGE)

    await judge.sends(f"/alerts/{alert.alert_id}/dispatch", dispatch_form())

    assert (await site.stage.alert_of(site.listed)).plan.act_at == alert.plan.act_at


async def test_the_judge_chooses_another_act_point(site: Site) -> None:
    alert = await site.sees_a()
    judge = await site.signed_in(cast.JUDGE)
    page = await judge.opens(f"/alerts/{alert.alert_id}")
    form = {"plan_version": "1", "point": "own", "act_place": "北京西站台", "act_at": "2026-02-28T07:05"}

    refused = await judge.sends(f"/alerts/{alert.alert_id}/act-point", form | {"lead": "soon"})
    await judge.sends(f"/alerts/{alert.alert_id}/act-point", form | {"lead": "90"})
    own = (await site.stage.alert_of(site.listed)).plan
    await judge.sends(
        f"/alerts/{alert.alert_id}/act-point", {"plan_version": "2", "point": "0", "lead": "120"}
    )
    departure = (await site.stage.alert_of(site.listed)).plan

    assert "武昌" in page.text
    assert refused.status == 422
    assert 'name="point" value="own" checked' in refused.text
    assert 'value="soon"' in refused.text
    assert "请填写0至1440之间的整数" in refused.text
    assert (own.act_place, own.act_at) == ("北京西站台", court_time(2, 28, 7, 5))
    assert own.act_from == court_time(2, 28, 5, 35)
    assert (departure.act_place, departure.act_at) == ("武昌", FIRST_PLAN.departs)


async def test_a_dispatch_without_a_leader_is_refused(site: Site) -> None:
    alert = await site.sees_a()
    judge = await site.signed_in(cast.JUDGE)

    seen = await judge.sends(
        f"/alerts/{alert.alert_id}/dispatch", dispatch_form(leader="", muster_place="北广场")
    )

    assert seen.status == 422
    assert ("请选择带队人员" in seen.text, 'value="北广场"' in seen.text) == (True, True)
    assert f'value="{cast.BAILIFF_ONE.person_id}" checked' in seen.text
    assert 'id="dispatch" data-live data-written' in seen.text
    assert f'name="asked_from" value="/alerts/{alert.alert_id}"' in seen.text


async def test_a_missed_alert_is_not_closed_without_a_reason_and_the_outcome_stays_chosen(site: Site) -> None:
    alert = await site.sees_a()
    await site.stage.reaches(court_time(3, 1, 12, 0))
    judge = await site.signed_in(cast.JUDGE)

    seen = await judge.sends(f"/alerts/{alert.alert_id}/outcome", {"outcome": "not-found"})

    assert (seen.status, "该预警过时无人处置，请填写原因" in seen.text) == (422, True)
    assert 'value="not-found" selected' in seen.text


async def test_an_answer_that_cannot_be_read_comes_back_to_its_agency(site: Site) -> None:
    alert = await site.sees_a()
    judge = await site.signed_in(cast.JUDGE)
    form = {"plan_version": "1", "agency": "rail", "answer": "", "discretion": "report-only-until"}

    seen = await judge.sends(f"/alerts/{alert.alert_id}/confirm", form | {"report_only_until": "石家庄"})

    assert (seen.status, seen.text.count('value="石家庄"')) == (422, 1)
    assert 'value="report-only-until" selected' in seen.text


async def test_whoever_leads_is_sent(site: Site) -> None:
    alert = await site.sees_a()
    judge = await site.signed_in(cast.JUDGE)

    await judge.sends(f"/alerts/{alert.alert_id}/dispatch", dispatch_form(leader=cast.BAILIFF_TWO.person_id))

    async with site.stage.registry.reading() as tx:
        sent = await alert_acts.find_standing_dispatch(tx, alert.alert_id)
    assert sent is not None
    assert sent.member_ids == (
        cast.JUDGE.person_id,
        cast.BAILIFF_ONE.person_id,
        cast.BAILIFF_TWO.person_id,
    )


async def test_the_agency_is_answered_from_the_page(site: Site) -> None:
    alert = await site.sees_a()
    judge = await site.signed_in(cast.JUDGE)
    answer = {
        "plan_version": "1",
        "agency": "rail",
        "answer": "still-wanted",
        "discretion": "report-only-until",
        "report_only_until": "北京西",
    }

    await judge.sends(f"/alerts/{alert.alert_id}/confirm", answer)
    await site.stage.settles()

    async with site.stage.registry.reading() as tx:
        asked = (await alert_acts.list_confirmations(tx, alert.alert_id))[0]
    assert (asked.answer, asked.answered_by) == ("still-wanted", cast.JUDGE.person_id)
    assert asked.detail == {"discretion": "report-only-until", "report_only_until": "北京西"}


async def test_the_outcome_closes_the_alert_and_leaves_the_entry(site: Site) -> None:
    alert = await site.sees_a()
    judge = await site.signed_in(cast.JUDGE)

    await judge.sends(f"/alerts/{alert.alert_id}/outcome", {"outcome": "not-found"})

    assert (await site.stage.alert_of(site.listed)).state == "closed"
    assert (await site.stage.entry(site.listed)).state == "active"


async def test_the_duty_officer_suspends_from_the_alert(site: Site) -> None:
    alert = await site.sees_a()
    officer = await site.signed_in(cast.DUTY_OFFICER)
    page = f"/alerts/{alert.alert_id}"
    await officer.opens(page)

    seen = await officer.sends(f"/entries/{site.listed}/suspend", {"asked_from": page})

    assert seen.leads_to == page
    assert "勿拦截，原地待命" in (await officer.opens(page)).text


async def test_a_paused_alert_offers_nobody_to_send(site: Site) -> None:
    alert = await site.sees_a()
    judge = await site.signed_in(cast.JUDGE)
    page = f"/alerts/{alert.alert_id}"

    before = await judge.opens(page)
    await judge.sends(f"/entries/{site.listed}/suspend", {"asked_from": page})
    paused = await judge.opens(page)

    assert ('id="dispatch"' in before.text, 'id="dispatch"' in paused.text) == (True, False)


async def test_who_was_told_sees_the_end_but_no_longer_the_person(site: Site) -> None:
    alert = await site.sees_a()
    officer = await site.signed_in(cast.DUTY_OFFICER)
    await (await site.signed_in(cast.JUDGE)).sends(f"/entries/{site.listed}/withdraw", {"cause": "withdrawn"})
    await site.stage.settles()

    seen = await officer.opens(f"/alerts/{alert.alert_id}")
    await officer.sends(f"/alerts/{alert.alert_id}/answer")

    assert "停止行动" in seen.text
    assert "佟大川" not in seen.text
    assert "收到</button>" in seen.text
    assert "收到</button>" not in (await officer.opens(f"/alerts/{alert.alert_id}")).text


async def test_who_was_not_told_sees_nothing(site: Site) -> None:
    alert = await site.sees_a()
    bailiff = await site.signed_in(cast.BAILIFF_TWO)

    page = await bailiff.opens(f"/alerts/{alert.alert_id}")
    listed = await bailiff.opens("/alerts")

    assert page.status == 403
    assert "佟大川" not in page.text + listed.text


async def test_the_list_shows_open_alerts_first(site: Site) -> None:
    await site.sees_a()

    seen = await (await site.signed_in(cast.DESK)).opens("/alerts")

    assert "佟大川" in seen.text
    assert "待接手" in seen.text
