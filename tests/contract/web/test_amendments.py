"""A later end and a wider measure in the console: asked for by the team, approved by a second person."""

from typing import Any

import pytest

from adapters.edge.instruction import DisplayState
from schemas.measures import AgencyKind
from scripts import cast
from tests.acceptance.court import still_wanted
from tests.contract.web.site import Site
from tests.contract.web.visitor import Seen, Visitor


def paper(kind: str, until: str = "") -> dict[str, str]:
    return {
        f"papers.{kind}.number": f"{kind}-9",
        f"papers.{kind}.issued_on": "2026-02-24",
        f"papers.{kind}.signer": "岳衡",
        f"papers.{kind}.valid_until": until,
    }


def later(**changes: Any) -> dict[str, Any]:
    """A hold for summons until five days later, on a new warrant."""
    typed = {"measure": "hold-for-summons", "valid_until": "2026-05-25", **paper("summons-warrant")}
    return typed | changes


async def asks(site: Site, **changes: Any) -> tuple[Visitor, Seen]:
    judge = await site.signed_in(cast.JUDGE)
    return judge, await judge.sends(f"/entries/{site.listed}/amend", later(**changes))


async def address_of_what_waits(visitor: Visitor) -> str:
    listed = await visitor.opens("/approvals")
    return "/amendments/" + listed.text.split('href="/amendments/')[1].split('"')[0]


async def test_from_the_form_to_every_agency(site: Site) -> None:
    judge, asked = await asks(site)
    waiting = await judge.opens(asked.leads_to)
    leader = await site.signed_in(cast.LEADER)
    address = await address_of_what_waits(leader)
    shown = await leader.opens(address)

    approved = await leader.sends(f"{address}/approve", {"typed_numbers[0]": cast.A.number})
    await site.stage.settles()
    page = await judge.opens(approved.leads_to)

    assert "待审批：" in waiting.text
    assert '<dd class="figure far">2026-05-20</dd>' in waiting.text
    assert "summons-warrant-9" in shown.text
    assert "990*************36" not in shown.text
    assert '<dd class="figure far">2026-05-25</dd>' in page.text
    assert page.text.count("起生效") == 4
    assert {one.version for one in await site.stage.instructions(site.listed)} == {2}
    assert "申请延期或变更措施" in page.text
    assert "延期或变更措施审批通过" in page.text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"valid_until": "2026-12-31"}, "超过该措施最长90日，请改为不晚于2026-05-25"),
        (paper("summons-warrant", "2026-05-24"), "晚于拘传票的有效期2026-05-24，请改为不晚于该日"),
        ({"valid_until": "2026-05-20"}, "并未晚于现在的最后一日2026-05-20"),
        ({"measure": "hold-for-detention"}, "缺少拘留决定书：该措施须附此文书"),
        ({"measure": "serve"}, "不能改为更轻的措施"),
        ({"papers.summons-warrant.signer": ""}, "请填写"),
    ],
    ids=["beyond the measure", "beyond its paper", "no later", "no paper", "lighter", "unsigned"],
)
async def test_what_may_not_be_is_refused_in_plain_words_and_stays_in_the_form(
    quiet_site: Site, changes: dict[str, str], words: str
) -> None:
    _, seen = await asks(quiet_site, **changes)

    assert seen.status == 422
    assert words in seen.text
    assert 'value="summons-warrant-9"' in seen.text


async def test_the_form_speaks_english_and_says_what_stands_until_then(quiet_site: Site) -> None:
    clerk = await quiet_site.signed_in(cast.CLERK)
    await clerk.opens("/entries?lang=en")

    seen = await clerk.opens(f"/entries/{quiet_site.listed}/amend")

    assert "Ask for other terms" in seen.text
    assert "Until it is approved, the terms of now stay in force" in seen.text
    assert cast.A.number not in seen.text


async def test_who_is_not_of_the_team_has_no_form(quiet_site: Site) -> None:
    leader = await quiet_site.signed_in(cast.LEADER)

    assert (await leader.opens(f"/entries/{quiet_site.listed}/amend")).status == 403
    assert "amend" not in (await leader.opens(f"/entries/{quiet_site.listed}")).text


async def test_who_asked_or_registered_waits_for_a_second_person_and_may_take_it_back(site: Site) -> None:
    judge, _ = await asks(site)
    clerk = await site.signed_in(cast.CLERK)
    address = await address_of_what_waits(clerk)

    refused = await clerk.sends(f"{address}/approve", {"typed_numbers[0]": cast.A.number})
    own = await judge.opens(address)
    back = await judge.sends(f"{address}/drop")

    assert refused.status == 403
    assert "申请人和登记人不能审批" in refused.text
    assert "申请人和登记人不能审批" in own.text
    assert "待审批：" not in (await judge.opens(back.leads_to)).text
    assert (await judge.opens(address)).leads_to == f"/entries/{site.listed}"


async def test_a_number_that_differs_is_refused_and_the_former_end_stands(site: Site) -> None:
    await asks(site)
    leader = await site.signed_in(cast.LEADER)
    address = await address_of_what_waits(leader)

    seen = await leader.sends(f"{address}/approve", {"typed_numbers[0]": cast.B.number})

    assert seen.status == 422
    assert "与登记的号码不一致" in seen.text
    assert {one.version for one in await site.stage.instructions(site.listed)} == {1}


async def test_on_other_terms_the_agency_is_answered_anew_before_anybody_is_stopped(site: Site) -> None:
    alert = await site.sees_a()
    await site.stage.confirms(cast.JUDGE, alert, still_wanted())
    reference = await site.stage.reference_at(AgencyKind.RAIL, site.listed)
    before = await site.stage.railway.shows(reference)
    await asks(site)
    leader = await site.signed_in(cast.LEADER)
    address = await address_of_what_waits(leader)
    site.stage.new_sms()

    await leader.sends(f"{address}/approve", {"typed_numbers[0]": cast.A.number})
    await site.stage.settles()

    assert before.state is DisplayState.HOLD_WHEN_CHECKED
    assert (await site.stage.railway.shows(reference)).state is DisplayState.REPORT_ONLY
    assert "行动" not in "".join(text for _, text in site.stage.new_sms())
