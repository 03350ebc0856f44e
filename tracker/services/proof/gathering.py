"""What proves what became of one alert: every notice, each try of it, what providers called back, what people
answered, in order; and the part of the audit chain that is about it.

What must not break: who may not read personal data finds none, and while the alert is open nobody finds a
code with which somebody else answers.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from tracker.domain.alerts import Alert, AlertState
from tracker.domain.authorisation import Action, is_granted
from tracker.domain.ids import PersonId
from tracker.domain.people import Actor
from tracker.services.access import alert_standings, require_on_alert
from tracker.storage import alert_acts, attempts, audit, callbacks, kept_notices, notices, people, replies
from tracker.storage.attempts import Attempt
from tracker.storage.audit import AuditEvent, ChainHead
from tracker.storage.callbacks import KeptCallback
from tracker.storage.notices import Notice
from tracker.storage.replies import KeptReply
from tracker.storage.transaction import Tx
from tracker.storage.unreadable import Unreadable

HIDDEN: Final = "•••••"
SHOWN_OF_PHONE: Final = (6, 4)


class Step(StrEnum):
    """What happened."""

    NOTICE = "notice"
    ATTEMPT = "attempt"
    MOVED = "moved"
    CALLBACK = "callback"
    REPLY = "reply"
    TAKING = "taking"
    LAPSE = "lapse"
    ANSWER = "answer"
    UNREADABLE = "unreadable"
    """Something that cannot be read: sealed by a key that is gone, or written by another release."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """One step; `detail` is plain JSON."""

    at: datetime
    what: Step
    person_id: PersonId | None
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An event about the alert and, once it is sealed, the link of the chain before its own."""

    event: AuditEvent
    former: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """`phones`: of everybody who was told, as kept now."""

    alert: Alert
    steps: tuple[Proven, ...]
    phones: Mapping[PersonId, str]
    links: tuple[Link, ...]
    head: ChainHead


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """What the reader may see: `personal` data, and the codes of an alert that has `ended`."""

    personal: bool
    ended: bool
    codes: frozenset[str]

    def text(self, text: str) -> str | None:
        """What was said, as far as the reader may see it."""
        if not self.personal:
            return None
        for code in () if self.ended else self.codes:
            text = text.replace(code, HIDDEN)
        return text

    def phone(self, phone: str) -> str:
        """Whole, or its ends only."""
        first, last = SHOWN_OF_PHONE
        return phone if self.personal else f"{phone[:first]}{HIDDEN}{phone[-last:]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """What is kept of an alert. `carriers`: notices that stood for some of its own; `torn`: what of all this
    cannot be read.
    """

    own: Sequence[Notice]
    carriers: Sequence[Notice]
    tried: Sequence[Attempt]
    answered: Sequence[KeptReply]
    called_back: Sequence[KeptCallback]
    torn: Sequence[Unreadable]

    @property
    def sent(self) -> Sequence[Notice]:
        return (*self.own, *self.carriers)


async def gather_proof(tx: Tx, actor: Actor, alert: Alert) -> Proof:
    """Everything that the actor may see of it; refused where the table does not grant it."""
    await require_on_alert(tx, actor, Action.READ_PROOF, alert)
    reader = await _reader(tx, actor, alert)
    kept = await _read_kept(tx, alert)
    steps = [*_of_sent(kept, reader), *[_of_torn(one) for one in kept.torn]]
    steps += [_of_callback(one, reader) for one in kept.called_back]
    steps += [_of_reply(one, reader) for one in kept.answered]
    steps += await _of_takings(tx, alert)
    told = {one.person_id for one in kept.sent if one.person_id is not None}
    return Proof(
        alert=alert,
        steps=tuple(sorted(steps, key=lambda one: one.at)),
        phones={one: reader.phone((await people.get_person(tx, one)).phone) for one in sorted(told)},
        links=await _links(tx, alert),
        head=await audit.chain_head(tx),
    )


async def _read_kept(tx: Tx, alert: Alert) -> _Kept:
    own = await notices.list_notices(tx, alert.alert_id)
    carriers, carriers_torn = await kept_notices.list_carriers(tx, own)
    torn = (*await kept_notices.list_unreadable(tx, alert.alert_id), *carriers_torn)
    written = [one.notice_id for one in (*own, *carriers)]
    written += [one.notice_id for one in torn if one.notice_id is not None]
    tried, tries_torn = await attempts.list_kept(tx, written)
    answered, answers_torn = await replies.list_replies(tx, alert.alert_id)
    called_back, callbacks_torn = await _list_callbacks(tx, tried, answered)
    return _Kept(
        own=own,
        carriers=carriers,
        tried=tried,
        answered=answered,
        called_back=called_back,
        torn=(*torn, *tries_torn, *answers_torn, *callbacks_torn),
    )


def _of_sent(kept: _Kept, reader: Reader) -> list[Proven]:
    receiver = {one.key: one.person_id for one in kept.torn}
    receiver |= {one.notice_id: one.person_id for one in kept.sent}
    # What stands for several alerts names another case than this one.
    elsewhere = replace(reader, personal=False)
    others = {one.carried_by for one in kept.own}
    return [
        *[step for one in kept.sent for step in _of_notice(one)],
        *[
            step
            for one in kept.tried
            for step in _of_attempt(
                one, receiver.get(one.notice_id), elsewhere if one.notice_id in others else reader
            )
        ],
    ]


def _of_torn(one: Unreadable) -> Proven:
    return Proven(at=one.at, what=Step.UNREADABLE, person_id=one.person_id, detail={one.kind: one.key})


async def _reader(tx: Tx, actor: Actor, alert: Alert) -> Reader:
    standings = await alert_standings(tx, actor, alert)
    return Reader(
        personal=is_granted(Action.READ_PERSONAL_DATA, standings),
        ended=alert.state is not AlertState.OPEN,
        codes=frozenset((await replies.list_codes(tx, [alert.alert_id])).values()),
    )


def _of_notice(notice: Notice) -> Sequence[Proven]:
    about: dict[str, Any] = {"notice": notice.notice_id, "text_id": notice.text_id.value}
    written = {
        **about,
        "channel": notice.channel.value,
        "language": notice.language.value,
        "due_at": notice.due_at.isoformat(),
        "expires_at": notice.expires_at.isoformat(),
        "state": notice.state.value,
        "carried_by": notice.carried_by,
        "cancelled_at": notice.cancelled_at and notice.cancelled_at.isoformat(),
    }
    steps = [Proven(at=notice.created_at, what=Step.NOTICE, person_id=notice.person_id, detail=written)]
    if notice.answered_at is not None:
        steps.append(
            Proven(at=notice.answered_at, what=Step.ANSWER, person_id=notice.person_id, detail=about)
        )
    return steps


def _of_attempt(attempt: Attempt, person_id: PersonId | None, reader: Reader) -> Sequence[Proven]:
    """The try, and the state in which it stands now since its last move."""
    about = {
        "attempt": attempt.attempt_id,
        "notice": attempt.notice_id,
        "provider": attempt.provider,
        "provider_id": attempt.provider_id,
    }
    tried = about | {"is_repeat": attempt.is_repeat, "text": reader.text(attempt.text)}
    if attempt.title is not None:
        tried |= {"title": reader.text(attempt.title)}
    moved = about | {"state": attempt.state.value, "code": attempt.code}
    return (
        Proven(at=attempt.submitted_at, what=Step.ATTEMPT, person_id=person_id, detail=tried),
        Proven(at=attempt.changed_at, what=Step.MOVED, person_id=person_id, detail=moved),
    )


async def _list_callbacks(
    tx: Tx, tried: Collection[Attempt], answered: Collection[KeptReply]
) -> tuple[Sequence[KeptCallback], Sequence[Unreadable]]:
    ours = {one.attempt_id for one in tried}
    named = (*(one.provider_id for one in tried), *(one.provider_id for one in answered))
    theirs = {one for one in named if one is not None}
    return await callbacks.list_callbacks(tx, ours, theirs)


def _of_callback(kept: KeptCallback, reader: Reader) -> Proven:
    """As it came, once the alert has ended: the callback of a reply bears its code."""
    raw = kept.raw
    shown = {"target": raw.target, "body": raw.body, "signature": raw.signature}
    detail = {
        "callback": kept.callback_id,
        "provider": raw.provider,
        "attempt": kept.attempt_id,
        "provider_id": kept.provider_id,
        "keyed_hash": kept.body_hash,
        "raw": shown if reader.personal and reader.ended else None,
    }
    return Proven(at=kept.received_at, what=Step.CALLBACK, person_id=None, detail=detail)


def _of_reply(reply: KeptReply, reader: Reader) -> Proven:
    detail = {
        "reply": reply.reply_id,
        "meaning": reply.meaning,
        "provider_id": reply.provider_id,
        "text": reader.text(reply.text),
    }
    return Proven(at=reply.received_at, what=Step.REPLY, person_id=reply.person_id, detail=detail)


async def _of_takings(tx: Tx, alert: Alert) -> Sequence[Proven]:
    steps = []
    for taking in await alert_acts.list_takings(tx, alert.alert_id):
        steps.append(Proven(at=taking.taken_at, what=Step.TAKING, person_id=taking.person_id, detail={}))
        if taking.lapsed_at is not None:
            steps.append(Proven(at=taking.lapsed_at, what=Step.LAPSE, person_id=taking.person_id, detail={}))
    return steps


async def _links(tx: Tx, alert: Alert) -> tuple[Link, ...]:
    events = await audit.list_events_about(tx, alert.alert_id)
    sealed = [one.chain_position for one in events if one.chain_position is not None]
    former = await audit.list_former_links(tx, sealed)
    return tuple(
        Link(event=one, former=None if one.chain_position is None else former[one.chain_position])
        for one in events
    )
