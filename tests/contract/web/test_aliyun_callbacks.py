"""What Aliyun calls back is believed only at the address that holds the court's token."""

import json

import pytest

from scripts import cast
from tests.contract.web.site import ALIYUN_TOKEN, Site
from tests.contract.web.test_call_keys import called
from tests.contract.web.test_providers import code_of_judge
from tests.contract.web.visitor import Seen
from tracker.storage import alert_acts, attempts
from tracker.storage.callbacks import list_callbacks

REPORT = f"/providers/aliyun/{ALIYUN_TOKEN}/report"
CALL = f"/providers/aliyun/{ALIYUN_TOKEN}/call"
INBOUND = f"/providers/aliyun/{ALIYUN_TOKEN}/inbound"
DELIVERED = {"phone_number": "00000000101", "success": True, "err_code": "DELIVERED", "out_id": "attempt-1"}


async def posted(site: Site, path: str, told: object) -> Seen:
    headers = {"Content-Type": "application/json"}
    return await site.visitor().brings(path, json.dumps(told).encode(), headers)


async def test_a_reply_takes_the_alert_beside_one_that_cannot_be_read(public_site: Site) -> None:
    alert = await public_site.sees_a()
    code = await code_of_judge(public_site, alert.alert_id)
    phone = cast.JUDGE.phone.removeprefix("+86")
    told = [{"content": "?"}, {"phone_number": phone, "content": code, "sequence_id": "77"}]

    forged = await posted(public_site, INBOUND.replace(ALIYUN_TOKEN, "another-token"), told)
    async with public_site.stage.registry.reading() as tx:
        assert await alert_acts.find_standing_taking(tx, alert.alert_id) is None
    true = await posted(public_site, INBOUND, told)

    assert (forged.status, true.status) == (403, 400)
    async with public_site.stage.registry.reading() as tx:
        taking = await alert_acts.find_standing_taking(tx, alert.alert_id)
    assert taking is not None
    assert taking.person_id == cast.JUDGE.person_id


async def test_reports_are_answered_as_aliyun_wants_it(quiet_site: Site) -> None:
    seen = await posted(quiet_site, REPORT, [DELIVERED, DELIVERED])

    assert (seen.status, json.loads(seen.text)) == (200, {"code": 0, "msg": "成功"})


async def test_each_report_is_kept_as_it_came_without_the_token(quiet_site: Site) -> None:
    await posted(quiet_site, REPORT, [DELIVERED, DELIVERED, DELIVERED | {"out_id": "attempt-2"}])

    async with quiet_site.stage.registry.reading() as tx:
        ((kept,), _) = await list_callbacks(tx, ["attempt-1"], [])
        ((other,), _) = await list_callbacks(tx, ["attempt-2"], [])
    assert (kept.raw.provider, json.loads(kept.raw.body)) == ("aliyun", DELIVERED)
    assert (kept.raw.target, kept.raw.signature) == ("/providers/aliyun/{token}/report", "")
    assert json.loads(other.raw.body)["out_id"] == "attempt-2"


@pytest.mark.parametrize("told", [{}, ["x"], [DELIVERED, {"success": True}]])
async def test_what_cannot_be_read_is_told(quiet_site: Site, told: object) -> None:
    assert (await posted(quiet_site, REPORT, told)).status == 400


async def test_a_key_in_the_record_of_a_call_takes_the_alert(public_site: Site) -> None:
    alert = await public_site.sees_a()
    attempt_id = await called(public_site, alert, cast.JUDGE)
    async with public_site.stage.registry.reading() as tx:
        attempt = await attempts.find_attempt(tx, attempt_id, None)
    assert attempt is not None
    record = {"call_id": attempt.provider_id, "status_code": "200000", "dtmf": "21"}

    assert (await posted(public_site, CALL.replace(ALIYUN_TOKEN, "another-token"), [record])).status == 403
    assert (await posted(public_site, CALL, [record, record])).status == 200

    async with public_site.stage.registry.reading() as tx:
        taking = await alert_acts.find_standing_taking(tx, alert.alert_id)
    assert taking is not None
    assert taking.person_id == cast.JUDGE.person_id
