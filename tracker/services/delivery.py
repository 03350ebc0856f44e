"""Sends notices: claim and re-check in one transaction, send outside any, record the result where the lease
is mine.

The attempt is committed before the request goes out. A result that is not known is looked up before anything
is sent again, and sent again at most once, marked as a repeat.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from notifications.channels.port import (
    ChannelKind,
    CodeAction,
    FindResult,
    NotFound,
    Outgoing,
    Rejected,
    SendResult,
    Submitted,
    Unknown,
)
from notifications.delivery import AttemptState, NoticeState, state_after_report
from notifications.texts import NO_SMS, Rendered, TextId, render
from tracker.domain.ids import AttemptId, LeaseToken, NoticeId
from tracker.domain.metering import Happening, Stage
from tracker.services.paging_limits import facts_of_carried, list_empty
from tracker.services.stand_down import missing_agency
from tracker.services.stand_down_board import STAND_DOWN_TEXTS
from tracker.storage import alert_acts, alerts, attempts, notices, people, subjects
from tracker.storage.attempts import Attempt, moved
from tracker.storage.notices import Notice
from tracker.storage.transaction import Tx

LONGEST_VALIDITY_S = 1800
LOOK_UP_AFTER = timedelta(seconds=10)
CLOCKS_DIFFER_BY = timedelta(minutes=1)
RETRY_AFTER_S = 5
CLAIM_AT_ONCE = 50
UNSETTLED = frozenset({AttemptState.SUBMITTED, AttemptState.UNKNOWN})

UNTIL_TAKEN = frozenset(
    {
        TextId.PLANNED_JUDGE,
        TextId.PLANNED_DUTY,
        TextId.IMMINENT,
        TextId.BORDER_COUNTER,
        TextId.LADDER,
        TextId.NOBODY_REACHED,
        TextId.NOBODY_DISPATCHED,
    }
)
AFTER_THE_END = frozenset(
    {
        *STAND_DOWN_TEXTS,
        *NO_SMS,
        TextId.AFTER_OUTCOME,
        TextId.PERFORMED_PERSON,
        TextId.DRILL_TAKEN,
        TextId.DRILL_OVER,
    }
)


class Errand(StrEnum):
    """What to do with a claimed notice."""

    SEND = "send"
    LOOK_UP = "look-up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """A leased notice with its committed attempt, ready to go out. `others`: what the provider calls the
    other messages to the person, when this one is looked up.
    """

    errand: Errand
    notice: Notice
    attempt: Attempt
    outgoing: Outgoing
    others: frozenset[str] = frozenset()


async def claim_sendings(tx: Tx, token: LeaseToken, providers: dict[ChannelKind, str]) -> tuple[Sending, ...]:
    """Lease what is due; what is not wanted any more is cancelled here, at the last moment."""
    sendings: list[Sending] = []
    claimed = await notices.claim_due_notices(tx, token, CLAIM_AT_ONCE)
    if not claimed:
        return ()
    former = await _former_attempts(tx, claimed)
    wanted = await _find_wanted(tx, claimed)
    await people.remember_people(tx, {one.person_id for one in claimed if one.person_id is not None})
    for notice in claimed:
        tx.timed(Stage.NOTICE_DUE_TO_CLAIMED, notice.due_at, notice.channel.value, until=tx.at)
        if notice.expires_at <= tx.at:
            await notices.record_notice(tx, notice.notice_id, NoticeState.EXPIRED, token)
            _tell(tx, "notice-expired", notice)
        elif notice.notice_id not in wanted:
            await notices.record_notice(tx, notice.notice_id, NoticeState.CANCELLED, token)
            _tell(tx, "notice-cancelled", notice)
        elif notice.channel not in providers:
            await _give_up(tx, notice, token)
        elif _was_reported(tried := former[notice.notice_id]):
            # A delivery report has come before the answer, which was lost.
            await notices.record_notice(tx, notice.notice_id, NoticeState.DONE, token)
        else:
            sendings.append(await _prepare(tx, notice, providers[notice.channel], tried))
            _tell(tx, "notice-claimed", notice, errand=sendings[-1].errand.value)
    fresh = [sending.attempt for sending in sendings if sending.errand is Errand.SEND]
    await attempts.add_attempts(tx, fresh)
    return tuple(sendings)


async def _former_attempts(tx: Tx, claimed: Sequence[Notice]) -> dict[NoticeId, list[Attempt]]:
    former: dict[NoticeId, list[Attempt]] = {notice.notice_id: [] for notice in claimed}
    for attempt in await attempts.list_attempts(tx, list(former)):
        former[attempt.notice_id].append(attempt)
    return former


def _was_reported(former: Sequence[Attempt]) -> bool:
    return any(one.provider_id is not None and one.state not in UNSETTLED for one in former)


def _tell(tx: Tx, event: str, notice: Notice, **fields: str) -> None:
    tx.log(
        event,
        correlation=notice.correlation,
        alert=notice.alert_id,
        notice=notice.notice_id,
        channel=notice.channel.value,
        text=notice.text_id.value,
        **fields,
    )


async def _give_up(tx: Tx, notice: Notice, token: LeaseToken) -> None:
    """Nothing here can send this notice. It ends as failed, so that the others go out."""
    _tell(tx, "no-provider", notice)
    attempt = (await prepare_attempt(tx, notice, "none", is_repeat=False)).attempt
    await attempts.record_attempt(tx, moved(attempt, AttemptState.FAILED, tx.at, "no-provider"))
    await notices.record_notice(tx, notice.notice_id, NoticeState.DONE, token)


async def _find_wanted(tx: Tx, claimed: Sequence[Notice]) -> frozenset[NoticeId]:
    """Those of the notices that are still to be sent."""
    alert_ids = {one.alert_id for one in claimed if one.alert_id is not None}
    still_open = await alerts.list_open(tx, alert_ids)
    taken = await alert_acts.list_taken(tx, alert_ids)
    empty = await list_empty(tx, [one for one in claimed if one.text_id is TextId.MORE_ALERTS])

    def is_wanted(notice: Notice) -> bool:
        if notice.notice_id in empty:
            return False
        if notice.alert_id is None or notice.text_id in AFTER_THE_END:
            return True
        is_late = notice.text_id in UNTIL_TAKEN and notice.alert_id in taken
        return notice.alert_id in still_open and not is_late

    return frozenset(one.notice_id for one in claimed if is_wanted(one))


async def _prepare(tx: Tx, notice: Notice, provider: str, former: Sequence[Attempt]) -> Sending:
    unsettled = [one for one in former if one.state in UNSETTLED]
    if unsettled:
        attempt = unsettled[-1]
        return Sending(
            errand=Errand.LOOK_UP,
            notice=notice,
            attempt=attempt,
            outgoing=await _outgoing(tx, notice, attempt),
            others=await attempts.list_ids_of_others(tx, attempt, looked_for_since(attempt)),
        )
    return await _new_attempt(tx, notice, provider, is_repeat=False)


async def prepare_attempt(tx: Tx, notice: Notice, provider: str, *, is_repeat: bool) -> Sending:
    """Render the text and commit a new attempt for a leased notice."""
    sending = await _new_attempt(tx, notice, provider, is_repeat=is_repeat)
    await attempts.add_attempts(tx, [sending.attempt])
    return sending


async def _new_attempt(tx: Tx, notice: Notice, provider: str, *, is_repeat: bool) -> Sending:
    rendered = await _render(tx, notice, is_repeat=is_repeat)
    attempt = Attempt(
        attempt_id=AttemptId(tx.entropy.new_id()),
        notice_id=notice.notice_id,
        provider=provider,
        provider_id=None,
        state=AttemptState.SUBMITTED,
        code=None,
        text=_text_for(notice.channel, rendered),
        is_repeat=is_repeat,
        submitted_at=tx.at,
        changed_at=tx.at,
    )
    outgoing = await _outgoing(tx, notice, attempt)
    if notice.channel is ChannelKind.PUSH:
        outgoing = replace(outgoing, title=rendered.push_title, actions=rendered.push_actions)
    return Sending(errand=Errand.SEND, notice=notice, attempt=attempt, outgoing=outgoing)


async def _render(tx: Tx, notice: Notice, *, is_repeat: bool) -> Rendered:
    text_id = notice.text_id
    said = await facts_of_carried(tx, notice) if text_id is TextId.MORE_ALERTS else notice.facts
    facts = replace(said, sent_at=tx.at, repeat=is_repeat)
    if text_id in (TextId.STAND_DOWN, TextId.AFTER_OUTCOME) and notice.alert_id is not None:
        alert = await alerts.get_alert(tx, notice.alert_id)
        missing = await missing_agency(tx, alert.subject_id)
        facts = replace(facts, missing_agency=missing)
        text_id = TextId.STAND_DOWN_RECEIPT_MISSING if missing and text_id is TextId.STAND_DOWN else text_id
    return render(text_id, facts, notice.language)


def _text_for(channel: ChannelKind, rendered: Rendered) -> str:
    match channel:
        case ChannelKind.SMS:
            return rendered.sms
        case ChannelKind.PUSH:
            return rendered.push_body
        case ChannelKind.VOICE:
            return rendered.voice


async def _outgoing(tx: Tx, notice: Notice, attempt: Attempt) -> Outgoing:
    useful_s = int((notice.expires_at - tx.at).total_seconds())
    return Outgoing(
        attempt_id=attempt.attempt_id,
        to=await _address(tx, notice),
        text=attempt.text,
        silent=notice.silent,
        valid_for_s=max(1, min(useful_s, LONGEST_VALIDITY_S)),
    )


async def _address(tx: Tx, notice: Notice) -> str:
    """E.164 for SMS and voice, the person for push."""
    if notice.person_id is not None:
        if notice.channel is ChannelKind.PUSH:
            return notice.person_id
        return (await people.get_person(tx, notice.person_id)).phone
    assert notice.subject_id is not None
    return (await subjects.get_subject(tx, notice.subject_id)).phone or ""


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
    current = await attempts.lock_attempts(tx, [one.sending.attempt.attempt_id for one in answered])
    changed: list[Attempt] = []
    done: dict[NoticeId, LeaseToken] = {}
    for one in answered:
        notice_id, attempt = one.sending.notice.notice_id, one.sending.attempt
        _tell_sent(tx, one.sending, one.result)
        if notice_id not in held:
            continue
        after = _after(tx.at, current.get(attempt.attempt_id, attempt), one.result)
        if after.attempt is not None:
            changed.append(after.attempt)
        if after.again_at is not None:
            await notices.postpone_notice(tx, notice_id, after.again_at, one.token)
        else:
            done[notice_id] = one.token
    await attempts.record_attempts(tx, changed)
    await notices.record_done(tx, done)


@dataclass(frozen=True, slots=True, kw_only=True)
class _After:
    """What follows from an answer: the attempt if it moves, and when its notice is worked on again."""

    attempt: Attempt | None
    again_at: datetime | None = None


def _after(at: datetime, attempt: Attempt, result: SendResult) -> _After:
    if attempt.state not in UNSETTLED and not isinstance(result, Submitted):
        # A delivery report has overtaken the answer: it knows more than "refused" or "no answer".
        return _After(attempt=None)
    match result:
        case Submitted():
            return _After(attempt=_settled(at, attempt, result))
        case Rejected(action=CodeAction.RETRY_LATER):
            again = at + timedelta(seconds=result.retry_after_s or RETRY_AFTER_S)
            return _After(attempt=moved(attempt, AttemptState.FAILED, at, result.code), again_at=again)
        case Rejected():
            return _After(attempt=moved(attempt, AttemptState.FAILED, at, result.code))
        case Unknown():
            unknown = state_after_report(attempt.state, AttemptState.UNKNOWN)
            return _After(attempt=moved(attempt, unknown, at), again_at=at + LOOK_UP_AFTER)


def _tell_sent(tx: Tx, sending: Sending, result: SendResult) -> None:
    provider, kind = sending.attempt.provider, type(result).__name__.lower()
    attempt_id = sending.attempt.attempt_id
    _tell(tx, "notice-sent", sending.notice, attempt=attempt_id, provider=provider, result=kind)
    tx.counted(Happening.ATTEMPTS, provider, kind)


async def _current(tx: Tx, sending: Sending) -> Attempt:
    """The attempt as it stands now: reports may have moved it since it was sent."""
    return await attempts.lock_attempt(tx, sending.attempt.attempt_id, None) or sending.attempt


async def _settle(tx: Tx, sending: Sending, result: Submitted, token: LeaseToken) -> None:
    await attempts.record_attempt(tx, _settled(tx.at, await _current(tx, sending), result))
    await notices.record_notice(tx, sending.notice.notice_id, NoticeState.DONE, token)


def _settled(at: datetime, attempt: Attempt, result: Submitted) -> Attempt:
    # A delivery report may have overtaken the answer to the request: the state only moves forward.
    state = result.state if result.state is not AttemptState.SUBMITTED else AttemptState.SENT
    settled = moved(attempt, state_after_report(attempt.state, state), at)
    return replace(settled, provider_id=result.provider_id)


def looked_for_since(attempt: Attempt) -> datetime:
    """The earliest moment at which the provider, by its own clock, may have taken an attempt."""
    return attempt.submitted_at - CLOCKS_DIFFER_BY


async def record_looked_up(tx: Tx, sending: Sending, result: FindResult, token: LeaseToken) -> Sending | None:
    """What a look-up found. Returns the repeat to send when the provider never got the last try.

    Whose answer was lost is repeated once. Whose sender died with it is repeated until it has been sent.
    """
    notice, attempt = sending.notice, sending.attempt
    if not await notices.holds_lease(tx, notice.notice_id, token):
        return None
    # The one order of locks: all of the person's before a single one.
    others = await attempts.lock_ids_of_others(tx, attempt, looked_for_since(attempt))
    current = await _current(tx, sending)
    if isinstance(result, Submitted):
        if result.provider_id in others:
            # Meanwhile it has turned out to be another one's: look once more.
            await notices.postpone_notice(tx, notice.notice_id, tx.at + LOOK_UP_AFTER, token)
        else:
            await _settle(tx, sending, result, token)
        return None
    if current.state not in UNSETTLED:
        await notices.record_notice(tx, notice.notice_id, NoticeState.DONE, token)
        return None
    was_answered = current.state is AttemptState.UNKNOWN
    if isinstance(result, NotFound) and not (attempt.is_repeat and was_answered):
        await attempts.record_attempt(tx, moved(current, AttemptState.FAILED, tx.at, "never-arrived"))
        return await prepare_attempt(tx, notice, attempt.provider, is_repeat=True)
    if attempt.is_repeat and was_answered:
        await notices.record_notice(tx, notice.notice_id, NoticeState.DONE, token)
        return None
    await notices.postpone_notice(tx, notice.notice_id, tx.at + LOOK_UP_AFTER, token)
    return None
