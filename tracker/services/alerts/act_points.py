"""Where and when the court acts: proposed by the sighting, chosen by a person."""

from datetime import timedelta

from tracker.domain.alerts import Alert, AlertState
from tracker.domain.authorisation import Action
from tracker.domain.errors import Conflict, Invalid, Problem
from tracker.domain.people import Actor
from tracker.domain.plans import LONGEST_LEAD, ActPoint, Plan
from tracker.services import audit
from tracker.services.access import require_on_alert
from tracker.services.alerts import confirmations
from tracker.services.alerts.plan_changes import move_act_point
from tracker.services.audit import About
from tracker.storage.transaction import Tx


async def choose_act_point(tx: Tx, actor: Actor, alert: Alert, point: ActPoint) -> Alert:
    """Act there and then. Everyone who was told hears of it; agencies that were answered get the answer again
    with the new act point. Nothing changes when it is the one that stands.
    """
    await require_on_alert(tx, actor, Action.ACT, alert)
    if alert.state is not AlertState.OPEN:
        raise Conflict("该预警已结束，无需行动", "the alert has ended: there is nowhere to be")
    if alert.paused:
        raise Conflict(
            "协查已暂停，恢复后方可变更行动点",
            "the entry is suspended: resume it before you move the act point",
        )
    if point == alert.plan.act_point:
        return alert
    _require_possible(alert.plan, point)
    moved = await move_act_point(tx, alert, point, actor.person_id)
    await confirmations.follow_act_point(tx, alert, moved)
    await audit.record(tx, actor, "act point moved", About(kind="alert", key=alert.alert_id))
    return moved


def _require_possible(plan: Plan, point: ActPoint) -> None:
    problems = []
    if point.at < plan.seen_at:
        zh, en = "早于最近行踪的时间，请改晚", "is before the person was last seen: choose a later time"
        problems.append(Problem(field="act_at", zh=zh, en=en))
    if not timedelta(0) <= point.lead <= LONGEST_LEAD:
        problems.append(Problem(field="lead", zh="提前量须在0至24小时之间", en="must be 0 to 24 hours"))
    if problems:
        raise Invalid(problems)
