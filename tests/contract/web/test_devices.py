"""My devices: what is kept there, and that a device counts only once its person has seen a test on it."""

import json

from notifications.channels.port import ChannelKind, Outgoing
from scripts import cast
from tests.contract.web.site import Site
from tests.contract.web.visitor import Visitor
from tracker.domain.people import HeldRole, Role
from tracker.storage import people
from tracker.storage.contacts import Contact, list_contacts, record_dead

SUBSCRIPTION = {
    "endpoint": "https://8.8.8.8/push/device-1",
    "keys": {
        "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "auth": "BTBZMqHH6r4Tts7J_aSIgg",
    },
}
PHONE = {"provider": "web-push", "label": "我的手机", "subscription": json.dumps(SUBSCRIPTION)}
ACCOUNT = {"provider": "wecom", "label": "企业微信", "account": "gao.ming"}


async def devices_of(site: Site, member: cast.Member) -> tuple[Contact, ...]:
    async with site.stage.registry.reading() as tx:
        return await list_contacts(tx, [member.person_id])


def sent(site: Site) -> list[Outgoing]:
    return [one.message for one in site.stage.new_messages(ChannelKind.PUSH)]


async def at_devices(site: Site, member: cast.Member) -> Visitor:
    visitor = await site.signed_in(member)
    await visitor.opens("/devices")
    return visitor


async def test_a_device_counts_from_the_tap_on_its_test_until_it_dies(site: Site) -> None:
    judge = await at_devices(site, cast.JUDGE)

    added = await judge.sends("/devices", PHONE)
    untested = await judge.opens("/devices")
    (test,) = sent(site)
    token = {"token": str(test.seen_token)}
    from_elsewhere = await judge.posts("/devices/seen", token, headers={})
    seen = await site.visitor().posts("/devices/seen", token)
    again = await site.visitor().posts("/devices/seen", token)
    tested = await judge.opens("/devices")

    assert (added.status, added.leads_to) == (303, "/devices")
    assert "未经测试，不计入" in untested.text
    assert "已发出，等待点击" in untested.text
    assert json.loads(test.to) == [json.dumps(SUBSCRIPTION, sort_keys=True)]
    assert (test.title, test.actions, test.alert_id) == ("测试通知", ("看到了",), None)
    assert [one.status for one in (from_elsewhere, seen, again)] == [403, 204, 404]
    assert "可用" in tested.text
    assert "已看到" in tested.text
    (device,) = await devices_of(site, cast.JUDGE)
    assert device.seen_at == site.stage.clock.now()
    async with site.stage.registry.transaction() as tx:
        await record_dead(tx, device.contact_id, "http-410")
    dead = await judge.opens("/devices")
    await judge.sends(f"/devices/{device.contact_id}/remove")
    gone = await judge.opens("/devices")
    assert "设备已退订" in dead.text
    assert "尚未登记设备" in gone.text


async def test_an_address_that_leads_inside_is_not_kept(quiet_site: Site) -> None:
    judge = await at_devices(quiet_site, cast.JUDGE)
    endpoint = "https://[::ffff:10.0.0.1]/push"
    inside = json.dumps(SUBSCRIPTION | {"endpoint": endpoint})

    seen = await judge.sends("/devices", PHONE | {"subscription": inside})

    assert seen.status == 422
    assert "推送地址不得通向内部网络" in seen.text
    assert endpoint not in seen.text
    assert await devices_of(quiet_site, cast.JUDGE) == ()


async def test_nobody_but_an_administrator_touches_anothers_device(site: Site) -> None:
    judge = await at_devices(site, cast.JUDGE)
    await judge.sends("/devices", PHONE)
    (device,) = await devices_of(site, cast.JUDGE)
    officer = await at_devices(site, cast.DUTY_OFFICER)
    async with site.stage.registry.transaction() as tx:
        await people.grant_role(tx, cast.AUDITOR.person_id, HeldRole(role=Role.ADMINISTRATOR, team_id=None))
    administrator = await at_devices(site, cast.AUDITOR)

    tested = await officer.sends(f"/devices/{device.contact_id}/test")
    removed = await officer.sends(f"/devices/{device.contact_id}/remove")
    looked_at = await officer.opens(f"/devices/of/{cast.JUDGE.person_id}")
    added = await officer.sends("/devices", ACCOUNT | {"owner": cast.JUDGE.person_id})
    listed = await administrator.opens("/devices")
    set_for_him = await administrator.sends("/devices", ACCOUNT | {"owner": cast.DUTY_OFFICER.person_id})
    taken_away = await administrator.sends("/devices", ACCOUNT)

    assert [one.status for one in (tested, removed, looked_at, added)] == [403, 403, 403, 403]
    assert await devices_of(site, cast.JUDGE) == (device,)
    assert f'href="/devices/of/{cast.DUTY_OFFICER.person_id}"' in listed.text
    assert set_for_him.leads_to == f"/devices/of/{cast.DUTY_OFFICER.person_id}"
    assert json.loads(sent(site)[-1].to) == ["gao.ming"]
    assert taken_away.status == 409
    assert [one.address for one in await devices_of(site, cast.DUTY_OFFICER)] == ["gao.ming"]


async def test_a_message_that_a_device_has_shown_is_delivered(quiet_site: Site) -> None:
    web_push = quiet_site.push.web_push
    assert web_push is not None
    visitor = quiet_site.visitor()

    shown = await visitor.posts("/devices/shown", {"receipt": web_push.receipt_of("attempt-1")})
    forged = await visitor.posts("/devices/shown", {"receipt": "attempt-1." + "0" * 32})

    assert (shown.status, forged.status) == (204, 403)
