"""What has happened on an alert: what was seen, who was told and whether it arrived, what was done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from notifications.delivery import AttemptState, NoticeState
from notifications.texts import TextId
from tracker.domain.alerts import Alert
from tracker.domain.ids import NoticeId
from tracker.services.audit import READ
from tracker.storage import agencies, attempts, audit, kept_notices, notices
from tracker.storage.attempts import Attempt
from tracker.storage.notices import Notice
from tracker.storage.sightings import MatchedSighting
from tracker.storage.transaction import Tx
from tracker.storage.unreadable import Unreadable
from tracker.web.titles import title_of
from tracker.web.words.audit import action_label
from tracker.web.words.labels import UNREADABLE, label


class HappeningKind(StrEnum):
    """Which column of the story it belongs to."""

    SEEN = "seen"
    TOLD = "told"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One person's notices of one text: `states` are (channel, state)."""

    who: str
    states: tuple[tuple[str, str], ...]
    is_answered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One thing that happened; `detail` is one line, `told` the people it was told to."""

    at: datetime
    kind: HappeningKind
    what: str
    detail: str = ""
    told: tuple[Told, ...] = ()


async def list_happenings(
    tx: Tx, alert: Alert, seen: Sequence[MatchedSighting], language: str
) -> tuple[Happening, ...]:
    """The story of an alert, the latest first."""
    story = [
        *[await _seen(tx, one, language) for one in seen],
        *await _told(tx, alert, language),
        *await _done(tx, alert, language),
    ]
    return tuple(sorted(story, key=lambda one: one.at, reverse=True))


async def _seen(tx: Tx, one: MatchedSighting, language: str) -> Happening:
    sighting = one.sighting
    agency = await agencies.get_agency(tx, sighting.agency_id)
    place = sighting.seen.place
    where = "".join(part for part in (place.city, place.name, place.detail or "") if part)
    source = agency.name if language == "zh" else agency.name_en
    effect = f" · {label(one.effect, language)}" if one.effect else ""
    return Happening(
        at=sighting.received_at,
        kind=HappeningKind.SEEN,
        what=f"{label(sighting.seen.kind, language)}{effect}",
        detail=f"{source} · {where}",
    )


async def _told(tx: Tx, alert: Alert, language: str) -> list[Happening]:
    sent = await notices.list_notices(tx, alert.alert_id)
    tried, torn = await attempts.list_kept(tx, [one.notice_id for one in sent])
    latest: dict[NoticeId, Attempt | Unreadable] = {one.notice_id: one for one in tried}
    latest |= {one.notice_id: one for one in torn if one.notice_id is not None}
    occasions: dict[tuple[datetime, TextId], list[Notice]] = {}
    for notice in sent:
        occasions.setdefault((notice.created_at, notice.text_id), []).append(notice)
    return [
        Happening(
            at=at,
            kind=HappeningKind.TOLD,
            what=label(text_id, language),
            told=await _people(tx, together, latest, language),
        )
        for (at, text_id), together in occasions.items()
    ] + [
        await _unreadable(tx, one, language) for one in await kept_notices.list_unreadable(tx, alert.alert_id)
    ]


async def _unreadable(tx: Tx, one: Unreadable, language: str) -> Happening:
    """A notice of which nobody can say any more what it told."""
    who = "" if one.person_id is None else await title_of(tx, one.person_id, language)
    what = "一条通知" if language == "zh" else "A notice"
    return Happening(
        at=one.at, kind=HappeningKind.TOLD, what=f"{what} {who}".rstrip(), detail=UNREADABLE[language]
    )


async def _people(
    tx: Tx, together: Sequence[Notice], attempts: dict[NoticeId, Attempt | Unreadable], language: str
) -> tuple[Told, ...]:
    by_person: dict[str, list[Notice]] = {}
    for notice in together:
        if notice.person_id is not None:
            by_person.setdefault(notice.person_id, []).append(notice)
    return tuple(
        [
            Told(
                who=await title_of(tx, person_id, language),
                states=tuple(
                    (label(one.channel, language), _state(one, attempts.get(one.notice_id), language))
                    for one in theirs
                ),
                is_answered=any(one.answered_at is not None for one in theirs),
            )
            for person_id, theirs in by_person.items()
        ]
    )


def _state(notice: Notice, attempt: Attempt | Unreadable | None, language: str) -> str:
    """The attempt's state, where one was made: "sent" is not "delivered"."""
    if isinstance(attempt, Unreadable):
        return UNREADABLE[language]
    known: AttemptState | NoticeState = notice.state if attempt is None else attempt.state
    return label(known, language)


async def _done(tx: Tx, alert: Alert, language: str) -> list[Happening]:
    events = await audit.list_events_about(tx, alert.alert_id)
    shown = [one for one in events if one.action != READ and not one.action.startswith("sighting ")]
    return [
        Happening(
            at=one.at,
            kind=HappeningKind.DONE,
            what=action_label(one.action, language),
            detail=await title_of(tx, one.actor, language),
        )
        for one in shown
    ]
