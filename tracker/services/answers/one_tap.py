"""One tap on the link in a push takes an alert, declines it, or answers an order, without signing in.

What must not break: the link is bound to one person and one alert, works once, and ends with the alert. It
rides in push messages only: an SMS of one segment has no room for it, and in China no operator lets it pass.
"""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from notifications.texts.ids import Asks, asks
from tracker.domain.alerts import Alert, AlertState
from tracker.domain.errors import ChangeTheRequest, NotAllowed
from tracker.domain.people import Actor
from tracker.services.alerts.stand_down_board import STAND_DOWN_TEXTS
from tracker.services.answers.replies import confirm_order
from tracker.services.answers.takings import Way, decline_alert, take_alert
from tracker.storage import alerts, people, take_links
from tracker.storage.notices import Notice
from tracker.storage.take_links import TakeLink
from tracker.storage.transaction import Tx

TOKEN_BYTES: Final = 16
LASTS: Final = timedelta(hours=24)
PLACE: Final = "/t/"
"""Where the console serves the links; short, for the sake of small screens."""


class Act(StrEnum):
    """What somebody taps."""

    TAKE = "take"
    DECLINE = "decline"
    ANSWER = "answer"


class Tapped(StrEnum):
    """What came of it."""

    TOOK = "took"
    TAKEN_BY_OTHER = "taken-by-other"
    DECLINED = "declined"
    ANSWERED = "answered"
    PLAN_CHANGED = "plan-changed"
    """Nothing was done, and the link still works."""
    ENDED = "ended"
    """The link is unknown, used or over, or there was nothing to do: nobody is told which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A link that works, and what it is about."""

    link: TakeLink
    alert: Alert


async def draw_link(tx: Tx, notice: Notice) -> str | None:
    """The path of a new link for what a notice asks; None where it asks nothing of one of the court's people.
    The token stands in it and nowhere else.
    """
    if notice.alert_id is None or notice.person_id is None or asks(notice.text_id) is Asks.NOTHING:
        return None
    token = urlsafe_b64encode(tx.entropy.random_bytes(TOKEN_BYTES)).decode().rstrip("=")
    link = TakeLink(
        alert_id=notice.alert_id,
        person_id=notice.person_id,
        outlives_alert=notice.text_id in STAND_DOWN_TEXTS,
        made_at=tx.at,
        ends_at=min(notice.expires_at, tx.at + LASTS),
    )
    await take_links.add_link(tx, token, link)
    return f"{PLACE}{token}"


async def find_offer(tx: Tx, token: str) -> Offer | None:
    """What a link offers now; None when it is unknown, used or over. Changes nothing."""
    link = await take_links.find_link(tx, token)
    if link is None:
        return None
    alert = await alerts.get_alert(tx, link.alert_id)
    return None if has_ended(link, alert, tx.at) else Offer(link=link, alert=alert)


def has_ended(link: TakeLink, alert: Alert, at: datetime) -> bool:
    """Links end with the alert, but for those of the order to stop; and when the alert stops being of use,
    but for those of what is sent after that.
    """
    if alert.state is not AlertState.OPEN:
        return not link.outlives_alert
    return link.made_at < alert.plan.useful_until <= at


async def tap(tx: Tx, token: str, act: Act, plan_version: str) -> Tapped:
    """Do it in the person's name. `plan_version`: of the plan that the person was shown."""
    link = await take_links.find_link(tx, token)
    if link is None:
        return Tapped.ENDED
    alert = await alerts.lock_alert(tx, link.alert_id)
    if has_ended(link, alert, tx.at):
        return Tapped.ENDED
    if str(alert.plan_version) != plan_version:
        return Tapped.PLAN_CHANGED
    if not await take_links.use_link(tx, token):
        return Tapped.ENDED
    try:
        return await _do(tx, await people.get_actor(tx, link.person_id), alert, act)
    except NotAllowed:
        return Tapped.ENDED


async def _do(tx: Tx, actor: Actor, alert: Alert, act: Act) -> Tapped:
    if act is Act.ANSWER:
        is_answered = await confirm_order(tx, actor, alert, Way.LINK)
        return Tapped.ANSWERED if is_answered else Tapped.ENDED
    if alert.state is not AlertState.OPEN:
        return Tapped.ENDED
    if act is Act.DECLINE:
        await decline_alert(tx, actor, alert)
        return Tapped.DECLINED
    try:
        await take_alert(tx, actor, alert, Way.LINK)
    except NotAllowed:
        raise
    except ChangeTheRequest:
        return Tapped.TAKEN_BY_OTHER
    return Tapped.TOOK
