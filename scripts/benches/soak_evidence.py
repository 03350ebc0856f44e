"""What a soak has left behind: of every debtor's alert and texts, and of everything that may still wait.

`lost` and `doubled` are what may never be; `repeated` and `given up` are what the design allows when nobody
can know whether a text went out: once more, marked, and not a third time.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from notifications.channels.port import ChannelKind
from notifications.delivery import AttemptState, NoticeState, is_order_to_stop
from notifications.routing import REPORTED_WITHIN
from notifications.texts import TextId
from schemas.measures import AgencyKind
from scripts.cast import DUTY_OFFICER, JUDGE
from scripts.town.town import Town
from tracker.domain.alerts import Alert, AlertState
from tracker.domain.ids import AgencyId, CourtId, EntryId, SubjectId
from tracker.services.audit import ChainWhole, verify
from tracker.storage import agencies, alerts, attempts, entries, feeds, instructions, notices, sightings
from tracker.storage.attempts import Attempt
from tracker.storage.backlog import Backlog, read_backlog
from tracker.storage.notices import Notice
from tracker.storage.registry import Registry
from tracker.storage.transaction import Tx

REPEAT_MARK: Final = "重发"
NEVER_ARRIVED: Final = "never-arrived"
UNSETTLED: Final = frozenset({AttemptState.SUBMITTED, AttemptState.UNKNOWN})
FIRST_TOLD: Final = {
    JUDGE.person_id: TextId.PLANNED_JUDGE,
    DUTY_OFFICER.person_id: TextId.PLANNED_DUTY,
}
WAYS_OF: Final[Mapping[str | None, tuple[ChannelKind, ...]]] = {
    JUDGE.person_id: (ChannelKind.SMS, ChannelKind.PUSH)
}
"""Who has more than a telephone."""
STAND_DOWN: Final = frozenset({TextId.STAND_DOWN, TextId.STAND_DOWN_RECEIPT_MISSING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A debtor as the court knows the entry, and whether the debt was paid."""

    entry_id: EntryId
    is_paid: bool


@dataclass(slots=True, kw_only=True)
class Evidence:
    """Lines of ids and words, one for each thing that was found."""

    alerts: int = 0
    texts: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)
    unsettled: list[str] = field(default_factory=list)
    known: set[str] = field(default_factory=set)
    """The attempts of alerts that the court has in its books."""


async def take_evidence(registry: Registry, listed: Sequence[Listed], town: Town) -> Evidence:
    """Of every debtor in turn; everything has settled, and every program has ended before."""
    evidence = Evidence()
    sent = Counter(one.attempt_id for messages in town.provider.messages() for one in messages)
    for one in listed:
        async with registry.reading() as tx:
            subject_id = (await entries.get_entry(tx, one.entry_id)).subject_id
            raised = await alerts.list_alerts_of_subject(tx, subject_id)
            evidence.alerts += len(raised)
            await _look_at_instructions(tx, one, subject_id, evidence)
            if len(raised) == 1:
                await _look_at_alert(tx, one, raised[0], Sent(counts=sent, evidence=evidence))
            else:
                (evidence.doubled if raised else evidence.lost).append(
                    f"{len(raised)} alerts on {one.entry_id}"
                )
    others = {attempt_id: sent[attempt_id] for attempt_id in sent.keys() - evidence.known}
    await _look_at_texts_of_no_alert(registry, others, evidence)
    return evidence


async def _look_at_texts_of_no_alert(registry: Registry, sent: Mapping[str, int], evidence: Evidence) -> None:
    """Of a line that was silent, of an entry: each in the books, and taken once."""
    async with registry.reading() as tx:
        written = {one for one in sent if await attempts.find_attempt(tx, one, None) is not None}
    evidence.texts += sum(sent.values())
    for attempt_id, count in sent.items():
        if attempt_id not in written:
            evidence.doubled.append(f"sent, but in no book: {attempt_id}")
        elif count > 1:
            evidence.doubled.append(f"{attempt_id} taken {count} times")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """How often the provider took each attempt, and where to write down what that means."""

    counts: Counter[str]
    evidence: Evidence


async def _look_at_instructions(tx: Tx, one: Listed, subject_id: SubjectId, evidence: Evidence) -> None:
    for instruction in await instructions.list_instructions(tx, subject_id):
        since = instruction.gone_since if one.is_paid else instruction.in_force_since
        if instruction.is_listed is one.is_paid or since is None:
            wanted = "gone" if one.is_paid else "in force"
            evidence.lost.append(f"{one.entry_id} is not {wanted} at {instruction.agency_id}")


async def _look_at_alert(tx: Tx, one: Listed, alert: Alert, sent: Sent) -> None:
    evidence = sent.evidence
    seen = len(await sightings.list_sightings_of_alert(tx, alert.alert_id))
    if seen != 1:
        evidence.doubled.append(f"{seen} sightings on {alert.alert_id}")
    if alert.state is not (AlertState.RETRACTED if one.is_paid else AlertState.OPEN):
        evidence.lost.append(f"{alert.alert_id} is {alert.state.value}")
    written = [
        notice
        for notice in await notices.list_notices(tx, alert.alert_id)
        if notice.channel in WAYS_OF.get(notice.person_id, (ChannelKind.SMS,))
    ]
    texts = [notice for notice in written if notice.channel is ChannelKind.SMS]
    evidence.lost.extend(_never_written(one, alert, texts))
    tried = await attempts.list_attempts(tx, [notice.notice_id for notice in written])
    evidence.known.update(attempt.attempt_id for attempt in tried)
    for notice in written:
        _look_at_notice(notice, [one for one in tried if one.notice_id == notice.notice_id], sent)


