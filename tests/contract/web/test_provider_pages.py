"""The page of providers says how each works and what became of its last probe."""

from notifications.providers import Probes
from scripts import cast
from tests.contract.web.site import Site
from tracker.services.delivery.probes import watch_probes


async def test_the_last_probe_is_shown_to_who_sees_to_it_that_people_are_reached(site: Site) -> None:
    probes = Probes(numbers={"recorder": "+861000000099"})
    site.stage.system.court.providers.probes = probes
    async with site.stage.registry.transaction() as tx:
        await watch_probes(tx, cast.COURT.court_id, probes)
    await site.stage.settles()

    shown = await (await site.signed_in(cast.DESK)).opens("/providers")
    refused = await (await site.signed_in(cast.JUDGE)).opens("/providers")

    assert "已送达，用时 0 秒" in " ".join(shown.text.split())
    assert "+861000000099" not in shown.text
    assert refused.status == 403
