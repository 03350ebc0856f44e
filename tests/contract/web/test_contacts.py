"""What people see and do about the ways to reach them."""

import re
from typing import Any

from notifications.channels.port import ChannelKind
from scripts import cast
from tests.contract.web.site import Site
from tracker.domain.people import HeldRole, Role
from tracker.storage import muted_channels, people
from tracker.storage.contacts import Contact, ContactId, put_contact, record_seen

JUDGE = cast.JUDGE


async def has_a_device(site: Site) -> None:
    async with site.stage.registry.transaction() as tx:
        contact_id = ContactId(tx.entropy.new_id())
        device = Contact(
            contact_id=contact_id,
            person_id=JUDGE.person_id,
            channel=ChannelKind.PUSH,
            provider="recorder",
            label="办案手机",
            address="device-1",
            created_at=tx.at,
        )
        await put_contact(tx, device)
        await record_seen(tx, contact_id)


async def test_a_judge_proves_the_phone_tries_the_channels_and_keeps_two_ways(
    site: Site, logged: list[dict[str, Any]]
) -> None:
    await has_a_device(site)
    judge, desk = await site.signed_in(JUDGE), await site.signed_in(cast.DESK)
    assert "可靠渠道不足" in (await judge.opens("/contacts")).text
    assert "11 人的预警可能送不到" in (await desk.opens("/people")).text

    await judge.sends("/contacts", {"act": "code"})
    await site.stage.settles()
    code = re.search(r"验证码(\d{6})", site.stage.recorder.sent_to(JUDGE.phone)[-1].message.text)
    assert code is not None
    assert (await judge.sends("/contacts", {"act": "verify", "code": "x"})).status == 422
    assert "手机号已验证" in (await judge.sends("/contacts", {"act": "verify", "code": f" {code[1]} "})).text

    await judge.sends("/contacts", {"act": "test", "channel": "voice"})
    assert "排队中" in (await judge.opens("/contacts")).text
    await site.stage.settles()
    shown = (await judge.opens("/contacts")).text
    assert ("已送达" in shown, "可靠渠道不足" in shown) == (True, False)
    assert "10 人的预警可能送不到" in (await desk.opens("/people")).text

    refused = await judge.sends("/contacts", {"act": "choose", "language": "en", "channels": ["push"]})
    assert (refused.status, "未作更改" in refused.text) == (422, True)
    kept = await judge.sends("/contacts", {"act": "choose", "language": "en", "channels": ["sms", "push"]})
    assert kept.status == 303
    async with site.stage.registry.reading() as tx:
        assert (await people.get_person(tx, JUDGE.person_id)).language == "en"
    assert logged
    assert re.search(rf"\b{code[1]}\b", str(logged)) is None


async def test_an_administrator_changes_a_number_and_nobody_else_does(site: Site) -> None:
    async with site.stage.registry.transaction() as tx:
        administrator = HeldRole(role=Role.ADMINISTRATOR, team_id=None)
        await people.grant_role(tx, cast.PRESIDENT.person_id, administrator)
    admin, desk = await site.signed_in(cast.PRESIDENT), await site.signed_in(cast.DESK)
    of_judge = {"person": JUDGE.person_id}

    wrong = await admin.sends("/people", of_judge | {"phone": "100 0000 0088 转 12"})
    assert (wrong.status, "请只填一个号码" in wrong.text) == (422, True)
    assert (await admin.sends("/people", of_judge | {"phone": "＋８６ 100-0000-0088"})).status == 303

    assert "+8610000000088" in (await admin.opens("/people")).text
    for_desk = (await desk.opens("/people")).text
    assert ("…0088" in for_desk, "+8610000000088" in for_desk) == (True, False)
    assert (await desk.sends("/people", of_judge | {"phone": "+86 100 0000 0077"})).status == 403
    assert (await (await site.signed_in(cast.BAILIFF_ONE)).opens("/people")).status == 403


async def test_what_is_switched_off_stays_silent_but_for_an_order_to_stop(site: Site) -> None:
    async with site.stage.registry.transaction() as tx:
        await muted_channels.put_muted(tx, JUDGE.person_id, [ChannelKind.SMS])

    await site.sees_a()
    paged = [one.message.text for one in site.stage.recorder.sent_to(JUDGE.phone)]
    await site.stage.withdraws(site.listed, JUDGE)
    await site.stage.waits(seconds=3)

    assert paged == []
    assert "停止行动" in site.stage.recorder.sent_to(JUDGE.phone)[-1].message.text
