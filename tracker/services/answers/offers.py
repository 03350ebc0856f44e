"""Passing a taking on: whoever has an alert asks a colleague to take it over. Until the colleague does, the
first has it; without an answer in three minutes the first is told.
"""

from datetime import timedelta
from typing import Final

from notifications.ladders import ToWhom
from notifications.texts import TextId
from tracker.domain.alerts import Alert, AlertState, Taking
from tracker.domain.due import DueKind
from tracker.domain.errors import Conflict, Invalid, Problem
from tracker.domain.ids import PersonId
from tracker.domain.people import Actor, system_actor
from tracker.services import audit
from tracker.services.audit import About
from tracker.services.due_rows import set_due
from tracker.services.ladders.circles import people_for
from tracker.services.ladders.last_resort import BY_EVERY_CHANNEL
from tracker.services.notices.telling import Telling, tell
from tracker.services.people.living_ways import can_be_reached
from tracker.storage import alert_acts, notices, offers, people
from tracker.storage.offers import Offer, OfferEnd
from tracker.storage.transaction import Tx

ACCEPTED_WITHIN: Final = timedelta(minutes=3)


async def list_colleagues(tx: Tx, alert: Alert, person_id: PersonId) -> tuple[PersonId, ...]:
    """Whom somebody may ask: everybody who was told of the alert or whom its ladder may call now, who can be
    reached and does not have it already.
    """
    takers = {one.person_id for one in await alert_acts.list_standing_takings(tx, alert.alert_id)}
    found = list(await notices.list_addressed(tx, alert.alert_id))
    for to_whom in ToWhom:
        found += await people_for(tx, alert, to_whom)
    others = [one for one in dict.fromkeys(found) if one not in {person_id, *takers}]
    return tuple([one for one in others if await can_be_reached(tx, one)])


async def offer_taking(tx: Tx, actor: Actor, alert: Alert, to_id: PersonId) -> None:
    """Ask a colleague, by every channel at once; a former offer of the same taker ends."""
    if alert.state is not AlertState.OPEN or await _find_taking(tx, alert, actor.person_id) is None:
        raise Conflict(
            "该预警不在您手中，无法转交", "you do not have this alert: there is nothing to pass on"
        )
    if to_id not in await list_colleagues(tx, alert, actor.person_id):
        problem = Problem(
            field="colleague",
            zh="请从该预警的相关人员中选择",
            en="choose among the people of this alert who can be reached",
        )
        raise Invalid([problem])
    for former in await offers.list_standing_offers(tx, alert.alert_id):
        if former.from_id == actor.person_id:
            await offers.record_offer_ended(tx, former.offer_id, OfferEnd.REPLACED)
    offer = Offer(
        offer_id=tx.entropy.new_id(),
        alert_id=alert.alert_id,
        from_id=actor.person_id,
        to_id=to_id,
        offered_at=tx.at,
    )
    await offers.add_offer(tx, offer)
    extra = {"taker": (await people.get_person(tx, actor.person_id)).title}
    telling = Telling(text_id=TextId.OFFERED, to=(to_id,), extra=extra, channels=BY_EVERY_CHANNEL)
    await tell(tx, alert, telling)
    await set_due(tx, DueKind.OFFER_LAPSES, alert.alert_id, tx.at + ACCEPTED_WITHIN, offer_id=offer.offer_id)
    await audit.record(tx, actor, "taking offered", _about(alert), to=to_id)


async def _find_taking(tx: Tx, alert: Alert, person_id: PersonId) -> Taking | None:
    takings = await alert_acts.list_standing_takings(tx, alert.alert_id)
    return next((one for one in takings if one.person_id == person_id), None)


async def accept_offer(tx: Tx, actor: Actor, alert: Alert, way: str) -> bool:
    """Somebody takes the alert: where it was offered to them, the taking passes. False where it was not, or
    where it is not the offerer's any more.
    """
    for offer in await offers.list_standing_offers(tx, alert.alert_id):
        taking = await _find_taking(tx, alert, offer.from_id)
        if offer.to_id != actor.person_id or taking is None:
            continue
        await offers.record_offer_ended(tx, offer.offer_id, OfferEnd.ACCEPTED)
        await alert_acts.record_taking_lapsed(tx, alert.alert_id, "passed-on", offer.from_id)
        await alert_acts.add_taking(tx, alert.alert_id, actor.person_id, way, taking.side)
        await audit.record(tx, actor, "taking passed on", _about(alert), former=offer.from_id)
        return True
    return False


async def decline_offers(tx: Tx, actor: Actor, alert: Alert) -> None:
    """The colleague cannot go: who asked is told at once."""
    for offer in await offers.list_standing_offers(tx, alert.alert_id):
        if offer.to_id == actor.person_id:
            await _end_in_vain(tx, alert, offer, OfferEnd.DECLINED)


async def lapse_offer(tx: Tx, alert: Alert, offer_id: str) -> None:
    """The three minutes are over."""
    for offer in await offers.list_standing_offers(tx, alert.alert_id):
        if offer.offer_id == offer_id:
            await _end_in_vain(tx, alert, offer, OfferEnd.LAPSED)


async def _end_in_vain(tx: Tx, alert: Alert, offer: Offer, ended_as: OfferEnd) -> None:
    await offers.record_offer_ended(tx, offer.offer_id, ended_as)
    if await _find_taking(tx, alert, offer.from_id) is None:
        # It has lapsed or was given back meanwhile: everybody is being rung anyway.
        return
    extra = {"colleague": (await people.get_person(tx, offer.to_id)).title}
    telling = Telling(
        text_id=TextId.OFFER_LAPSED, to=(offer.from_id,), extra=extra, channels=BY_EVERY_CHANNEL
    )
    await tell(tx, alert, telling)
    await audit.record(
        tx, system_actor(alert.court_id), "taking offer lapsed", _about(alert), ended_as=ended_as
    )


def _about(alert: Alert) -> About:
    return About(kind="alert", key=alert.alert_id)
