"""Officers go to the coach and seat that a page names: one that still waits names the newest."""

from dataclasses import replace
from datetime import timedelta

import pytest

from notifications.texts import TextId
from schemas.messages import Place, SightingKind
from tests.contract.storage.books import undone
from tests.contract.storage.sighted import Sighted, night_train, sends
from tracker.domain.plans import Effect, Seen
from tracker.services.alerts.plan_changes import join_alert
from tracker.services.alerts.sightings import take_sighting
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


async def _reports(tx: Tx, event: str, coach: str, minutes_later: int) -> None:
    """The railway changes the ticket's seat, or says late that it had."""
    first = night_train(tx, 0)
    journey = first.seen.itinerary
    assert journey is not None
    seen = replace(
        first.seen,
        occurred_at=tx.at + timedelta(minutes=minutes_later),
        itinerary=journey.model_copy(update={"coach": coach, "seat": f"{coach}A"}),
    )
    await take_sighting(tx, replace(first, event_id=event, seen=seen))


async def test_a_seat_that_is_reported_late_does_not_undo_the_newer_one(sighted: Sighted) -> None:
    """The harm: the team walks to coach 7 while the person sits in coach 5."""
    async with undone(sighted.books.registry) as tx:
        await _reports(tx, "use-5", "5", minutes_later=2)
        await _reports(tx, "use-7", "7", minutes_later=1)

        plan = (await alerts.get_alert(tx, sighted.alert_id)).plan
        [page, *_] = await notices.list_waiting(tx, sighted.alert_id, TextId.PLANNED_JUDGE)
        assert plan.itinerary is not None
        assert (plan.itinerary.coach, plan.itinerary.seat) == ("5", "5A")
        assert (page.facts.coach, page.facts.berth) == ("5", "5A")
