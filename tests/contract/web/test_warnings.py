"""What is to be looked at again is told to whoever types it and whoever approves it, and refuses nothing."""

import json

from scripts import cast
from tests.contract.web.site import Site
from tests.contract.web.test_registering import form


async def test_a_number_of_no_province_is_warned_of_where_it_is_typed_and_where_it_is_approved(
    site: Site,
) -> None:
    clerk, leader = await site.signed_in(cast.CLERK), await site.signed_in(cast.LEADER)

    checked = json.loads((await clerk.sends("/entries/check", form())).text)
    again = await clerk.sends("/entries", form(more="preview"))
    registered = await clerk.sends("/entries", form())
    approval = await leader.opens(f"{registered.leads_to}/approve")

    assert [warning["field"] for warning in checked["warnings"]] == ["documents[0].number"]
    assert 'data-warning-for="documents[0].number" role="status">地区代码不属于任何省份' in again.text
    assert registered.status == 303
    assert "地区代码不属于任何省份，请特别核对证件" in approval.text
    assert "990*" not in approval.text


async def test_a_paper_that_was_revoked_is_warned_of_where_it_is_typed_and_where_it_is_approved(
    site: Site,
) -> None:
    judge, clerk, leader = [await site.signed_in(one) for one in (cast.JUDGE, cast.CLERK, cast.LEADER)]
    warrant = (await site.stage.entry(site.listed)).papers[-1]
    once_more = form(
        **{"papers.summons-warrant.number": warrant.number, "papers.summons-warrant.issued_on": "2026-01-12"}
    )
    before = json.loads((await clerk.sends("/entries/check", once_more)).text)
    await judge.sends(
        f"/entries/{site.listed}/papers/{warrant.paper_id}/revoke",
        {"reason": "set-aside", "revoked_on": "2026-02-23"},
    )

    checked = json.loads((await clerk.sends("/entries/check", once_more)).text)
    on_another = json.loads((await clerk.sends("/entries/check", form())).text)
    registered = await clerk.sends("/entries", once_more)
    approval = await leader.opens(f"{registered.leads_to}/approve")

    field, number = "papers.summons-warrant.number", "documents[0].number"
    assert [one["field"] for one in before["warnings"]] == [number]
    assert [one["field"] for one in checked["warnings"]] == [number, field]
    assert checked["warnings"][1]["zh"].startswith("本案已登记撤销该文书（种类、文号、日期相同）")
    assert [one["field"] for one in on_another["warnings"]] == [number]
    assert approval.text.count("本案已登记撤销该文书，请核对") == 1
