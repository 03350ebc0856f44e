"""Starts drills, lets a canary of the line raise their alerts, and ends them: once taken, or by themselves.

What must not break: a drill is about nobody. No agency hears of it, no entry and no list knows it, nobody is
sent; its alert ends with the taking or a quarter of an hour after the ladder's last step.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from notifications import ladders
from notifications.ladders import Ladder, TakingsNeeded
from notifications.texts import TextId
from tracker.domain.alerts import Alert, AlertState
from tracker.domain.authorisation import Action
from tracker.domain.drills import URGENCIES, Beginning, Drill, Scope, plan_of_drill
from tracker.domain.due import DueKind, DueWork
from tracker.domain.errors import Conflict, Invalid, NotFound, Problem
from tracker.domain.ids import AgencyId, AlertId, CourtId, DrillId, DrillPlanId, LeaseToken, SubjectId
from tracker.domain.lines import silent_at
from tracker.domain.metering import Happening, Stage
from tracker.domain.people import Actor, Duty, system_actor
from tracker.services import audit
from tracker.services.access import require_in_court
from tracker.services.alerts.moves import ALL_CLOCKS, move
from tracker.services.audit import About
from tracker.services.due_rows import set_due
from tracker.services.ladders.rungs import begin_ladders, snapshot
from tracker.services.notices.telling import Telling, tell
from tracker.storage import agencies, alerts, drills, due_work, notices, people, subjects, waiting_notices
from tracker.storage.agencies import Agency
from tracker.storage.subjects import Subject
from tracker.storage.transaction import Tx

AFTER_LAST_STEP: Final = timedelta(minutes=15)
NOBODY: Final = "（演练）"


async def start_drill(tx: Tx, actor: Actor, scope: Scope, *, at_once: bool = False) -> Drill:
    """The next canary of the line raises its alert; `at_once`: the court does, now, and no line is tried."""
    await require_in_court(tx, actor, Action.DRILL)
    await require_scope(tx, actor.court_id, scope)
    drill = await try_to_start(tx, actor, scope, at_once=at_once)
    if drill is None:
        raise Conflict("已有演练在进行，请等其结束", "a drill is under way: wait until it has ended")
    return drill


async def require_scope(tx: Tx, court_id: CourtId, scope: Scope) -> None:
    """Refuse what cannot be tried, each field with its remedy."""
    problems = []
    if scope.agency_id not in {one.agency_id for one in await agencies.list_agencies(tx, court_id)}:
        problems.append(Problem(field="agency", zh="请选择单位", en="choose an agency"))
    if scope.urgency not in URGENCIES:
        problems.append(Problem(field="urgency", zh="请选择紧急或计划", en="choose imminent or planned"))
    teams = {team_id for team_id, _ in await people.list_teams(tx, court_id)}
    if scope.duty is Duty.TEAM and scope.team_id not in teams:
        problems.append(Problem(field="team", zh="请选择团队", en="choose a team"))
    if problems:
        raise Invalid(problems)


async def try_to_start(
    tx: Tx, actor: Actor, scope: Scope, *, at_once: bool = False, plan_id: DrillPlanId | None = None
) -> Drill | None:
    """None while another one of the court is under way."""
    drill = Drill(
        drill_id=DrillId(tx.entropy.new_id()),
        court_id=actor.court_id,
        scope=scope,
        started_by=actor.person_id,
        started_at=tx.at,
        plan_id=plan_id,
    )
    if not await drills.add_drill(tx, drill):
        return None
    await audit.record(tx, actor, "drill started", _about(drill), agency=scope.agency_id)
    agency = await agencies.get_agency(tx, scope.agency_id)
    if at_once or agency.closing is not None:
        await _begin(tx, drill, agency, Beginning.COURT)
    else:
        canary_by = silent_at(tx.at, agency.canary_every_s)
        await set_due(tx, DueKind.DRILL_BEGINS, drill.drill_id, canary_by)
    return drill


async def begin_by_line(tx: Tx, agency_id: AgencyId) -> None:
    """A canary came over the line: the drill that waits for it has gone the way of a sighting."""
    drill = await drills.lock_waiting(tx, agency_id)
    if drill is not None:
        await due_work.cancel_due(tx, drill.drill_id, [DueKind.DRILL_BEGINS])
        await _begin(tx, drill, await agencies.get_agency(tx, agency_id), Beginning.LINE)


async def begin_at_the_court(tx: Tx, due: DueWork, token: LeaseToken) -> None:
    """No canary came in its time: the phones are tried all the same."""
    # The drill before its row, as who hears a canary has it.
    drill = await drills.lock_drill(tx, DrillId(due.about))
    is_mine = await due_work.record_done(tx, due.due_id, token)
    if is_mine and drill.alert_id is None and drill.ended_at is None:
        agency = await agencies.get_agency(tx, drill.scope.agency_id)
        await _begin(tx, drill, agency, Beginning.COURT)


async def _begin(tx: Tx, drill: Drill, agency: Agency, by: Beginning) -> None:
    court = await people.get_court(tx, drill.court_id)
    ladder = await _ladder(tx, drill)
    ends_at = _ends_at(ladder, tx.at)
    alert = Alert(
        alert_id=AlertId(tx.entropy.new_id()),
        court_id=drill.court_id,
        subject_id=await _nobody(tx, drill.court_id),
        state=AlertState.OPEN,
        paused=False,
        plan=plan_of_drill(drill.scope.urgency, court.sms_name, tx.at, ends_at),
        plan_version=1,
        urgency=drill.scope.urgency,
        ladder=ladders.ladder_to_json(ladder),
        raised_at=tx.at,
        closed_at=None,
        outcome=None,
        entry_ids=(),
        version=1,
        is_drill=True,
    )
    await alerts.add_alert(tx, alert)
    await drills.record_begun(tx, drill.drill_id, alert.alert_id, by)
    await set_due(tx, DueKind.DRILL_ENDS, alert.alert_id, ends_at)
    await begin_ladders(tx, (alert,))
    await _note(tx, alert, "drill begun", began_by=by.value, agency=agency.agency_id)
    tx.log("drill-begun", alert=alert.alert_id, agency=agency.agency_id, source=by.value)


async def _ladder(tx: Tx, drill: Drill) -> Ladder:
    """The court's own; but whoever takes a drill first has it, and one by night waits for no morning."""
    ladder = ladders.ladder_from_json(await snapshot(tx, drill.court_id, drill.scope.urgency, tx.at))
    return replace(ladder, takings_needed=TakingsNeeded.ONE, quiet_hours=None)


