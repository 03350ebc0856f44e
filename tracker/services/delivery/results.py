"""Records what channels answered, where the lease is mine: to sends, and to look-ups of what was in doubt.

A result that is not known is looked up before anything is sent again, and sent again at most once, marked as
a repeat. What a provider refused goes on by the next one at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from notifications.channels.port import (
    CodeAction,
    FindResult,
    NotFound,
    Rejected,
    SendResult,
    Submitted,
    Unknown,
)
from notifications.delivery import DEFINITELY_NOT_TOLD, AttemptState, NoticeState, state_after_report
from notifications.routing import REPORTED_WITHIN, UNSETTLED
from notifications.texts import TextId
from tracker.domain.ids import LeaseToken, NoticeId
from tracker.domain.metering import Happening
from tracker.services.delivery.failover import doubt_delivery
from tracker.services.delivery.refusals import heed_refusal
from tracker.services.delivery.sendings import Sending, looked_for_since
from tracker.storage import attempts, contacts, notices
from tracker.storage.attempts import NEVER_ARRIVED, Attempt, moved
from tracker.storage.transaction import Tx

LOOK_UP_AFTER = timedelta(seconds=10)
RETRY_AFTER_S = 5
LONGEST_PATIENCE = timedelta(seconds=30)
"""What cannot wait goes again after so long, whatever providers ask for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What a channel answered to a send, and the lease under which it was asked."""

    sending: Sending
    result: SendResult
    token: LeaseToken


async def record_sent(tx: Tx, answered: Sequence[Answered]) -> None:
    """Write what channels answered to sends. Who was taken over writes nothing: the new holder looks."""
    leases = {one.sending.notice.notice_id: one.token for one in answered}
    held = await notices.lock_held(tx, leases)
    current = await attempts.lock_as_they_stand(tx, [one.sending.attempt for one in answered])
    changed: list[Attempt] = []
    done: dict[NoticeId, LeaseToken] = {}
    for one in answered:
        notice_id, attempt = one.sending.notice.notice_id, one.sending.attempt
        _tell_sent(tx, one.sending, one.result)
        if notice_id not in held:
            continue
        after = _after(tx.at, one, current.get(attempt.attempt_id, attempt))
        if after.attempt is not None:
            changed.append(after.attempt)
            if isinstance(one.result, Rejected):
                await heed_refusal(tx, one.sending.notice, after.attempt)
        if after.again_at is not None:
            await notices.postpone_notice(tx, notice_id, after.again_at, one.token)
        else:
            done[notice_id] = one.token
            await _wait_for_report(tx, one.sending, after.attempt)
    await attempts.record_attempts(tx, changed)
    await notices.record_done(tx, done)
    await _give_up_addresses(tx, answered)


async def _give_up_addresses(tx: Tx, answered: Sequence[Answered]) -> None:
    """Devices that will never be reached again; in one order, since two workers may hear of the same."""
    gone = {
        (one.sending.attempt.provider, each.address, each.code)
        for one in answered
        for each in one.result.gone
    }
    for provider, address, code in sorted(gone):
        await contacts.record_gone(tx, provider, address, code)


@dataclass(frozen=True, slots=True, kw_only=True)
class _After:
    """What follows from an answer: the attempt if it moves, and when its notice is worked on again."""

    attempt: Attempt | None
    again_at: datetime | None = None


def _after(at: datetime, answered: Answered, attempt: Attempt) -> _After:
    result = answered.result
    at_once = at if answered.sending.fallbacks else None
    if attempt.state not in UNSETTLED and not isinstance(result, Submitted):
        # A delivery report has overtaken the answer: it knows more than "refused" or "no answer".
        return _After(attempt=None, again_at=at_once if attempt.state in DEFINITELY_NOT_TOLD else None)
    match result:
        case Submitted():
            settled = _settled(at, attempt, result)
            return _After(attempt=settled, again_at=at_once if settled.state in DEFINITELY_NOT_TOLD else None)
        case Rejected(action=CodeAction.RETRY_LATER):
            again_at = at_once or _again_at(at, answered.sending, result)
            return _After(attempt=_refused(at, attempt, result), again_at=again_at)
        case Rejected():
            return _After(attempt=_refused(at, attempt, result), again_at=at_once)
        case Unknown():
            unknown = state_after_report(attempt.state, AttemptState.UNKNOWN)
            return _After(attempt=moved(attempt, unknown, at), again_at=at + LOOK_UP_AFTER)


def _again_at(at: datetime, sending: Sending, refusal: Rejected) -> datetime:
    """When the first provider may be tried again, this one or another that asked for patience before."""
    again_at = at + timedelta(seconds=refusal.retry_after_s or RETRY_AFTER_S)
    if sending.others_ready_at is not None:
        again_at = min(again_at, max(sending.others_ready_at, at + timedelta(seconds=RETRY_AFTER_S)))
    return min(again_at, at + LONGEST_PATIENCE) if sending.is_urgent else again_at


def _refused(at: datetime, attempt: Attempt, refusal: Rejected) -> Attempt:
    return moved(attempt, AttemptState.FAILED, at, refusal.code, refusal.action)


def _tell_sent(tx: Tx, sending: Sending, result: SendResult) -> None:
    notice, provider, kind = sending.notice, sending.attempt.provider, type(result).__name__.lower()
    tx.log(
        "notice-sent",
        correlation=notice.correlation,
        alert=notice.alert_id,
        notice=notice.notice_id,
        channel=notice.channel.value,
        text=notice.text_id.value,
        attempt=sending.attempt.attempt_id,
        provider=provider,
        result=kind,
    )
    tx.counted(Happening.ATTEMPTS, provider, sending.route.country, kind)


async def _wait_for_report(tx: Tx, sending: Sending, settled: Attempt | None) -> None:
    """What cannot wait goes on by the next provider unless its delivery is reported soon; by then a probe is
    judged.
    """
    is_open = settled is not None and settled.state is AttemptState.SENT
    is_looked_at = sending.fallbacks or sending.notice.text_id is TextId.PROBE
    if settled is not None and is_open and sending.is_urgent and is_looked_at:
        await doubt_delivery(tx, settled.notice_id, settled.submitted_at + REPORTED_WITHIN)


async def _current(tx: Tx, sending: Sending) -> Attempt:
    """The attempt as it stands now: reports may have moved it since it was sent."""
    return await attempts.lock_attempt(tx, sending.attempt.attempt_id, None) or sending.attempt


def _settled(at: datetime, attempt: Attempt, result: Submitted) -> Attempt:
    # A delivery report may have overtaken the answer to the request: the state only moves forward.
    told = result.state if result.state is not AttemptState.SUBMITTED else AttemptState.SENT
    state = state_after_report(attempt.state, told)
    return replace(attempt, state=state, changed_at=at, provider_id=result.provider_id)


async def record_looked_up(tx: Tx, sending: Sending, result: FindResult, token: LeaseToken) -> None:
    """What a look-up found. What the provider never got is due again, and whoever claims it sees whether it
    is still wanted: a look-up takes longer than somebody needs to take the alert.

    Whose answer was lost is repeated once. Whose sender died with it is repeated until it has been sent.
    """
    notice, attempt = sending.notice, sending.attempt
    if not await notices.holds_lease(tx, notice.notice_id, token):
        return
    # The one order of locks: all of the person's before a single one.
    others = await attempts.lock_ids_of_others(tx, attempt, looked_for_since(attempt))
    current = await _current(tx, sending)
    if isinstance(result, Submitted):
        if result.provider_id in others:
            # Meanwhile it has turned out to be another one's: look once more.
            await notices.postpone_notice(tx, notice.notice_id, tx.at + LOOK_UP_AFTER, token)
        else:
            settled = _settled(tx.at, current, result)
            await attempts.record_attempt(tx, settled)
            await _end_or_go_on(tx, sending, settled, token)
        return
    if current.state not in UNSETTLED:
        await _end_or_go_on(tx, sending, current, token)
        return
    was_repeated = attempt.is_repeat and current.state is AttemptState.UNKNOWN
    if isinstance(result, NotFound) and not was_repeated:
        await attempts.record_attempt(tx, moved(current, AttemptState.FAILED, tx.at, NEVER_ARRIVED))
        await notices.postpone_notice(tx, notice.notice_id, tx.at, token)
    elif was_repeated and not (sending.is_urgent and sending.fallbacks):
        await notices.record_notice(tx, notice.notice_id, NoticeState.DONE, token)
    else:
        await notices.postpone_notice(tx, notice.notice_id, tx.at + LOOK_UP_AFTER, token)


async def _end_or_go_on(tx: Tx, sending: Sending, attempt: Attempt, token: LeaseToken) -> None:
    """It is known by now what became of the attempt."""
    notice_id = sending.notice.notice_id
    if attempt.state in DEFINITELY_NOT_TOLD and sending.fallbacks:
        await notices.postpone_notice(tx, notice_id, tx.at, token)
        return
    await notices.record_notice(tx, notice_id, NoticeState.DONE, token)
    await _wait_for_report(tx, sending, attempt)
