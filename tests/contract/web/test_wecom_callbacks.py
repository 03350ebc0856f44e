"""A button in WeCom does what the console does, when it is WeCom who says that it was pressed."""

from typing import Any

import sqlalchemy as sa

from notifications.channels.port import ChannelKind
from scripts import cast
from tests.contract.channels.wecom_server import in_envelope, pressed, sealed, signed
from tests.contract.web.site import Site
from tracker.domain.devices import DeviceProvider
from tracker.storage import alert_acts
from tracker.storage.contacts import Contact, ContactId, list_contacts, put_contact
from tracker.storage.tables.plumbing import audit_event

CALLBACK = "/providers/wecom/callback"
JUDGE = "shen.qinghe"


async def calls_back(site: Site, xml: str, token: str | None = None) -> int:
    text, at_s = sealed(xml), int(site.stage.clock.now().timestamp())
    query = signed(text, at_s, **({"token": token} if token else {}))
    request: Any = site.visitor().session.post(site.url + CALLBACK, params=query, data=in_envelope(text))
    async with request as answer:
        return int(answer.status)


async def has_account(site: Site) -> None:
    account = Contact(
        contact_id=ContactId("account-of-shen"),
        person_id=cast.JUDGE.person_id,
        channel=ChannelKind.PUSH,
        provider=DeviceProvider.WECOM,
        label="企业微信",
        address=JUDGE,
        created_at=site.stage.clock.now(),
    )
    async with site.stage.registry.transaction() as tx:
        await put_contact(tx, account)


async def test_a_button_takes_the_alert_for_whom_the_message_was(site: Site) -> None:
    await has_account(site)
    alert = await site.sees_a()
    attempts = {one.message.to: one.message.attempt_id for one in site.stage.recorder.messages}
    judges, officers = attempts[cast.JUDGE.person_id], attempts[cast.DUTY_OFFICER.person_id]

    forged = await calls_back(site, pressed(JUDGE, judges, "take"), token="guessed")
    of_another = await calls_back(site, pressed(JUDGE, officers, "take"))
    async with site.stage.registry.reading() as tx:
        not_yet = await alert_acts.find_standing_taking(tx, alert.alert_id)
    pressed_it = await calls_back(site, pressed(JUDGE, judges, "take"))
    again = await calls_back(site, pressed(JUDGE, judges, "take"))

    assert [forged, of_another, pressed_it, again] == [403, 200, 200, 200]
    assert not_yet is None
    async with site.stage.registry.reading() as tx:
        taking = await alert_acts.find_standing_taking(tx, alert.alert_id)
        told = sa.select(audit_event.c.detail).where(audit_event.c.action == "alert taken")
        ways = [row.detail["way"] for row in await tx.rows(told)]
    assert taking is not None
    assert taking.person_id == cast.JUDGE.person_id
    assert ways == ["wecom"]


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

    assert answered == 200
    async with site.stage.registry.reading() as tx:
        (account,) = await list_contacts(tx, [cast.JUDGE.person_id])
    assert account.seen_at == site.stage.clock.now()