def _never_written(one: Listed, alert: Alert, written: Sequence[Notice]) -> Iterator[str]:
    for person_id, text_id in FIRST_TOLD.items():
        mine = [notice.text_id for notice in written if notice.person_id == person_id]
        if mine.count(text_id) != 1:
            yield f"{person_id} has {mine.count(text_id)} notices {text_id.value} of {alert.alert_id}"
        if one.is_paid and not STAND_DOWN & set(mine):
            yield f"{person_id} was not stood down of {alert.alert_id}"


def _look_at_notice(notice: Notice, attempts: Sequence[Attempt], sent: Sent) -> None:
    evidence, counts = sent.evidence, [sent.counts[attempt.attempt_id] for attempt in attempts]
    taken = [attempt for attempt in attempts if sent.counts[attempt.attempt_id]]
    line = f"{notice.text_id.value} {notice.notice_id} {_states(attempts)} taken {counts}"
    evidence.texts += sum(counts)
    if notice.state is NoticeState.CANCELLED and not any(counts):
        return
    if not any(counts):
        (evidence.given_up if _is_given_up(notice, attempts) else evidence.lost).append(line)
    elif max(counts) > 1 or not _may_repeat(notice, taken):
        evidence.doubled.append(line)
    elif sum(counts) > 1:
        evidence.repeated.append(line)
    if any(attempt.state in UNSETTLED for attempt in attempts) and not _is_given_up(notice, attempts):
        evidence.unsettled.append(line)


def _states(attempts: Sequence[Attempt]) -> str:
    return ",".join(f"{one.state.value}/{one.code}{'/repeat' * one.is_repeat}" for one in attempts)


def _is_given_up(notice: Notice, attempts: Sequence[Attempt]) -> bool:
    """Tried, tried once more, and never answered."""
    return notice.state is NoticeState.DONE and [one.is_repeat for one in attempts][-1:] == [True]


def _may_repeat(notice: Notice, taken: Sequence[Attempt]) -> bool:
    """Each time nobody knew whether the former one arrived, and the next says that it may have."""
    return all(_says_so(later) and _was_open(notice, former, later) for former, later in pairwise(taken))


def _says_so(attempt: Attempt) -> bool:
    return attempt.is_repeat and REPEAT_MARK in f"{attempt.title or ''}{attempt.text}"


def _was_open(notice: Notice, former: Attempt, later: Attempt) -> bool:
    """Its answer was not definite; or it cannot wait, and its delivery was not reported in time."""
    if former.code == NEVER_ARRIVED or former.state in UNSETTLED:
        return True
    is_overdue = later.submitted_at >= former.submitted_at + REPORTED_WITHIN
    was_reported = former.state is AttemptState.DELIVERED and former.changed_at < later.submitted_at
    return is_order_to_stop(notice.text_id) and is_overdue and not was_reported


async def what_waits(registry: Registry, town: Town) -> str | None:
    """What has not settled yet; None once nothing waits anywhere."""
    if town.provider.waiting:
        return f"{town.provider.waiting} callbacks of the provider"
    for program in town.programs:
        if wrong := await program.what_is_wrong():
            return wrong
    for kind, adapter in town.adapters.items():
        own = (await adapter.answers("/readyz"))["list"]
        if own["waiting_hits"] or own["waiting_reports"]:
            return f"{kind.value}: {own['waiting_hits']} hits, {own['waiting_reports']} reports"
    async with registry.reading() as tx:
        backlog = await read_backlog(tx, CourtId(town.office.settings["TRACKER_COURT_ID"]))
        return _of_backlog(backlog) or await _differing_replica(tx)


def _of_backlog(backlog: Backlog) -> str | None:
    waiting = {
        "outbox": backlog.outbox.waiting,
        "inbox": backlog.inbox.waiting,
        "due work": backlog.late_due_work.waiting,
        "notices": backlog.notices_waiting,
        "audit": backlog.audit_unsealed,
        **{f"changes of {one.agency_id}": one.unnumbered.waiting for one in backlog.feeds},
        **{f"packets of {one.agency_id}": one.unpublished for one in backlog.feeds},
    }
    left = {name: count for name, count in waiting.items() if count}
    return str(left) if left else None


async def _differing_replica(tx: Tx) -> str | None:
    """By the agency's last receipt: sequence, count and digest."""
    for kind in AgencyKind:
        feed = await feeds.get_feed(tx, AgencyId(kind.value))
        for held in (await agencies.list_replicas(tx, feed.feed_id)).values():
            if held != feed.head:
                return f"{kind.value} holds change {held.sequence} of {feed.head.sequence}"
    return None


async def chain_is_whole(registry: Registry) -> bool:
    async with registry.reading() as tx:
        return isinstance(await verify(tx), ChainWhole)
