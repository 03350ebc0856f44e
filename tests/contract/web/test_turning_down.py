"""The approver's page turns a registration down, and whoever registered it reads why."""

import pytest

from scripts import cast
from tests.contract.web.site import Site


async def test_the_approver_turns_it_down_and_whoever_registered_it_reads_why(site: Site) -> None:
    leader, clerk = await site.signed_in(cast.LEADER), await site.signed_in(cast.CLERK)
    why = "传票送达回证日期有误"

    seen = await leader.sends(f"/entries/{site.waiting}/turn-down", {"reason": f" {why} "})
    await site.stage.settles()
    page = await clerk.opens(seen.leads_to)

    assert seen.leads_to == f"/entries/{site.waiting}"
    assert (f"不予批准的原因：{why}" in page.text, page.text.count("尚未下发")) == (True, 4)
    assert "<strong>不予批准</strong>" in page.text
    assert site.waiting not in (await leader.opens("/approvals")).text
    again = await leader.sends(f"/entries/{site.waiting}/approve", {"typed_numbers[0]": cast.B.number})
    assert again.status == 409


@pytest.mark.parametrize(
    ("typed", "problem"),
    [("  ", "请填写不予批准的原因"), ("误" * 201, "过长，请不超过200字"), ("误\u202e", "含有不可见字符")],
    ids=["none", "too long", "hidden characters"],
)
async def test_nothing_is_turned_down_without_a_reason(quiet_site: Site, typed: str, problem: str) -> None:
    leader = await quiet_site.signed_in(cast.LEADER)

    seen = await leader.sends(f"/entries/{quiet_site.waiting}/turn-down", {"reason": typed})

    assert (seen.status, problem in seen.text, f'value="{typed}"' in seen.text) == (422, True, True)
    assert (await quiet_site.stage.entry(quiet_site.waiting)).state == "submitted"


async def test_whoever_registered_withdraws_and_turns_nothing_down(quiet_site: Site) -> None:
    clerk = await quiet_site.signed_in(cast.CLERK)

    seen = await clerk.sends(f"/entries/{quiet_site.waiting}/turn-down", {"reason": "登记有误"})

    assert seen.status == 403
    assert "登记有误请撤控" in seen.text
    assert "turn-down" not in seen.text
    assert (await quiet_site.stage.entry(quiet_site.waiting)).state == "submitted"
