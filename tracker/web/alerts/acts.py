"""Who may read an alert, and what the reader may do now, on its page and by the link of a push."""

from dataclasses import dataclass

from notifications.texts.ids import Asks, asks
from tracker.domain.alerts import Alert, AlertState
from tracker.domain.authorisation import Action, is_granted
from tracker.domain.ids import PersonId
from tracker.domain.people import Actor
from tracker.domain.takings import side_to_take
from tracker.services.access import alert_standings
from tracker.services.ladders.circles import still_missing
from tracker.storage import alert_acts, notices, offers
from tracker.storage.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertActs:
    """Which buttons the reader gets. `answer`: an order waits for the reader's "received"."""

    take: bool
    decline: bool
    act: bool
    arrive: bool
    answer: bool
    prove: bool


async def may_read(tx: Tx, actor: Actor, alert: Alert) -> bool:
    standings = await alert_standings(tx, actor, alert)
    is_own_court = alert.court_id == actor.court_id
    return is_own_court and is_granted(Action.READ_PERSONAL_DATA, standings)


async def acts_on(tx: Tx, actor: Actor, alert: Alert) -> AlertActs:
    """What the page of an alert, and the link of a push, let somebody do now."""
    standings = await alert_standings(tx, actor, alert)
    takings = await alert_acts.list_standing_takings(tx, alert.alert_id)
    offered = await offers.list_standing_offers(tx, alert.alert_id)
    has_it = any(one.person_id == actor.person_id for one in takings)
    is_wanted = side_to_take(await still_missing(tx, alert), actor.roles) is not None
    is_asked = any(one.to_id == actor.person_id for one in offered)
    dispatch = await alert_acts.find_standing_dispatch(tx, alert.alert_id)
    is_open = alert.state is AlertState.OPEN
    may_take = is_open and is_granted(Action.TAKE, standings)
    may_act = is_open and is_granted(Action.ACT, standings)
    is_out = dispatch is not None and actor.person_id in dispatch.member_ids
    waits_for_arrival = is_open and dispatch is not None and dispatch.arrived_at is None
    return AlertActs(
        take=may_take and not has_it and (is_wanted or is_asked),
        decline=may_take and (has_it or is_wanted or is_asked),
        act=may_act,
        arrive=waits_for_arrival and (is_out or may_act),
        answer=await owes_answer(tx, actor.person_id, alert),
        prove=is_granted(Action.READ_PROOF, standings),
    )


async def owes_answer(tx: Tx, person_id: PersonId, alert: Alert) -> bool:
    """Whether the last thing asked of the person is to say "received", and it has not been said."""
    sent = [one for one in await notices.list_notices(tx, alert.alert_id) if one.person_id == person_id]
    asking = [one for one in sent if asks(one.text_id) is not Asks.NOTHING]
    return bool(asking) and asks(asking[-1].text_id) is Asks.CONFIRM and asking[-1].answered_at is None
