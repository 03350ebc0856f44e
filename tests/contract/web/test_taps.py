"""One tap on the link of a push, by whoever holds the phone."""

from datetime import timedelta
from typing import Any

from notifications.channels.port import ChannelKind
from scripts import cast
from tests.contract.web.site import Site
from tracker.domain.alerts import Alert
from tracker.services.answers.offers import offer_taking
from tracker.storage import alert_acts, alerts, audit

NOBODYS = "/t/AAAAAAAAAAAAAAAAAAAAAA"


def link_of(site: Site, member: cast.Member) -> str:
    """The link of the latest push to a person."""
    pushed = [one for one in site.stage.recorder.sent_to(member.person_id) if one.kind is ChannelKind.PUSH]
    link = pushed[-1].message.link
    assert link is not None
    return link


async def taker_of(site: Site, alert: Alert) -> str | None:
    async with site.stage.registry.reading() as tx:
        taking = await alert_acts.find_standing_taking(tx, alert.alert_id)
    return None if taking is None else taking.person_id


async def test_a_link_takes_once_and_only_when_somebody_taps(
    site: Site, logged: list[dict[str, Any]]
) -> None:
    alert = await site.sees_a()
    link, phone = link_of(site, cast.JUDGE), site.visitor()
    tapped = {"act": "take", "plan_version": str(alert.plan_version)}

    async with phone.session.head(f"{site.url}{link}") as preview:
        assert preview.status == 200
    shown = await phone.opens(link)
    assert (shown.status, "26执1357" in shown.text, "佟大川" in shown.text) == (200, True, False)
    from_elsewhere = await phone.posts(link, tapped, {"Origin": "https://evil.example"})
    assert (from_elsewhere.status, await taker_of(site, alert)) == (403, None)

    taken = await phone.posts(link, tapped)

    assert (taken.status, "您已接手" in taken.text, "Set-Cookie" in taken.headers) == (200, True, False)
    assert await taker_of(site, alert) == cast.JUDGE.person_id
    async with site.stage.registry.reading() as tx:
        events = await audit.list_events_about(tx, alert.alert_id)
    assert [one.detail for one in events if one.action == "alert taken"] == [{"way": "link"}]
    await site.stage.settles()
    assert site.stage.recorder.sent_to(cast.DUTY_OFFICER.phone)[-1].message.text.endswith(
        "行程有变会另行通知"
    )
    again, nobodys = await phone.posts(link, tapped), await phone.opens(NOBODYS)
    assert (again.status, again.text) == (nobodys.status, nobodys.text)
    assert "短信回复" in nobodys.text
    assert logged
    assert link.removeprefix("/t/") not in str(logged)


async def test_who_cannot_go_taps_so_and_a_plan_that_moved_is_shown_first(site: Site) -> None:
    alert = await site.sees_a()
    link, phone = link_of(site, cast.DUTY_OFFICER), site.visitor()

    stale = await phone.posts(link, {"act": "decline", "plan_version": "99"})
    assert "行程刚刚有变" in stale.text
    declined = await phone.posts(link, {"act": "decline", "plan_version": str(alert.plan_version)})

    assert "不便出动" in declined.text
    await site.stage.settles()
    assert "无人接手" in site.stage.recorder.sent_to(cast.ASSISTANT.phone)[-1].message.text


async def test_a_colleague_who_is_asked_takes_it_over_by_the_link(site: Site) -> None:
    alert = await site.sees_a()
    await site.stage.takes(cast.JUDGE, alert)
    await site.stage.settles()
    async with site.stage.acting(cast.JUDGE) as (tx, actor):
        locked = await alerts.lock_alert(tx, alert.alert_id)
        await offer_taking(tx, actor, locked, cast.DUTY_OFFICER.person_id)
    await site.stage.settles()
    link, phone = link_of(site, cast.DUTY_OFFICER), site.visitor()

    shown = await phone.opens(link)
    taken = await phone.posts(link, {"act": "take", "plan_version": str(locked.plan_version)})

    assert ('value="take"' in shown.text, "沈法官已接手" in shown.text) == (True, True)
    assert "您已接手" in taken.text
    assert await taker_of(site, alert) == cast.DUTY_OFFICER.person_id


async def test_a_link_ends_with_its_alert_and_the_order_to_stop_brings_one_for_a_day(site: Site) -> None:
    alert = await site.sees_a()
    page, phone = link_of(site, cast.JUDGE), site.visitor()
    await site.stage.withdraws(site.listed, cast.JUDGE)
    await site.stage.settles()
    order = link_of(site, cast.JUDGE)
    tapped = {"act": "answer", "plan_version": str(alert.plan_version)}

    assert (await phone.opens(page)).status == 404
    assert "停止行动" in (await phone.opens(order)).text
    assert "已收到您的确认" in (await phone.posts(order, tapped)).text

    late = link_of(site, cast.DUTY_OFFICER)
    site.stage.clock.move_to(site.stage.clock.now() + timedelta(hours=24))
    assert (await phone.opens(late)).status == 404
