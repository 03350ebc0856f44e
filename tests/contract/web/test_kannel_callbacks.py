"""What Kannel calls back is believed only at addresses that the court gave out, and with its token."""

from dataclasses import replace

import aiohttp
from yarl import URL

from notifications.channels.kannel import report_url
from notifications.channels.port import ChannelKind
from notifications.delivery import AttemptState
from notifications.texts import TextId
from scripts import cast
from tests.contract.web.site import KANNEL, Site
from tests.contract.web.test_providers import code_of_judge
from tracker.domain.ids import AlertId
from tracker.storage import alert_acts, attempts, notices
from tracker.storage.attempts import NEVER_ARRIVED, Attempt, moved

INBOUND = "/providers/kannel/inbound?id=7f"


def reported(attempt_id: str, kind: str) -> str:
    """The path and query that Kannel asks for."""
    return str(URL(report_url(KANNEL, attempt_id).replace("%d", kind)).relative())


async def texts_of_judge(site: Site, alert_id: AlertId) -> list[TextId]:
    async with site.stage.registry.reading() as tx:
        sent = await notices.list_notices(tx, alert_id)
    mine = [one for one in sent if one.person_id == cast.JUDGE.person_id]
    return [one.text_id for one in mine if one.channel is ChannelKind.SMS]


async def first_attempt(site: Site, alert_id: AlertId) -> Attempt:
    """The first SMS to the judge."""
    async with site.stage.registry.reading() as tx:
        sent = await notices.list_notices(tx, alert_id)
        mine = [one for one in sent if one.person_id == cast.JUDGE.person_id]
        sms = [one.notice_id for one in mine if one.channel is ChannelKind.SMS]
        return (await attempts.list_attempts(tx, sms))[0]


async def test_a_reply_takes_the_alert_when_kannel_brings_it(public_site: Site) -> None:
    alert = await public_site.sees_a()
    code = await code_of_judge(public_site, alert.alert_id)
    headers = {"Content-Type": 'text/plain; charset="UTF-16BE"', "X-Kannel-From": cast.JUDGE.phone}
    body = code.encode("utf-16-be")

    forged = await public_site.visitor().brings(INBOUND, body, headers)
    async with public_site.stage.registry.reading() as tx:
        assert await alert_acts.find_standing_taking(tx, alert.alert_id) is None
    login = {"Authorization": aiohttp.encode_basic_auth("kannel", KANNEL.token)}
    true = await public_site.visitor().brings(INBOUND, body, headers | login)

    assert forged.status == 403
    assert (true.status, true.text) == (200, "")
    async with public_site.stage.registry.reading() as tx:
        taking = await alert_acts.find_standing_taking(tx, alert.alert_id)
    assert taking is not None
    assert taking.person_id == cast.JUDGE.person_id


async def test_a_report_is_taken_at_its_own_address_only(quiet_site: Site) -> None:
    visitor = quiet_site.visitor()

    assert (await visitor.opens(reported("attempt-1", "1"))).status == 200
    assert (await visitor.opens(reported("attempt-1", "1").replace("attempt-1", "attempt-2"))).status == 403
    assert (await visitor.opens(reported("attempt-1", "3"))).status == 400


async def test_a_page_that_was_given_up_and_arrives_after_the_order_to_stop_is_followed_by_it(
    public_site: Site,
) -> None:
    alert = await public_site.sees_a()
    attempt = replace(await first_attempt(public_site, alert.alert_id), state=AttemptState.UNKNOWN)
    async with public_site.stage.registry.transaction() as tx:
        await attempts.record_attempt(tx, moved(attempt, AttemptState.FAILED, tx.at, NEVER_ARRIVED))
    await public_site.stage.withdraws(public_site.listed, cast.JUDGE)
    assert await texts_of_judge(public_site, alert.alert_id) == [TextId.PLANNED_JUDGE, TextId.STAND_DOWN]

    await public_site.visitor().opens(reported(attempt.attempt_id, "8"))
    await public_site.visitor().opens(reported(attempt.attempt_id, "1"))
    await public_site.visitor().opens(reported(attempt.attempt_id, "1"))
    await public_site.stage.settles()

    assert await texts_of_judge(public_site, alert.alert_id) == [
        TextId.PLANNED_JUDGE,
        TextId.STAND_DOWN,
        TextId.STAND_DOWN,
    ]
