"""What goes out: a leased notice with its committed attempt, rendered at the last moment."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from notifications.channels.port import ChannelKind, Outgoing
from notifications.delivery import AttemptState
from notifications.pushes import GIVES_WAY
from notifications.texts import TextId
from tracker.domain.ids import AttemptId
from tracker.services.alerts.stand_down import missing_agency
from tracker.services.answers.one_tap import draw_link
from tracker.services.delivery.routes import Route
from tracker.services.notices.limits import facts_of_carried
from tracker.services.notices.texts import Said, say_text
from tracker.storage import alerts, attempts
from tracker.storage.attempts import Attempt
from tracker.storage.notices import Notice
from tracker.storage.texts import TextKey
from tracker.storage.transaction import Tx

LONGEST_VALIDITY_S = 1800
CLOCKS_DIFFER_BY = timedelta(minutes=1)


class Errand(StrEnum):
    """What to do with a claimed notice."""

    SEND = "send"
    LOOK_UP = "look-up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """A leased notice with its committed attempt, ready to go out by a route. `fallbacks`: the ways that have
    not been tried yet, for when this one fails; `is_urgent`: it does not wait for a report that may never
    come; `others`: what the provider calls the other messages to the person, when this one is looked up.
    """

    errand: Errand
    notice: Notice
    attempt: Attempt
    outgoing: Outgoing
    route: Route
    fallbacks: tuple[Route, ...] = ()
    others_ready_at: datetime | None = None
    is_urgent: bool = False
    others: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The way that a notice is to take, and what follows if it fails."""

    route: Route
    fallbacks: tuple[Route, ...] = ()
    others_ready_at: datetime | None = None
    is_urgent: bool = False
    is_repeat: bool = False


async def new_sending(tx: Tx, notice: Notice, way: Way) -> Sending:
    """Say the text for a new attempt, which is still to be committed."""
    said = await _say(tx, notice, is_repeat=way.is_repeat)
    attempt = Attempt(
        attempt_id=AttemptId(tx.entropy.new_id()),
        notice_id=notice.notice_id,
        provider=way.route.provider,
        provider_id=None,
        state=AttemptState.SUBMITTED,
        code=None,
        text=said.text,
        title=said.title,
        is_repeat=way.is_repeat,
        submitted_at=tx.at,
        changed_at=tx.at,
    )
    outgoing = _outgoing(tx, notice, attempt, way.route)
    if notice.channel is ChannelKind.PUSH:
        link = await draw_link(tx, notice)
        outgoing = replace(outgoing, title=said.title, actions=said.actions, link=link)
    return Sending(
        errand=Errand.SEND,
        notice=notice,
        attempt=attempt,
        outgoing=outgoing,
        route=way.route,
        fallbacks=way.fallbacks,
        others_ready_at=way.others_ready_at,
        is_urgent=way.is_urgent,
    )


async def look_up(tx: Tx, notice: Notice, attempt: Attempt, way: Way) -> Sending:
    """Ask the provider what became of an attempt; `way` is the one it took."""
    return Sending(
        errand=Errand.LOOK_UP,
        notice=notice,
        attempt=attempt,
        outgoing=_outgoing(tx, notice, attempt, way.route),
        route=way.route,
        fallbacks=way.fallbacks,
        is_urgent=way.is_urgent,
        others=await attempts.list_ids_of_others(tx, attempt, looked_for_since(attempt)),
    )


def looked_for_since(attempt: Attempt) -> datetime:
    """The earliest moment at which the provider, by its own clock, may have taken an attempt."""
    return attempt.submitted_at - CLOCKS_DIFFER_BY


async def add_failed(tx: Tx, notice: Notice, provider: str, code: str) -> None:
    """An attempt that came to its end before it went out."""
    route = Route(provider=provider, address="", country="")
    attempt = (await new_sending(tx, notice, Way(route=route))).attempt
    await attempts.add_attempts(tx, [replace(attempt, state=AttemptState.FAILED, code=code)])


async def _say(tx: Tx, notice: Notice, *, is_repeat: bool) -> Said:
    text_id = notice.text_id
    facts = await facts_of_carried(tx, notice) if text_id is TextId.MORE_ALERTS else notice.facts
    if is_repeat:
        facts = replace(facts, repeat=True)
    if text_id in (TextId.STAND_DOWN, TextId.AFTER_OUTCOME) and notice.alert_id is not None:
        alert = await alerts.get_alert(tx, notice.alert_id)
        missing = await missing_agency(tx, alert.subject_id)
        facts = replace(facts, missing_agency=missing)
        text_id = TextId.STAND_DOWN_RECEIPT_MISSING if missing and text_id is TextId.STAND_DOWN else text_id
    return await say_text(tx, notice.court_id, TextKey(text_id, notice.language), facts, notice.channel)


def _outgoing(tx: Tx, notice: Notice, attempt: Attempt, route: Route) -> Outgoing:
    useful_s = int((notice.expires_at - tx.at).total_seconds())
    return Outgoing(
        attempt_id=attempt.attempt_id,
        to=route.address,
        text=attempt.text,
        silent=notice.silent,
        valid_for_s=max(1, min(useful_s, LONGEST_VALIDITY_S)),
        alert_id=notice.alert_id,
        gives_way=notice.text_id in GIVES_WAY,
    )
