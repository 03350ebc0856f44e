"""What providers report of messages after they have taken them: states that only move forward."""

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from notifications.capabilities import ANYWHERE
from notifications.channels.port import ChannelKind, CodeAction
from notifications.delivery import DEFINITELY_NOT_TOLD, AttemptState, state_after_report
from notifications.people import country_of
from notifications.texts import TextId
from tracker.domain.alerts import AlertState
from tracker.domain.metering import Happening, Stage
from tracker.services.alerts.stand_down import repeat_pause, repeat_stand_down
from tracker.services.delivery.claims import AFTER_THE_END
from tracker.services.delivery.failover import doubt_delivery
from tracker.services.delivery.refusals import heed_refusal
from tracker.services.delivery.results import RETRY_AFTER_S
from tracker.services.notices.limits import list_carried
from tracker.storage import alerts, attempts, notices
from tracker.storage.attempts import Attempt, moved
from tracker.storage.kept_notices import Addressee, get_addressee
from tracker.storage.transaction import Tx

PASSES_WITHIN = timedelta(seconds=RETRY_AFTER_S)
"""The trouble of a provider that reports that the same message may go through later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a provider says about one attempt, by our id or its own; `action`: what `code` asks for."""

    attempt_id: str | None
    provider_id: str | None
    state: AttemptState
    code: str | None
    action: CodeAction | None = None


class Reported(StrEnum):
    """What a delivery report changed."""

    UNKNOWN_ATTEMPT = "unknown-attempt"
    UNCHANGED = "unchanged"
    MOVED = "moved"


async def receive_report(tx: Tx, report: Report) -> Reported:
    """Move an attempt forward; late, doubled and overtaken reports change nothing."""
    attempt = await attempts.lock_attempt(tx, report.attempt_id, report.provider_id)
    if attempt is None:
        tx.counted(Happening.DELIVERY_REPORTS, "", "", Reported.UNKNOWN_ATTEMPT.value)
        return Reported.UNKNOWN_ATTEMPT
    to = await get_addressee(tx, attempt.notice_id)
    country = _country_of(to)
    before = _state_of(attempt)
    state = state_after_report(before, report.state)
    result = Reported.UNCHANGED.value if state is before else state.value
    tx.counted(Happening.DELIVERY_REPORTS, attempt.provider, country, result)
    if state is before:
        return Reported.UNCHANGED
    tx.timed(Stage.WIRE_TO_REPORTED, attempt.submitted_at, attempt.provider, country, until=tx.at)
    await _move(tx, report, attempt, state, to.correlation)
    return Reported.MOVED


def _country_of(to: Addressee) -> str:
    """Of the number to which it went, as attempts are counted; of push, and of whoever is not of the court's
    people, `*`.
    """
    if to.phone is None or to.channel is ChannelKind.PUSH:
        return ANYWHERE
    return country_of(to.phone) or ANYWHERE


async def _move(
    tx: Tx, report: Report, attempt: Attempt, state: AttemptState, correlation: str | None
) -> None:
    """Write what is known of the attempt now, and do what follows from it."""
    provider_id = attempt.provider_id or report.provider_id
    changed = moved(attempt, state, tx.at, report.code, report.action)
    await attempts.record_attempt(tx, replace(changed, provider_id=provider_id))
    tx.log(
        "delivery-reported",
        correlation=correlation,
        notice=attempt.notice_id,
        attempt=attempt.attempt_id,
        provider=attempt.provider,
        state=state.value,
    )
    if state is AttemptState.DELIVERED:
        await _order_after_late_delivery(tx, attempt)
    elif state in DEFINITELY_NOT_TOLD:
        await heed_refusal(tx, await notices.get_notice(tx, attempt.notice_id), changed)
        passes = report.action is CodeAction.RETRY_LATER
        await doubt_delivery(tx, attempt.notice_id, tx.at + PASSES_WITHIN if passes else tx.at)


def _state_of(attempt: Attempt) -> AttemptState:
    """Of a try that was given up a report is news."""
    return AttemptState.UNKNOWN if attempt.was_given_up else attempt.state


async def _order_after_late_delivery(tx: Tx, attempt: Attempt) -> None:
    """A page that arrives after everyone was ordered to stop, by a retraction or because it was the wrong
    person, or to pause, is followed by that order once more.
    """
    notice = await notices.get_notice(tx, attempt.notice_id)
    told = await list_carried(tx, notice) if notice.text_id is TextId.MORE_ALERTS else (notice,)
    for one in told:
        if one.alert_id is None or one.person_id is None or one.text_id in AFTER_THE_END:
            continue
        alert = await alerts.get_alert(tx, one.alert_id)
        if alert.state is not AlertState.OPEN:
            await repeat_stand_down(tx, alert, one.person_id, one.channel)
        elif alert.paused:
            await repeat_pause(tx, alert, one)
