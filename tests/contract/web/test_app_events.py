"""What the court's own app reports: only what is signed is believed, and only of a person's own messages."""

import json
from typing import Any

from notifications.channels.port import ChannelKind
from scripts import cast
from tests.contract.web.site import APP_KEY, Site
from tracker.commands.push import signer
from tracker.domain.devices import DeviceProvider
from tracker.domain.ids import PersonId
from tracker.storage import alert_acts
from tracker.storage.contacts import Contact, ContactId, list_contacts, put_contact

EVENTS = "/providers/app/events"


async def reports(site: Site, **event: Any) -> tuple[int, Any]:
    """A post as the app signs it."""
    body = json.dumps(event).encode()
    headers = signer(APP_KEY, site.stage.clock.now)("event-1", body)
    request: Any = site.visitor().session.post(site.url + EVENTS, data=body, headers=headers)
    async with request as answer:
        return answer.status, json.loads(await answer.text())


async def has_account(site: Site, member: cast.Member) -> None:
    async with site.stage.registry.transaction() as tx:
        await put_contact(tx, account_of(member.person_id, member.login, site))


def account_of(person_id: PersonId, login: str, site: Site) -> Contact:
    return Contact(
        contact_id=ContactId(f"account-of-{login}"),
        person_id=person_id,
        channel=ChannelKind.PUSH,
        provider=DeviceProvider.APP,
        label="法院应用",
        address=login,
        created_at=site.stage.clock.now(),
    )


async def test_a_button_in_the_app_takes_the_alert(site: Site) -> None:
    await has_account(site, cast.JUDGE)
    await has_account(site, cast.DUTY_OFFICER)
    alert = await site.sees_a()
    attempts = {one.message.to: one.message.attempt_id for one in site.stage.recorder.messages}
    judges, officers = attempts[cast.JUDGE.person_id], attempts[cast.DUTY_OFFICER.person_id]

    by_another = await reports(site, event="take", attempt_id=judges, account="gao")
    by_nobody = await reports(site, event="take", attempt_id=judges, account="nobody")
    took = await reports(site, event="take", attempt_id=judges, account="shen")
    too_late = await reports(site, event="take", attempt_id=officers, account="gao")
    delivered = await reports(site, event="delivered", attempt_id=judges)
    unknown = await reports(site, event="delivered", attempt_id="attempt-0")
    half = await reports(site, event="take", attempt_id=judges)
    unsigned = await site.visitor().posts(EVENTS, {"event": "take"})

    assert (half[0], unsigned.status) == (400, 401)
    assert (by_another, by_nobody) == (
        (200, {"result": "unknown-sender"}),
        (200, {"result": "unknown-sender"}),
    )
    assert took == (200, {"result": "took"})
    assert too_late == (200, {"result": "taken-by-other"})
    assert (delivered, unknown) == ((200, {"result": "unchanged"}), (200, {"result": "unknown-attempt"}))
    async with site.stage.registry.reading() as tx:
        taking = await alert_acts.find_standing_taking(tx, alert.alert_id)
    assert taking is not None
    assert taking.person_id == cast.JUDGE.person_id


async def test_an_account_is_proven_by_the_test_that_its_person_taps(site: Site) -> None:
    judge = await site.signed_in(cast.JUDGE)
    await judge.opens("/devices")
    await judge.sends("/devices", {"provider": "app-webhook", "label": "法院应用", "account": "shen"})
    test = site.stage.recorder.messages[-1].message

    seen = await reports(site, event="seen", token=test.seen_token)
    again = await reports(site, event="seen", token=test.seen_token)

    assert (seen, again) == ((200, {"result": "seen"}), (200, {"result": "unchanged"}))
    async with site.stage.registry.reading() as tx:
        (account,) = await list_contacts(tx, [cast.JUDGE.person_id])
    assert account.seen_at == site.stage.clock.now()
