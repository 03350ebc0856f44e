"""What was refused stays visible to those who look after it, and to nobody else."""

import pytest

from scripts import cast
from tests.contract.web.site import Site
from tracker.services.lines.inbox import CASE_EVENT
from tracker.storage.inbox import Incoming, receive


@pytest.mark.parametrize("reader", [cast.DESK, cast.LEADER, cast.AUDITOR])
async def test_refused_money_is_seen(site: Site, reader: cast.Member) -> None:
    posted = Incoming(
        source=f"{cast.COURT.court_id}:case-system", message_id="m-1", kind=CASE_EVENT, body=b"{}"
    )
    async with site.stage.registry.transaction() as tx:
        receipt_id = (await receive(tx, posted)).receipt_id
    await site.stage.settles()
    visitor = await site.signed_in(reader)

    seen = await visitor.opens("/messages")

    assert seen.status == 200
    assert receipt_id in seen.text
    assert "case_number: is missing" in seen.text


async def test_it_is_not_everybodys(quiet_site: Site) -> None:
    clerk = await quiet_site.signed_in(cast.CLERK)

    assert (await clerk.opens("/messages")).status == 403
    assert "/messages" not in (await clerk.opens("/agencies")).text