def _ends_at(ladder: Ladder, at: datetime) -> datetime:
    return at + timedelta(seconds=ladder.steps[-1].after_s) + AFTER_LAST_STEP


async def _nobody(tx: Tx, court_id: CourtId) -> SubjectId:
    """Whom drills are about: a subject without documents and entries, the same each time."""
    known = await drills.find_drill_subject(tx, court_id)
    if known is not None:
        return known
    nobody = Subject(
        subject_id=SubjectId(tx.entropy.new_id()),
        court_id=court_id,
        name=NOBODY,
        sex=None,
        birth_date=None,
        phone=None,
        documents=(),
    )
    await subjects.add_subject(tx, nobody)
    return nobody.subject_id


async def end_taken(tx: Tx, alert: Alert) -> None:
    """Somebody has it, and the others have been told: that is all that was to be tried."""
    drill = await _end(tx, alert, "drill taken")
    tx.timed(Stage.DRILL_RAISED_TO_TAKEN, alert.raised_at, drill.scope.agency_id, until=tx.at)
    tx.counted(Happening.DRILLS, drill.scope.agency_id, "taken")


async def end_untaken(tx: Tx, alert: Alert) -> None:
    """The ladder is at its end and nobody has it: whoever was told hears that it is over."""
    drill = await _end_and_tell(tx, alert, "drill ended")
    tx.counted(Happening.DRILLS, drill.scope.agency_id, "nobody")


async def call_off_drill(tx: Tx, actor: Actor, drill_id: DrillId) -> None:
    """Before anybody has it. What has ended stays as it is."""
    await require_in_court(tx, actor, Action.DRILL)
    drill = await drills.get_drill(tx, drill_id)
    if drill.court_id != actor.court_id:
        raise NotFound("drill")
    if drill.alert_id is not None:
        alert = await alerts.lock_alert(tx, drill.alert_id)
        if alert.state is AlertState.OPEN:
            await _end_and_tell(tx, alert, "drill called off")
    elif (await drills.lock_drill(tx, drill_id)).alert_id is not None:
        raise Conflict("演练刚刚开始，请刷新", "the drill has just begun: reload and look again")
    else:
        await due_work.cancel_due(tx, drill_id, [DueKind.DRILL_BEGINS])
        await drills.record_ended(tx, drill_id)
    await audit.record(tx, actor, "drill called off", _about(drill))


async def _end_and_tell(tx: Tx, alert: Alert, action: str) -> Drill:
    await waiting_notices.cancel_waiting(tx, alert.alert_id)
    told = await notices.list_told(tx, alert.alert_id)
    await tell(tx, alert, Telling(text_id=TextId.DRILL_OVER, to=told))
    return await _end(tx, alert, action)


async def _end(tx: Tx, alert: Alert, action: str) -> Drill:
    drill = await drills.get_drill_of(tx, alert.alert_id)
    await due_work.cancel_due(tx, alert.alert_id, ALL_CLOCKS)
    await move(tx, alert, state=AlertState.CLOSED, closed_at=tx.at)
    await drills.record_ended(tx, drill.drill_id)
    await _note(tx, alert, action)
    return drill


async def _note(tx: Tx, alert: Alert, action: str, **detail: str) -> None:
    about = About(kind="alert", key=alert.alert_id)
    await audit.record(tx, system_actor(alert.court_id), action, about, **detail)


def _about(drill: Drill) -> About:
    return About(kind="drill", key=drill.drill_id)
