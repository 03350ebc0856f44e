"""Writes the notices of an alert: to whom, which text, by which channels, due when."""

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from notifications.channels.port import ChannelKind
from notifications.delivery import NoticeState, priority_of
from notifications.texts import DRILL_TEXTS, NO_SMS, RINGS_NOBODY, Language, TextId
from notifications.texts.ids import Asks, asks
from notifications.throttle import THROTTLED, page_at
from tracker.domain.alerts import Alert
from tracker.domain.ids import AlertId, NoticeId, PersonId
from tracker.domain.plans import Urgency
from tracker.services.notices.facts import facts_of
from tracker.services.notices.limits import keep_within_limits
from tracker.storage import muted_channels, notices, people, replies
from tracker.storage.notices import Notice
from tracker.storage.people import Person
from tracker.storage.replies import Answerer
from tracker.storage.transaction import Tx

BY_TEXT = (ChannelKind.SMS, ChannelKind.PUSH)
KEPT_FOR = timedelta(hours=24)

ENDS_WITH_USE = frozenset(
    {
        TextId.PLANNED_JUDGE,
        TextId.PLANNED_DUTY,
        TextId.IMMINENT,
        TextId.BORDER_COUNTER,
        TextId.LADDER,
        TextId.NOBODY_REACHED,
        TextId.OFFERED,
        TextId.PLAN_CONFIRMED,
        TextId.AT_ACT_POINT,
        TextId.DRILL,
        TextId.DRILL_LADDER,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """One text to several people. `extra` are the facts of the occasion; `due_at` None means now."""

    text_id: TextId
    to: tuple[PersonId, ...]
    extra: Mapping[str, Any] = field(default_factory=dict)
    channels: tuple[ChannelKind, ...] = BY_TEXT
    due_at: datetime | None = None
    awaits_receipts: bool = False


Writing: TypeAlias = Callable[[Tx, Sequence[Notice], Collection[AlertId]], Awaitable[None]]
"""Puts notices into the books. The alerts: those of theirs that are imminent."""


async def write_as_due(tx: Tx, written: Sequence[Notice], _imminent: Collection[AlertId]) -> None:
    """Whoever sends finds them once they are due."""
    await notices.add_notices(tx, written)


async def tell(tx: Tx, alert: Alert, telling: Telling) -> None:
    """Write the notices, one for each person and channel, each with the person's own code."""
    await tell_all(tx, [(alert, telling)])


async def tell_all(tx: Tx, tellings: Sequence[tuple[Alert, Telling]], write: Writing = write_as_due) -> None:
    """Write the notices of several tellings."""
    told = [(alert, telling, one) for alert, telling in tellings for one in dict.fromkeys(telling.to)]
    if not told:
        return
    await people.remember_people(tx, {person_id for _, _, person_id in told})
    codes = await codes_of(tx, [Answerer(alert.alert_id, person_id) for alert, _, person_id in told])
    written = []
    for alert, telling, person_id in told:
        person = await people.get_person(tx, person_id)
        written += await _notices(tx, alert, telling, person, codes[Answerer(alert.alert_id, person_id)])
    imminent = {alert.alert_id for alert, _, _ in told if alert.urgency is Urgency.IMMINENT}
    await write(tx, await keep_within_limits(tx, written, imminent), imminent)


async def _notices(tx: Tx, alert: Alert, telling: Telling, person: Person, code: str) -> list[Notice]:
    """One for each channel."""
    if alert.is_drill:
        telling = replace(telling, text_id=DRILL_TEXTS.get(telling.text_id, telling.text_id))
    facts = replace(await facts_of(tx, alert, person), code=code, **telling.extra)
    off = await _switched_off(tx, person, telling.text_id)
    due_at = telling.due_at or await _allowed_at(tx, alert.alert_id, person.person_id, telling.text_id)
    return [
        Notice(
            notice_id=NoticeId(tx.entropy.new_id()),
            court_id=alert.court_id,
            alert_id=alert.alert_id,
            person_id=person.person_id,
            subject_id=None,
            text_id=telling.text_id,
            channel=channel,
            language=Language(person.language),
            facts=facts,
            silent=telling.text_id in RINGS_NOBODY,
            priority=priority_of(telling.text_id, is_imminent=alert.urgency is Urgency.IMMINENT),
            state=NoticeState.DUE,
            created_at=tx.at,
            due_at=due_at,
            expires_at=_expires_at(tx, alert, telling.text_id),
            awaits_receipts=telling.awaits_receipts,
            answered_at=None,
            correlation=alert.correlation,
        )
        for channel in telling.channels
        if not (channel is ChannelKind.SMS and telling.text_id in NO_SMS) and channel not in off
    ]


async def _switched_off(tx: Tx, person: Person, text_id: TextId) -> frozenset[ChannelKind]:
    """An order that must be answered goes by every channel, whatever the person prefers."""
    if asks(text_id) is Asks.CONFIRM:
        return frozenset()
    return (await muted_channels.list_muted(tx, person.court_id)).get(person.person_id, frozenset())


def _expires_at(tx: Tx, alert: Alert, text_id: TextId) -> datetime:
    if text_id in ENDS_WITH_USE and alert.plan.useful_until > tx.at:
        return alert.plan.useful_until
    return tx.at + KEPT_FOR


async def _allowed_at(tx: Tx, alert_id: AlertId, person_id: PersonId, text_id: TextId) -> datetime:
    """Now, or the end of the pause between two pages about a changing plan."""
    if text_id not in THROTTLED:
        return tx.at
    return page_at(text_id, await notices.last_sent_at(tx, alert_id, person_id, list(THROTTLED)), tx.at)


async def codes_of(tx: Tx, answerers: Sequence[Answerer]) -> dict[Answerer, str]:
    """Each person's own code for an alert; drawn once, never one that the person had before."""
    codes = await replies.list_codes(tx, {one.alert_id for one in answerers})
    drawn: dict[Answerer, str] = {}
    missing = []
    for one in dict.fromkeys(answerers):
        new = None if one in codes else replies.find_new_code(tx, one.person_id)
        if new is not None:
            drawn[one] = new
        elif one not in codes:
            missing.append(one)
    while missing:
        drawn |= {one: tx.entropy.reply_code() for one in missing}
        in_use = await replies.list_in_use(tx, [(one.person_id, code) for one, code in drawn.items()])
        mine = Counter((one.person_id, code) for one, code in drawn.items())
        missing = [
            one
            for one, code in drawn.items()
            if (one.person_id, code) in in_use or mine[one.person_id, code] > 1
        ]
    await replies.add_codes(tx, drawn)
    return codes | drawn
