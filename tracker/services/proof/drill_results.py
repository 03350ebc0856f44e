"""What a drill has shown: who was told and when, whether it arrived, who took it after how many seconds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from notifications.delivery import AttemptState
from tracker.domain.alerts import Alert, Taking
from tracker.domain.drills import Drill
from tracker.domain.ids import CourtId, NoticeId, PersonId
from tracker.storage import alert_acts, alerts, attempts, drills, notices
from tracker.storage.attempts import Attempt
from tracker.storage.notices import Notice
from tracker.storage.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """Seconds from the raising of the alert until the first notice went out to a person, the first was
    delivered, and the person took it; None: it has not come to that.
    """

    person_id: PersonId
    noticed_s: float | None
    delivered_s: float | None
    taken_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillResult:
    """`alert` None while the drill waits for its canary. `people`: in the order in which they were told."""

    drill: Drill
    alert: Alert | None
    people: tuple[Timed, ...]

    @property
    def taker(self) -> Timed | None:
        return next((one for one in self.people if one.taken_s is not None), None)

    @property
    def was_called_off(self) -> bool:
        """It ended before anybody had it and before its own time."""
        ended_at = self.drill.ended_at
        if ended_at is None or self.taker is not None:
            return False
        return self.alert is None or ended_at < self.alert.plan.useful_until


async def list_results(tx: Tx, court_id: CourtId, limit: int) -> tuple[DrillResult, ...]:
    """Of the newest drills."""
    return tuple([await result_of(tx, drill) for drill in await drills.list_drills(tx, court_id, limit)])


async def result_of(tx: Tx, drill: Drill) -> DrillResult:
    if drill.alert_id is None:
        return DrillResult(drill=drill, alert=None, people=())
    alert = await alerts.get_alert(tx, drill.alert_id)
    sent = await notices.list_notices(tx, alert.alert_id)
    tried, _ = await attempts.list_kept(tx, [one.notice_id for one in sent])
    takings = await alert_acts.list_takings(tx, alert.alert_id)
    return DrillResult(drill=drill, alert=alert, people=times_of(alert.raised_at, sent, tried, takings))


def times_of(
    raised_at: datetime, sent: Sequence[Notice], tried: Sequence[Attempt], takings: Sequence[Taking]
) -> tuple[Timed, ...]:
    """Of everybody who was told, or took it."""
    receiver: dict[NoticeId, PersonId | None] = {one.notice_id: one.person_id for one in sent}
    told = [one.person_id for one in sent if one.person_id is not None]
    return tuple(
        Timed(
            person_id=person_id,
            noticed_s=_first_s(raised_at, [one.submitted_at for one in theirs]),
            delivered_s=_first_s(
                raised_at, [one.changed_at for one in theirs if one.state is AttemptState.DELIVERED]
            ),
            taken_s=_first_s(raised_at, [one.taken_at for one in takings if one.person_id == person_id]),
        )
        for person_id in dict.fromkeys([*told, *(one.person_id for one in takings)])
        for theirs in [[one for one in tried if receiver[one.notice_id] == person_id]]
    )


def _first_s(raised_at: datetime, moments: Sequence[datetime]) -> float | None:
    return (min(moments) - raised_at).total_seconds() if moments else None
