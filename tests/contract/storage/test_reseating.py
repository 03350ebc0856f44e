"""Officers go to the coach and seat that a page names: one that still waits names the newest."""

import pytest

from notifications.texts import TextId
from schemas.messages import Place, SightingKind
from tests.contract.storage.books import undone
from tests.contract.storage.sighted import Sighted, sends
from tracker.domain.plans import Effect, Seen
from tracker.services.alerts import join_alert
from tracker.storage import alerts, notices
from tracker.storage.transaction import Tx


async def _sits_elsewhere(tx: Tx, sighted: Sighted, effect: Effect) -> None:
    alert = await alerts.lock_alert(tx, sighted.alert_id)
    assert alert.plan.itinerary is not None
    journey = alert.plan.itinerary.model_copy(update={"coach": "9", "seat": "41座"})
    seen = Seen(
        kind=SightingKind.GATE_PASSED,
        occurred_at=tx.at,
        place=Place(name="武昌", city="武汉"),
        itinerary=journey,
    )
    await join_alert(tx, alert, seen, effect)


@pytest.mark.parametrize("effect", [Effect.CONFIRMS, Effect.JOINS])
async def test_a_first_page_that_waits_names_the_new_seat(sighted: Sighted, effect: Effect) -> None:
    async with undone(sighted.books.registry) as tx:
        await _sits_elsewhere(tx, sighted, effect)

        [page, *_] = await notices.list_waiting(tx, sighted.alert_id, TextId.PLANNED_JUDGE)
        assert (page.facts.coach, page.facts.berth, page.facts.service) == ("9", "41座", "Z38")
        assert (await alerts.get_alert(tx, sighted.alert_id)).plan_version == 1


async def test_what_was_sent_stays_as_it_was_sent(sighted: Sighted) -> None:
    async with undone(sighted.books.registry) as tx:
        sent = await sends(tx)

        await _sits_elsewhere(tx, sighted, Effect.JOINS)

        kept = await notices.get_notice(tx, sent[0].notice_id)
        assert kept.facts.coach is None
