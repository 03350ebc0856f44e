"""What providers report of messages after they have taken them: states that only move forward."""

from dataclasses import dataclass, replace
from enum import StrEnum

from notifications.delivery import AttemptState, state_after_report
from notifications.texts import TextId
from tracker.domain.alerts import AlertState
from tracker.domain.metering import Happening, Stage
from tracker.services.delivery import AFTER_THE_END
from tracker.services.paging_limits import list_carried
from tracker.services.stand_down import repeat_stand_down
from tracker.storage import alerts, attempts, notices
from tracker.storage.attempts import Attempt, moved
from tracker.storage.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a provider says about one attempt, by our id or its own."""

    attempt_id: str | None
    provider_id: str | None
    state: AttemptState
    code: str | None


class Reported(StrEnum):
    """What a delivery report changed."""

    UNKNOWN_ATTEMPT = "unknown-attempt"
    UNCHANGED = "unchanged"
    MOVED = "moved"


async def receive_report(tx: Tx, report: Report) -> Reported:
    """Move an attempt forward; late, doubled and overtaken reports change nothing."""
    reported = await _take_report(tx, report)
    tx.counted(Happening.DELIVERY_REPORTS, reported.value)
    return reported


async def _take_report(tx: Tx, report: Report) -> Reported:
    attempt = await attempts.lock_attempt(tx, report.attempt_id, report.provider_id)
    if attempt is None:
        return Reported.UNKNOWN_ATTEMPT
    state = state_after_report(attempt.state, report.state)
    provider_id = attempt.provider_id or report.provider_id
    if state is attempt.state:
        return Reported.UNCHANGED
    changed = moved(attempt, state, tx.at, report.code)
    await attempts.record_attempt(tx, replace(changed, provider_id=provider_id))
    tx.log(
        "delivery-reported",
        correlation=await notices.find_correlation(tx, attempt.notice_id),
        notice=attempt.notice_id,
        attempt=attempt.attempt_id,
        provider=attempt.provider,
        state=state.value,
    )
    tx.timed(Stage.WIRE_TO_REPORTED, attempt.submitted_at, attempt.provider, until=tx.at)
    if state is AttemptState.DELIVERED:
        await _order_after_late_delivery(tx, attempt)
    return Reported.MOVED


async def _order_after_late_delivery(tx: Tx, attempt: Attempt) -> None:
    """A page that arrives after everyone was ordered to stop, by a retraction or because it was the wrong
    person, is followed by that order once more.
    """
    notice = await notices.get_notice(tx, attempt.notice_id)
    told = await list_carried(tx, notice) if notice.text_id is TextId.MORE_ALERTS else (notice,)
    for one in told:
        if one.alert_id is None or one.person_id is None or one.text_id in AFTER_THE_END:
            continue
        alert = await alerts.get_alert(tx, one.alert_id)
        if alert.state is not AlertState.OPEN:
            await repeat_stand_down(tx, alert, one.person_id, one.channel)
