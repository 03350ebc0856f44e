"""The lines of the list of alerts: those that the reader may see, each with how far it has come."""

from dataclasses import dataclass

from tracker.domain.alerts import Alert, AlertState, Stage, stage_of
from tracker.domain.people import Role
from tracker.services.ladders.circles import still_missing
from tracker.services.notices.facts import cases_of
from tracker.storage import alert_acts, alerts, missed, subjects, unreached
from tracker.storage.cases import Case
from tracker.storage.transaction import Tx
from tracker.web.alerts.acts import may_read
from tracker.web.titles import title_of
from tracker.web.visits import Visit

ENDED_SHOWN = 50
REMINDED_OF_MISSED = frozenset({Role.COMMAND_DESK, Role.BUREAU_LEADER})


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertLine:
    """One line of the list."""

    alert: Alert
    stage: Stage
    subject_name: str
    cases: tuple[Case, ...]
    taker: str | None
    is_unreached: bool


async def list_alert_lines(tx: Tx, visit: Visit) -> tuple[AlertLine, ...]:
    """The alerts the reader may see: open ones by urgency and time, then those that ended."""
    found = await alerts.list_latest_alerts(tx, visit.actor.court_id, ENDED_SHOWN)
    lines = [await alert_line(tx, visit, alert) for alert in found if await may_read(tx, visit.actor, alert)]
    return tuple(sorted(lines, key=lambda line: _place(line.alert)))


async def count_missed(tx: Tx, visit: Visit) -> int:
    """How many alerts stand on the missed list, for those whom it reminds."""
    if not visit.actor.roles & REMINDED_OF_MISSED:
        return 0
    return len(await missed.list_missed(tx, visit.actor.court_id))


def _place(alert: Alert) -> tuple[bool, float]:
    """Open before ended; of the open, what must be acted on first; of the ended, the newest first."""
    is_open = alert.state is AlertState.OPEN
    return not is_open, alert.plan.act_at.timestamp() if is_open else -alert.raised_at.timestamp()


async def alert_line(tx: Tx, visit: Visit, alert: Alert) -> AlertLine:
    takings = await alert_acts.list_standing_takings(tx, alert.alert_id)
    takers = [await title_of(tx, one.person_id, visit.language) for one in takings]
    return AlertLine(
        alert=alert,
        stage=await stage(tx, alert),
        subject_name=(await subjects.get_subject(tx, alert.subject_id)).name,
        cases=await cases_of(tx, alert),
        taker=visit.says("、", ", ").join(takers) or None,
        is_unreached=alert.state is AlertState.OPEN and await unreached.is_unreached(tx, alert.alert_id),
    )


async def stage(tx: Tx, alert: Alert) -> Stage:
    """How far the alert has come, from what stands on it."""
    is_taken = not await still_missing(tx, alert)
    taking = await alert_acts.find_standing_taking(tx, alert.alert_id) if is_taken else None
    dispatch = await alert_acts.find_standing_dispatch(tx, alert.alert_id)
    running = [one for one in await alert_acts.list_holds(tx, alert.alert_id) if one.ended_at is None]
    return stage_of(alert, taking, dispatch, running[-1] if running else None)
