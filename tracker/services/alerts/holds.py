"""A person kept by an agency for the court: it starts by the agency's word, has its own end, and is told to
those who must be there before it comes.
"""

from datetime import datetime, timedelta

from notifications.ladders import ToWhom
from notifications.texts import TextId
from schemas.messages import HandOverReport, HoldReport, ReleaseReport, StandDown, StandDownReason
from tracker.domain.alerts import Alert, AlertState, Hold
from tracker.domain.due import DueKind
from tracker.domain.ids import AgencyId, PersonId
from tracker.domain.people import system_actor
from tracker.services import audit
from tracker.services.alerts.moves import move
from tracker.services.alerts.stand_down import order_agency
from tracker.services.audit import About
from tracker.services.due_rows import set_due
from tracker.services.ladders.circles import people_for
from tracker.services.notices.telling import Telling, tell
from tracker.storage import agencies, alert_acts, alerts, due_work, instructions, notices, stand_downs
from tracker.storage.instructions import Instruction
from tracker.storage.transaction import Tx

ANSWER_WITHIN = timedelta(minutes=10)


async def record_hold(tx: Tx, agency_id: AgencyId, report: HoldReport) -> None:
    """An agency keeps a person. A hold of somebody who is no longer wanted is answered with a release at
    once.
    """
    instruction = await instructions.find_instruction(tx, agency_id, report.reference)
    alert = await alerts.lock_open_alert(tx, instruction.subject_id) if instruction else None
    if instruction is None or alert is None or not instruction.is_listed:
        await _release_now(tx, agency_id, report.reference, instruction)
        await _note_wrong_hold(tx, agency_id, instruction)
        return
    if report.release_at <= report.held_at:
        # Somebody was held whom nobody had confirmed: the adapter says "let go", and so does the court.
        await _release_now(tx, agency_id, report.reference, instruction)
        await _note_wrong_hold(tx, agency_id, instruction)
        await _ask_at_once(tx, alert, agency_id)
        return
    if await find_running_hold(tx, alert, agency_id) is not None:
        return
    hold = Hold(
        hold_id=tx.entropy.new_id(),
        agency_id=agency_id,
        held_at=report.held_at,
        release_at=report.release_at,
        place=report.place,
        unit=report.unit,
        ended_at=None,
        ended_by=None,
    )
    await alert_acts.add_hold(tx, alert.alert_id, hold)
    half = report.held_at + (report.release_at - report.held_at) / 2
    await set_due(tx, DueKind.HOLD_HALF_GONE, alert.alert_id, half, hold_id=hold.hold_id)
    await move(tx, alert)
    await _note(tx, alert, "hold reported", hold.hold_id)


async def _note_wrong_hold(tx: Tx, agency_id: AgencyId, instruction: Instruction | None) -> None:
    agency = await agencies.get_agency(tx, agency_id)
    about = About(kind="instruction", key=instruction.instruction_id if instruction else "unknown")
    await audit.record(
        tx, system_actor(agency.court_id), "hold without confirmation", about, agency=agency_id
    )


async def _ask_at_once(tx: Tx, alert: Alert, agency_id: AgencyId) -> None:
    """The agency has the person before it and no answer from the court: judge, told and desk hear it now."""
    agency = await agencies.get_agency(tx, agency_id)
    judges = await people_for(tx, alert, ToWhom.JUDGE)
    desk = await people_for(tx, alert, ToWhom.DESK)
    told = await notices.list_told(tx, alert.alert_id)
    extra = {"agency": agency.name, "confirm_by": tx.at + ANSWER_WITHIN}
    await tell(tx, alert, Telling(text_id=TextId.CONFIRMATION_DUE, to=(*judges, *told, *desk), extra=extra))


async def _release_now(tx: Tx, agency_id: AgencyId, reference: int, instruction: Instruction | None) -> None:
    names = instruction.references if instruction else ()
    order = StandDown(
        reference=reference,
        also=tuple(one for one in names if one != reference),
        version=instruction.version if instruction else 1,
        reason=StandDownReason.WITHDRAWN,
        release_now=True,
    )
    await order_agency(tx, await _stood_down(tx, instruction), agency_id, order)


