"""A key in a call does what the voice has offered, for the person who was called, and nothing more."""

from collections.abc import Sequence

from notifications.channels.port import ChannelKind
from notifications.keys import KeyMeaning
from notifications.texts import TextId
from scripts import cast
from scripts.cast import Member
from tests.contract.web.site import Site
from tests.contract.web.test_providers import signed
from tests.contract.web.visitor import Seen
from tracker.domain.alerts import Alert, Taking
from tracker.domain.ids import AlertId, PersonId
from tracker.services.alerts.stand_down_board import find_board
from tracker.services.answers.call_keys import PressedKey, press_key
from tracker.services.notices.telling import Telling, tell
from tracker.storage import alert_acts, alerts, attempts, notices

KEY = "/providers/twilio/key"
STATUS = "/providers/twilio/call-status"


async def called(site: Site, alert: Alert, member: Member, text_id: TextId = TextId.LADDER) -> str:
    """Somebody is called about an alert; the id of the attempt."""
    telling = Telling(text_id=text_id, to=(member.person_id,), channels=(ChannelKind.VOICE,))
    async with site.stage.registry.transaction() as tx:
        await tell(tx, await alerts.lock_alert(tx, alert.alert_id), telling)
    await site.stage.settles()
    return await last_call(site, alert.alert_id, member)


async def last_call(site: Site, alert_id: AlertId, member: Member) -> str:
    async with site.stage.registry.reading() as tx:
        sent = await notices.list_notices(tx, alert_id)
        mine = [one for one in sent if (one.person_id, one.channel) == (member.person_id, ChannelKind.VOICE)]
        return (await attempts.list_attempts(tx, [mine[-1].notice_id]))[0].attempt_id


async def pressed(site: Site, attempt_id: str, key: str) -> KeyMeaning:
    async with site.stage.registry.transaction() as tx:
        heard = await press_key(tx, PressedKey(attempt_id=attempt_id, provider_id=None, key=key))
    await site.stage.settles()
    return heard.meaning


async def posted(site: Site, path: str, form: dict[str, str]) -> Seen:
    return await site.visitor().posts(path, form, signed(path, form))


async def taking_of(site: Site, alert: Alert) -> Taking | None:
    async with site.stage.registry.reading() as tx:
        return await alert_acts.find_standing_taking(tx, alert.alert_id)


async def silent_people(site: Site, alert: Alert) -> Sequence[PersonId]:
    """Who has not answered the order to stop."""
    async with site.stage.registry.reading() as tx:
        board = await find_board(tx, await alerts.get_alert(tx, alert.alert_id))
    assert board is not None
    return board.silent_people


async def test_one_takes_the_alert_and_who_presses_it_later_hears_so(public_site: Site) -> None:
    alert = await public_site.sees_a()
    first = await called(public_site, alert, cast.JUDGE)
    second = await called(public_site, alert, cast.DUTY_OFFICER)

    seen = await posted(public_site, f"{KEY}?attempt={first}", {"CallSid": "CA1", "Digits": "1"})

    assert (seen.status, seen.headers["Content-Type"]) == (200, "text/xml; charset=utf-8")
    assert '<Say language="zh-CN">已由您接手，详情请看页面。</Say><Hangup/>' in seen.text
    assert await pressed(public_site, first, "1") is KeyMeaning.TOOK
    assert await pressed(public_site, second, "1") is KeyMeaning.TAKEN_BY_OTHER
    taking = await taking_of(public_site, alert)
    assert taking is not None
    assert taking.person_id == cast.JUDGE.person_id


async def test_other_keys_take_nothing(public_site: Site) -> None:
    alert = await public_site.sees_a()
    attempt_id = await called(public_site, alert, cast.JUDGE)
    again, wrong = {"CallSid": "CA1", "Digits": "2"}, {"CallSid": "CA1", "Digits": "9"}
    path = f"{KEY}?attempt={attempt_id}"

    assert "佟某" in (await posted(public_site, path, again)).text
    assert "按键无效" in (await posted(public_site, path, wrong)).text
    assert "此事已结束" in (await posted(public_site, f"{KEY}?attempt=unknown", again)).text
    assert (await posted(public_site, KEY, {"CallSid": "CA1"})).status == 400
    forged = await public_site.visitor().posts(path, again, signed(KEY, again))
    assert forged.status == 403
    assert await pressed(public_site, attempt_id, "3") is KeyMeaning.DECLINED
    assert await taking_of(public_site, alert) is None


async def test_a_report_of_a_call_finds_its_attempt(quiet_site: Site) -> None:
    form = {"CallSid": "CA1", "CallStatus": "no-answer"}

    assert (await posted(quiet_site, f"{STATUS}?attempt=unknown", form)).status == 204
    assert (await posted(quiet_site, STATUS, {"CallSid": "CA1"})).status == 400


async def test_an_sms_is_no_call(public_site: Site) -> None:
    alert = await public_site.sees_a()
    async with public_site.stage.registry.reading() as tx:
        sent = await notices.list_notices(tx, alert.alert_id)
        attempt = (await attempts.list_attempts(tx, [sent[0].notice_id]))[0]

    assert await pressed(public_site, attempt.attempt_id, "1") is KeyMeaning.OVER


async def test_a_key_confirms_no_order_that_the_voice_did_not_say(public_site: Site) -> None:
    alert = await public_site.sees_a()
    page = await called(public_site, alert, cast.JUDGE)
    await public_site.stage.takes(cast.JUDGE, alert)
    await public_site.stage.suspends(public_site.listed, cast.CLERK)
    assert await pressed(public_site, page, "1") is KeyMeaning.OVERTAKEN
    pause = await called(public_site, alert, cast.JUDGE, TextId.PAUSED)
    assert await pressed(public_site, pause, "1") is KeyMeaning.CONFIRMED

    await public_site.stage.withdraws(public_site.listed, cast.JUDGE)
    assert await pressed(public_site, page, "1") is KeyMeaning.OVER
    assert await pressed(public_site, pause, "1") is KeyMeaning.OVERTAKEN
    assert await silent_people(public_site, alert) == (cast.JUDGE.person_id,)

    await public_site.stage.waits(minutes=2)
    order = await last_call(public_site, alert.alert_id, cast.JUDGE)
    assert await pressed(public_site, order, "1") is KeyMeaning.CONFIRMED
    assert await silent_people(public_site, alert) == ()
