"""A button in WeCom does what the console does, when it is WeCom who says that it was pressed."""

import re
from typing import Any

import sqlalchemy as sa

from notifications.channels.port import ChannelKind
from scripts import cast
from tests.contract.channels.wecom_server import (
    FORMER_TOKEN,
    TOKEN,
    in_envelope,
    opened,
    pressed,
    sealed,
    signed,
)
from tests.contract.web.site import Site
from tracker.domain.devices import DeviceProvider
from tracker.storage import alert_acts
from tracker.storage.contacts import Contact, ContactId, list_contacts, put_contact
from tracker.storage.tables.plumbing import audit_event

CALLBACK = "/providers/wecom/callback"
JUDGE, OFFICER = "shen.qinghe", "gao.ming"
REPLACED = re.compile(r"<ReplaceName><!\[CDATA\[(.*?)\]\]>")


async def calls_back(site: Site, xml: str, token: str = TOKEN) -> tuple[int, str]:
    """WeCom's own call; gives the status and what stands on the button afterwards."""
    text, at_s = sealed(xml), int(site.stage.clock.now().timestamp())
    query = signed(text, at_s, token)
    request: Any = site.visitor().session.post(site.url + CALLBACK, params=query, data=in_envelope(text))
    async with request as answer:
        said = await answer.text()
    return answer.status, REPLACED.findall(opened(said, token))[0] if said else ""


async def has_account(site: Site, member: cast.Member, user: str) -> None:
    account = Contact(
        contact_id=ContactId(f"account-of-{member.login}"),
        person_id=member.person_id,
        channel=ChannelKind.PUSH,
        provider=DeviceProvider.WECOM,
        label="企业微信",
        address=user,
        created_at=site.stage.clock.now(),
    )
    async with site.stage.registry.transaction() as tx:
        await put_contact(tx, account)


async def test_a_button_takes_the_alert_for_whom_the_message_was(site: Site) -> None:
    await has_account(site, cast.JUDGE, JUDGE)
    await has_account(site, cast.DUTY_OFFICER, OFFICER)
    alert = await site.sees_a()
    attempts = {one.message.to: one.message.attempt_id for one in site.stage.recorder.messages}
    judges, officers = attempts[cast.JUDGE.person_id], attempts[cast.DUTY_OFFICER.person_id]

    forged = await calls_back(site, pressed(JUDGE, judges, "take"), token="guessed")
    of_another = await calls_back(site, pressed(JUDGE, officers, "take"))
    async with site.stage.registry.reading() as tx:
        not_yet = await alert_acts.find_standing_taking(tx, alert.alert_id)
    pressed_it = await calls_back(site, pressed(JUDGE, judges, "take"))
    again = await calls_back(site, pressed(JUDGE, judges, "take"))

    too_late = await calls_back(site, pressed(OFFICER, officers, "take"))
    declined = await calls_back(site, pressed(JUDGE, judges, "decline"))

    assert forged == (403, "")
    assert of_another == (200, "未生效，请登录")
    assert (pressed_it, again) == ((200, "您已接手"), (200, "您已接手"))
    assert too_late == (200, "他人已接手")
    assert declined == (200, "已转告他人")
    assert not_yet is None
    async with site.stage.registry.reading() as tx:
        told = sa.select(audit_event.c.detail).where(audit_event.c.action == "alert taken")
        ways = [row.detail["way"] for row in await tx.rows(told)]
    assert ways == ["wecom"]


async def test_while_the_token_is_changed_a_button_signed_with_the_former_one_is_believed(site: Site) -> None:
    await has_account(site, cast.JUDGE, JUDGE)
    await site.sees_a()
    page = site.stage.recorder.sent_to(cast.JUDGE.person_id)[-1].message.attempt_id

    assert await calls_back(site, pressed(JUDGE, page, "take"), FORMER_TOKEN) == (200, "您已接手")


async def test_the_button_of_a_page_does_not_confirm_an_order_that_came_after_it(site: Site) -> None:
    await has_account(site, cast.JUDGE, JUDGE)
    await site.sees_a()
    page = site.stage.recorder.sent_to(cast.JUDGE.person_id)[-1].message.attempt_id
    await site.stage.withdraws(site.listed, cast.JUDGE)
    await site.stage.settles()
    order = site.stage.recorder.sent_to(cast.JUDGE.person_id)[-1].message.attempt_id

    of_the_page = await calls_back(site, pressed(JUDGE, page, "take"))
    of_the_order = await calls_back(site, pressed(JUDGE, order, "take"))

    assert of_the_page == (200, "未生效，请登录")
    assert of_the_order == (200, "已收到")


async def test_once_the_address_is_set_up_an_account_is_proven_by_the_button_of_its_test(site: Site) -> None:
    text = sealed("1616140317555161061")
    query = signed(text, int(site.stage.clock.now().timestamp()))
    session = site.visitor().session
    async with session.get(site.url + CALLBACK, params=query | {"echostr": text}) as said:
        assert (said.status, await said.text()) == (200, "1616140317555161061")
    async with session.get(site.url + CALLBACK, params=query | {"echostr": "other"}) as refused:
        assert refused.status == 403
    judge = await site.signed_in(cast.JUDGE)
    await judge.opens("/devices")
    await judge.sends("/devices", {"provider": "wecom", "label": "企业微信", "account": JUDGE})
    test = site.stage.recorder.messages[-1].message

    answered = await calls_back(site, pressed(JUDGE, test.attempt_id, f"seen-{test.seen_token}"))

    assert answered == (200, "已看到")
    async with site.stage.registry.reading() as tx:
        (account,) = await list_contacts(tx, [cast.JUDGE.person_id])
    assert account.seen_at == site.stage.clock.now()
