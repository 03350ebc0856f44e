"""What Twilio calls back is believed only when it is signed over the court's public address."""

from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from scripts import cast
from tests.contract.web.site import PUBLIC_URL, TWILIO, Site
from tracker.domain.ids import AlertId
from tracker.storage import alert_acts, attempts, notices
from tracker.storage.replies import Answerer, is_reply_known, list_codes

STATUS = "/providers/twilio/status"
INBOUND = "/providers/twilio/inbound"


def signed(path: str, form: dict[str, str]) -> dict[str, str]:
    validator = RequestValidator(TWILIO.auth_token)
    return {"X-Twilio-Signature": validator.compute_signature(f"{PUBLIC_URL}{path}", form)}


async def code_of_judge(site: Site, alert_id: AlertId) -> str:
    async with site.stage.registry.reading() as tx:
        return (await list_codes(tx, [alert_id]))[Answerer(alert_id, cast.JUDGE.person_id)]


async def test_a_reply_takes_the_alert(public_site: Site) -> None:
    alert = await public_site.sees_a()
    form = {
        "From": cast.JUDGE.phone,
        "Body": await code_of_judge(public_site, alert.alert_id),
        "MessageSid": "SM1",
    }

    seen = await public_site.visitor().posts(INBOUND, form, signed(INBOUND, form))

    assert (seen.status, seen.headers["Content-Type"]) == (200, "text/xml; charset=utf-8")
    assert seen.text == '<?xml version="1.0" encoding="UTF-8"?><Response/>'
    async with public_site.stage.registry.reading() as tx:
        taking = await alert_acts.find_standing_taking(tx, alert.alert_id)
    assert taking is not None
    assert taking.person_id == cast.JUDGE.person_id


async def test_a_reply_that_is_not_signed_takes_nothing(public_site: Site) -> None:
    alert = await public_site.sees_a()
    form = {
        "From": cast.JUDGE.phone,
        "Body": await code_of_judge(public_site, alert.alert_id),
        "MessageSid": "SM1",
    }

    seen = await public_site.visitor().posts(INBOUND, form, {"X-Twilio-Signature": "AAAA"})

    assert seen.status == 403
    async with public_site.stage.registry.reading() as tx:
        assert await alert_acts.find_standing_taking(tx, alert.alert_id) is None


async def test_a_reply_that_comes_after_the_end_is_kept_and_harmless(public_site: Site) -> None:
    alert = await public_site.sees_a()
    code = await code_of_judge(public_site, alert.alert_id)
    await public_site.stage.withdraws(public_site.listed, cast.JUDGE)
    form = {"From": cast.JUDGE.phone, "Body": f"{code} 不便", "MessageSid": "SM2"}

    seen = await public_site.visitor().posts(INBOUND, form, signed(INBOUND, form))

    assert seen.status == 200
    async with public_site.stage.registry.reading() as tx:
        assert await is_reply_known(tx, "SM2")


async def test_a_report_finds_its_attempt(public_site: Site) -> None:
    alert = await public_site.sees_a()
    async with public_site.stage.registry.reading() as tx:
        sent = await notices.list_notices(tx, alert.alert_id)
        attempt = (await attempts.list_attempts(tx, [one.notice_id for one in sent]))[0]
    path = f"{STATUS}?attempt={attempt.attempt_id}"
    form = {"MessageSid": "SM7", "MessageStatus": "delivered"}

    seen = await public_site.visitor().posts(path, form, signed(path, form))

    assert seen.status == 204


async def test_a_report_about_nothing_we_sent_is_taken_and_forgotten(public_site: Site) -> None:
    path = f"{STATUS}?attempt=unknown"
    form = {"MessageSid": "SM7", "MessageStatus": "delivered"}

    seen = await public_site.visitor().posts(path, form, signed(path, form))

    assert seen.status == 204


async def test_a_report_with_another_address_is_refused(public_site: Site) -> None:
    form = {"MessageSid": "SM7", "MessageStatus": "delivered"}

    seen = await public_site.visitor().posts(f"{STATUS}?attempt=b", form, signed(f"{STATUS}?attempt=a", form))

    assert seen.status == 403


async def test_a_signed_callback_without_its_fields_is_told(public_site: Site) -> None:
    seen = await public_site.visitor().posts(STATUS, {"Other": "x"}, signed(STATUS, {"Other": "x"}))

    assert seen.status == 400
    assert "MessageStatus" in seen.text
