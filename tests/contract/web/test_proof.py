"""What became of an alert can be proved: on a page, and by a file that the court's own chain bears out."""

import json
from typing import Any

from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from scripts import cast
from tests.contract.web.site import PUBLIC_URL, TWILIO, Site
from tests.contract.web.visitor import Visitor
from tracker.domain.alerts import Outcome
from tracker.domain.ids import AlertId
from tracker.services.proof.file import FileHolds, FileRefused, check_file
from tracker.storage import attempts, notices
from tracker.storage.replies import Answerer, list_codes

STATUS = "/providers/twilio/status"


async def reports_delivered(site: Site, alert_id: AlertId) -> str:
    """Twilio says that the first message has arrived, and says so twice; our id of it."""
    async with site.stage.registry.reading() as tx:
        sent = await notices.list_notices(tx, alert_id)
        first = (await attempts.list_attempts(tx, [sent[0].notice_id]))[0]
    path = f"{STATUS}?attempt={first.attempt_id}"
    form = {"MessageSid": str(first.provider_id), "MessageStatus": "delivered", "To": cast.JUDGE.phone}
    signature = RequestValidator(TWILIO.auth_token).compute_signature(f"{PUBLIC_URL}{path}", form)
    for _ in range(2):
        answer = await site.visitor().posts(path, form, {"X-Twilio-Signature": signature})
        assert answer.status == 204
    return first.attempt_id


async def code_of_judge(site: Site, alert_id: AlertId) -> str:
    async with site.stage.registry.reading() as tx:
        return (await list_codes(tx, [alert_id]))[Answerer(alert_id, cast.JUDGE.person_id)]


async def exported(visitor: Visitor, alert_id: AlertId) -> tuple[dict[str, Any], bytes]:
    given = await visitor.sends(f"/alerts/{alert_id}/proof", {})
    assert given.status == 200
    return json.loads(given.text), given.text.encode()


async def test_a_proof_holds_every_step_and_is_borne_out_by_the_chain(site: Site) -> None:
    alert = await site.sees_a()
    attempt_id = await reports_delivered(site, alert.alert_id)
    code = await code_of_judge(site, alert.alert_id)
    await site.stage.replies(cast.JUDGE, code)
    await site.stage.closes(cast.JUDGE, alert, Outcome.LOCATED)
    auditor = await site.signed_in(cast.AUDITOR)

    seen = await auditor.opens(f"/alerts/{alert.alert_id}/proof")
    proof, content = await exported(auditor, alert.alert_id)
    await site.stage.settles()

    assert f"MessageStatus=delivered&amp;To=%2B{cast.JUDGE.phone[1:]}" in seen.text
    (callback,) = [one for one in proof["steps"] if one["what"] == "callback"]
    assert (callback["attempt"], callback["provider"]) == (attempt_id, "twilio")
    assert f"attempt={attempt_id}" in callback["raw"]["target"]
    (reply,) = [one for one in proof["steps"] if one["what"] == "reply"]
    assert (reply["person"], reply["meaning"], reply["text"]) == (cast.JUDGE.person_id, "took", code)
    moved = [one["state"] for one in proof["steps"] if one.get("attempt") == attempt_id and "state" in one]
    assert moved == ["delivered"]
    assert [one["at"] for one in proof["steps"]] == sorted(one["at"] for one in proof["steps"])
    assert proof["people"][cast.JUDGE.person_id] == {"phone": cast.JUDGE.phone}
    async with site.stage.registry.reading() as tx:
        held = await check_file(tx, content)
        altered = await check_file(tx, content.replace(b"delivered", b"failed"))
    assert isinstance(held, FileHolds)
    assert held.links == sum(1 for one in proof["audit"]["events"] if one["link"])
    assert altered == FileRefused(reason="this court never gave it out, or it was changed since")


async def test_while_an_alert_is_open_nobody_learns_a_code_of_somebody_else(site: Site) -> None:
    """The harm: with the code of the judge, and from the judge's number, somebody takes what nobody has."""
    alert = await site.sees_a()
    await reports_delivered(site, alert.alert_id)

    proof, content = await exported(await site.signed_in(cast.CLERK), alert.alert_id)

    assert (await code_of_judge(site, alert.alert_id)).encode() not in content
    assert {one["raw"] for one in proof["steps"] if one["what"] == "callback"} == {None}


async def test_who_was_told_and_no_more_gets_no_proof(site: Site) -> None:
    alert = await site.sees_a()

    seen = await (await site.signed_in(cast.DUTY_OFFICER)).opens(f"/alerts/{alert.alert_id}/proof")

    assert seen.status == 403
    assert cast.JUDGE.phone not in seen.text
