"""How long before an act point people set out is the court's own table, by place."""

from datetime import timedelta

from scripts import cast
from tests.contract.web.site import Site


async def test_the_next_alert_has_the_lead_that_the_court_gave_the_place(site: Site) -> None:
    administrator, judge = await site.signed_in(cast.ADMINISTRATOR), await site.signed_in(cast.JUDGE)

    wrong = await administrator.sends("/leads", {"place": "北京西", "lead": "1441"})
    refused = await judge.sends("/leads", {"place": "北京西", "lead": "90"})
    saved = await administrator.sends("/leads", {"place": "北京西站", "lead": "180"})
    alert = await site.sees_a()
    read = await judge.opens("/leads")
    await administrator.sends("/leads/remove", {"place": "北京西"})
    removed = await administrator.opens("/leads")

    assert (wrong.status, refused.status, saved.leads_to) == (422, 403, "/leads")
    assert alert.plan.act_from == alert.plan.act_at - timedelta(hours=3)
    assert ">180<" in read.text
    assert "保存</button>" not in read.text
    assert "各地点均用默认值" in removed.text
