"""Probes: every so often each provider with a number of the court's own sends a text there, by the very way
of a notice.

What must not break: a probe goes by its own provider and no other, and is in nobody's budget and no alert.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from notifications.channels.port import ChannelKind, Unknown
from notifications.delivery import AttemptState
from notifications.providers import Probes, Providers
from notifications.routing import REPORTED_WITHIN
from notifications.texts import Facts, TextId
from tracker.domain.due import DueKind, DueWork
from tracker.domain.ids import CourtId, NoticeId
from tracker.services.notices.plain import PlainNotice, write_notice
from tracker.services.notices.staff import tell_desk
from tracker.services.people.channel_tests import ChannelTrial, TrialState, state_of
from tracker.storage import attempts, due_work, notices, people
from tracker.storage.attempts import Attempt
from tracker.storage.notices import Notice
from tracker.storage.transaction import Tx

KEPT_FOR: Final = timedelta(minutes=5)
SHOWN_FOR: Final = timedelta(days=2)
NOT_DELIVERED: Final = Unknown(reason="a probe was not delivered")
MISSED_THAT_TELL: Final = 2
"""So many probes in a row: one may be lost anywhere."""
ENDED: Final = frozenset({TrialState.DELIVERED, TrialState.FAILED})


@dataclass(frozen=True, slots=True, kw_only=True)
class LastProbe:
    """How the latest probe by a provider ended; `delay_s`: seconds until it was reported delivered."""

    provider: str
    sent_at: datetime
    delay_s: float | None


async def watch_probes(tx: Tx, court_id: CourtId, probes: Probes) -> None:
    """Wait for the next round, as the settings have it now. Who calls it holds the roster, so that of two
    processes that start one writes the row.
    """
    settings = {"providers": sorted(probes.numbers), "every_s": int(probes.every.total_seconds())}
    waiting = await due_work.find_due(tx, court_id, DueKind.PROBES)
    known = {} if waiting is None else waiting.detail
    if waiting is not None and known == known | settings:
        return
    detail = {**settings, "silent": sorted({*known.get("silent", ())} & {*probes.numbers})}
    await due_work.cancel_due(tx, court_id, [DueKind.PROBES])
    if probes.numbers:
        first = DueWork(
            due_id=tx.entropy.new_id(), kind=DueKind.PROBES, about=court_id, due_at=tx.at, detail=detail
        )
        await due_work.add_due(tx, first)


async def reach_probes(tx: Tx, due: DueWork) -> None:
    """A round is due, or the last one must have arrived by now."""
    if "next_round_at" in due.detail:
        await _judge_round(tx, due)
    else:
        await _send_round(tx, due)


async def _send_round(tx: Tx, due: DueWork) -> None:
    """One by each provider; rounds that were missed are not made up."""
    court_id = CourtId(due.about)
    court = await people.get_court(tx, court_id)
    for provider in due.detail["providers"]:
        plain = PlainNotice(text_id=TextId.PROBE, channel=ChannelKind.SMS, due_at=tx.at, kept_for=KEPT_FOR)
        facts = Facts(court=court.sms_name, sent_at=tx.at, provider=provider)
        await write_notice(tx, court_id, plain, facts)
    every = timedelta(seconds=due.detail["every_s"])
    rounds = (tx.at - due.due_at) // every + 1
    next_round_at = due.due_at + rounds * every
    detail = due.detail | {"next_round_at": next_round_at.isoformat()}
    await _wait(tx, court_id, tx.at + REPORTED_WITHIN, detail)


async def _judge_round(tx: Tx, due: DueWork) -> None:
    """The desk hears once of a provider whose last two probes did not arrive, and once when one arrives."""
    court_id = CourtId(due.about)
    former = frozenset(due.detail.get("silent", ()))
    silent = set(former)
    for provider in due.detail["providers"]:
        arrived = await _list_arrivals(tx, court_id, provider)
        if provider in former and arrived and arrived[-1]:
            silent.remove(provider)
            await _tell_desk(tx, court_id, TextId.PROVIDER_HEARD, provider)
        elif provider not in former and len(arrived) >= MISSED_THAT_TELL and not any(arrived):
            silent.add(provider)
            await _tell_desk(tx, court_id, TextId.PROVIDER_SILENT, provider)
    next_round_at = datetime.fromisoformat(due.detail["next_round_at"])
    detail = {name: value for name, value in due.detail.items() if name != "next_round_at"}
    await _wait(tx, court_id, next_round_at, detail | {"silent": sorted(silent)})


async def _list_arrivals(tx: Tx, court_id: CourtId, provider: str) -> list[bool]:
    """Of the last two probes that were sent by a provider whether each arrived, the newest last."""
    sent = await notices.list_with_text(tx, court_id, TextId.PROBE, tx.at - SHOWN_FOR)
    own = [one.notice_id for one in sent if one.facts.provider == provider]
    tried, _ = await attempts.list_kept(tx, own)
    arrived = {one.notice_id for one in tried if one.state is AttemptState.DELIVERED}
    # What no process has sent tells nothing of the provider.
    known = [one for one in own if any(attempt.notice_id == one for attempt in tried)]
    return [one in arrived for one in known[-MISSED_THAT_TELL:]]


async def _tell_desk(tx: Tx, court_id: CourtId, text_id: TextId, provider: str) -> None:
    court = await people.get_court(tx, court_id)
    await tell_desk(tx, court_id, text_id, Facts(court=court.sms_name, sent_at=tx.at, provider=provider))
    tx.log("provider-silent" if text_id is TextId.PROVIDER_SILENT else "provider-heard", provider=provider)


async def _wait(tx: Tx, court_id: CourtId, due_at: datetime, detail: Mapping[str, Any]) -> None:
    following = DueWork(
        due_id=tx.entropy.new_id(),
        kind=DueKind.PROBES,
        about=court_id,
        due_at=due_at,
        detail=dict(detail),
    )
    await due_work.add_due(tx, following)


async def list_silent(tx: Tx, court_id: CourtId) -> frozenset[str]:
    """The providers whose last two probes did not arrive, and none since."""
    waiting = await due_work.find_due(tx, court_id, DueKind.PROBES)
    return frozenset() if waiting is None else frozenset(waiting.detail.get("silent", ()))


def judge_probe(tx: Tx, providers: Providers, probe: Notice, former: Sequence[Attempt]) -> None:
    """A probe is worked on once more: whoever has not delivered it a minute after it was sent fails. The
    phone of the court's own number is on, so that here silence tells of the provider.
    """
    if not former or former[-1].state is AttemptState.DELIVERED:
        return
    channel = providers.find(probe.channel, former[-1].provider)
    if channel is not None and _was_taken(former[-1]) and tx.at >= former[-1].submitted_at + REPORTED_WITHIN:
        providers.answered(channel, probe.notice_id, NOT_DELIVERED, tx.at)


def _was_taken(attempt: Attempt) -> bool:
    """What it refused, or never answered, is known of it already."""
    return attempt.provider_id is not None


async def list_last_probes(tx: Tx, court_id: CourtId) -> dict[str, LastProbe]:
    """The latest by each provider of which it is known how it ended, or that it should have by now."""
    sent = await notices.list_with_text(tx, court_id, TextId.PROBE, tx.at - SHOWN_FOR)
    tries: dict[NoticeId, Attempt] = {}
    tried, _ = await attempts.list_kept(tx, [probe.notice_id for probe in sent])
    for one in tried:
        former = tries.setdefault(one.notice_id, one)
        tries[one.notice_id] = max(former, one, key=lambda each: each.submitted_at)
    found = [_last(probe, tries.get(probe.notice_id), tx.at) for probe in sent]
    return {one.provider: one for one in found if one is not None}


def _last(probe: Notice, attempt: Attempt | None, at: datetime) -> LastProbe | None:
    """None: it is under way."""
    state = state_of(ChannelTrial(notice=probe, attempt=attempt))
    if state not in ENDED and at < probe.created_at + REPORTED_WITHIN:
        return None
    delay_s = None
    if attempt is not None and state is TrialState.DELIVERED:
        delay_s = (attempt.changed_at - attempt.submitted_at).total_seconds()
    return LastProbe(provider=probe.facts.provider or "", sent_at=probe.created_at, delay_s=delay_s)