async def _stood_down(tx: Tx, instruction: Instruction | None) -> Alert | None:
    """The subject's last alert, where it is over: whether this agency lets the person go is seen on it."""
    if instruction is None:
        return None
    known = await alerts.list_alerts_of_subject(tx, instruction.subject_id)
    return known[0] if known and known[0].state is not AlertState.OPEN else None


async def find_running_hold(tx: Tx, alert: Alert, agency_id: AgencyId) -> Hold | None:
    """The hold of an agency that has not ended."""
    holds = await alert_acts.list_holds(tx, alert.alert_id)
    return next((one for one in holds if one.agency_id == agency_id and one.ended_at is None), None)


async def end_by_hand_over(tx: Tx, agency_id: AgencyId, report: HandOverReport) -> None:
    """The court's team has the person: the clock stops."""
    found = await _let_go(tx, agency_id, report)
    if found is not None:
        await _end(tx, found, (report.at, "handed-over"), three_point_check=report.three_point_check)


async def end_by_release(tx: Tx, agency_id: AgencyId, report: ReleaseReport) -> None:
    """The agency let the person go: the clock stops."""
    found = await _let_go(tx, agency_id, report)
    if found is not None:
        await _end(tx, found, (report.at, "released"), three_point_check=None)


async def _let_go(
    tx: Tx, agency_id: AgencyId, report: HandOverReport | ReleaseReport
) -> tuple[Alert, Hold] | None:
    """The hold that ends, if the court knew of it; a stand-down learns of it all the same."""
    instruction = await instructions.find_instruction(tx, agency_id, report.reference)
    if instruction is None:
        return None
    await stand_downs.record_released(tx, agency_id, instruction.subject_id, report.at)
    for alert in await alerts.list_alerts_of_subject(tx, instruction.subject_id):
        hold = await find_running_hold(tx, alert, agency_id)
        if hold is not None:
            return alert, hold
    return None


async def _end(
    tx: Tx, found: tuple[Alert, Hold], ended: tuple[datetime, str], *, three_point_check: bool | None
) -> None:
    alert, hold = found
    at, ended_by = ended
    await alert_acts.record_hold_ended(tx, hold.hold_id, at, ended_by, three_point_check=three_point_check)
    await due_work.cancel_due(tx, alert.alert_id, [DueKind.HOLD_HALF_GONE])
    await move(tx, alert)
    await _note(tx, alert, f"hold {ended_by}", hold.hold_id)


async def _note(tx: Tx, alert: Alert, action: str, hold_id: str) -> None:
    await audit.record(
        tx, system_actor(alert.court_id), action, About(kind="alert", key=alert.alert_id), hold=hold_id
    )


async def warn_half_gone(tx: Tx, alert: Alert, hold_id: str) -> None:
    """Half of the hold is gone and nobody has taken the person over."""
    holds = await alert_acts.list_holds(tx, alert.alert_id)
    running = [one for one in holds if one.hold_id == hold_id and one.ended_at is None]
    if not running or alert.state is not AlertState.OPEN:
        return
    extra = {"held_at": running[0].held_at, "held_by": running[0].unit, "release_at": running[0].release_at}
    to = await _who_must_come(tx, alert)
    await tell(tx, alert, Telling(text_id=TextId.HOLD_HALF_GONE, to=to, extra=extra))


async def _who_must_come(tx: Tx, alert: Alert) -> tuple[PersonId, ...]:
    takings = await alert_acts.list_standing_takings(tx, alert.alert_id)
    dispatch = await alert_acts.find_standing_dispatch(tx, alert.alert_id)
    takers = tuple(taking.person_id for taking in takings)
    coming = (*takers, *(dispatch.member_ids if dispatch else ()))
    # A person is held and nobody comes: then it is everybody's.
    return coming or (
        *await notices.list_told(tx, alert.alert_id),
        *await people_for(tx, alert, ToWhom.DESK),
    )
