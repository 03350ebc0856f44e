"""The court's answer to an agency: still wanted, stand down, or more time. It runs on a clock of its own.

Until it is given an adapter shows "report, do not stop", whatever the measure.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from notifications.ladders import ToWhom
from notifications.texts import TextId
from schemas.messages import Answer, Confirmation, Discretion
from tracker.domain.alerts import Alert, AlertState
from tracker.domain.authorisation import Action
from tracker.domain.due import DueKind
from tracker.domain.errors import Conflict, Invalid, Problem
from tracker.domain.ids import AgencyId, PersonId
from tracker.domain.matching import Verdict
from tracker.domain.measures import HOLD_MEASURES, is_stopping
from tracker.domain.people import Actor, system_actor
from tracker.domain.plans import Urgency
from tracker.services import audit
from tracker.services.access import require_on_alert
from tracker.services.agencies.posting import post_to_agency
from tracker.services.audit import About
from tracker.services.due_rows import due_row
from tracker.services.ladders import rungs
from tracker.services.ladders.circles import people_for
from tracker.services.notices.telling import Telling, tell
from tracker.storage import agencies, alert_acts, due_work, instructions, notices, people, sightings
from tracker.storage.alert_acts import AskedConfirmation
from tracker.storage.instructions import Instruction
from tracker.storage.transaction import Tx

LIVE_CLOCK = timedelta(minutes=10)
LATER_CLOCK = timedelta(hours=1)
NOBODY_YET = "待派员"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerForm:
    """What a person answers an agency. `report_only_until` names the place up to which nobody approaches."""

    agency_id: AgencyId
    answer: Answer
    discretion: Discretion = Discretion.MUST_NOT_TELL
    report_only_until: str | None = None


async def ask(tx: Tx, alert: Alert, agency_id: AgencyId, verdict: Verdict, *, is_live: bool) -> None:
    """An agency waits for an answer on this plan; asked once per plan, a standing answer
    covers later hits.
    """
    asked = await find_asked(tx, alert, agency_id)
    if asked is None:
        await ask_first(tx, alert, agency_id, verdict, is_live=is_live)
        return
    if asked.answer is not None and verdict is Verdict.DOUBTFUL:
        asked = await _reopen(tx, alert, asked)
    await _answer_if_harmless(tx, alert, asked, verdict)


async def ask_first(tx: Tx, alert: Alert, agency_id: AgencyId, verdict: Verdict, *, is_live: bool) -> None:
    """The same for a plan about which this agency has not asked, such as that of a new alert."""
    # Who may sleep on a plan days ahead may sleep on its answer: the clock starts in the morning.
    starts_at = rungs.may_ring_at(alert, tx.at)
    is_there = is_live and alert.urgency is not Urgency.TRACE
    asked = AskedConfirmation(
        confirmation_id=tx.entropy.new_id(),
        agency_id=agency_id,
        plan_version=alert.plan_version,
        asked_at=starts_at,
        due_at=starts_at + (LIVE_CLOCK if is_there else LATER_CLOCK),
        answer=None,
        answered_by=None,
        answered_at=None,
        detail=None,
    )
    await alert_acts.ask_confirmation(tx, alert.alert_id, asked)
    await _set_clock(tx, alert, asked)
    await _answer_if_harmless(tx, alert, asked, verdict)


async def _answer_if_harmless(tx: Tx, alert: Alert, asked: AskedConfirmation, verdict: Verdict) -> None:
    """Where the person is let go whatever the answer, nobody need be asked."""
    if asked.answer is not None or verdict is not Verdict.VERIFIED:
        return
    instruction = await _instruction(tx, alert, asked.agency_id)
    measure = None if instruction is None else instruction.measure
    if measure is not None and not is_stopping(measure):
        form = AnswerForm(agency_id=asked.agency_id, answer=Answer.STILL_WANTED)
        await _answer(tx, system_actor(alert.court_id), alert, asked, form)


async def _reopen(tx: Tx, alert: Alert, asked: AskedConfirmation) -> AskedConfirmation:
    """A hit whose document contradicts is covered by no earlier answer: a person looks again."""
    due_at = tx.at + LIVE_CLOCK
    again = replace(asked, answer=None, asked_at=tx.at, due_at=due_at, detail=None)
    await alert_acts.record_answer(tx, again)
    await _post(tx, alert, AnswerForm(agency_id=asked.agency_id, answer=Answer.MORE_TIME))
    await _set_clock(tx, alert, again)
    return again


async def _set_clock(tx: Tx, alert: Alert, asked: AskedConfirmation) -> None:
    key = asked.confirmation_id
    moments = {DueKind.CONFIRMATION_REMINDER: _half(asked), DueKind.CONFIRMATION_OVERDUE: asked.due_at}
    rows = [due_row(tx, kind, alert.alert_id, at, confirmation_id=key) for kind, at in moments.items()]
    await due_work.add_due(tx, *rows)


def _half(asked: AskedConfirmation) -> datetime:
    return asked.asked_at + (asked.due_at - asked.asked_at) / 2


async def find_asked(tx: Tx, alert: Alert, agency_id: AgencyId) -> AskedConfirmation | None:
    """The question of an agency about the alert's present plan."""
    asked = await alert_acts.list_confirmations(tx, alert.alert_id)
    current = [one for one in asked if (one.agency_id, one.plan_version) == (agency_id, alert.plan_version)]
    return current[0] if current else None


async def _instruction(tx: Tx, alert: Alert, agency_id: AgencyId) -> Instruction | None:
    listed = await instructions.list_instructions(tx, alert.subject_id)
    return next((one for one in listed if one.agency_id == agency_id), None)


async def confirm(tx: Tx, actor: Actor, alert: Alert, form: AnswerForm) -> None:
    """A person answers an agency about the alert's present plan."""
    await require_on_alert(tx, actor, Action.ACT, alert)
    if alert.state is not AlertState.OPEN:
        raise Conflict("该预警已结束，无需答复", "the alert has ended: there is nothing to answer")
    if alert.paused and form.answer is Answer.STILL_WANTED:
        raise Conflict("协查已暂停，恢复后方可答复", "the entry is suspended: resume it before you answer")
    asked = await find_asked(tx, alert, form.agency_id)
    if asked is not None and (await agencies.get_agency(tx, asked.agency_id)).closing is not None:
        raise Conflict(
            "该单位线路已关闭，请电话答复", "the line to this agency is closed: answer it by telephone"
        )
    if asked is None:
        problem = Problem(
            field="agency", zh="该单位未在等待答复", en="is not waiting for an answer: choose another"
        )
        raise Invalid([problem])
    if form.answer is Answer.MORE_TIME and asked.detail is not None:
        raise Conflict("已延长过一次，请答复", "more time was taken once already: answer now")
    await _answer(tx, actor, alert, asked, form)


async def _answer(tx: Tx, actor: Actor, alert: Alert, asked: AskedConfirmation, form: AnswerForm) -> None:
    more_time = form.answer is Answer.MORE_TIME
    answered = replace(
        asked,
        answer=None if more_time else form.answer.value,
        answered_by=actor.person_id,
        answered_at=tx.at,
        due_at=asked.due_at + (asked.due_at - asked.asked_at) if more_time else asked.due_at,
        detail={"discretion": form.discretion.value, "report_only_until": form.report_only_until},
    )
    await alert_acts.record_answer(tx, answered)
    await _post(tx, alert, form)
    about = About(kind="alert", key=alert.alert_id)
    await audit.record(tx, actor, f"answer {form.answer.value}", about, agency=form.agency_id)
    if more_time:
        await _set_clock(tx, alert, answered)


async def _post(tx: Tx, alert: Alert, form: AnswerForm) -> None:
    instruction = await _instruction(tx, alert, form.agency_id)
    if instruction is None or not instruction.listings:
        return
    first, *also = instruction.references
    agency = await agencies.get_agency(tx, form.agency_id)
    court = await people.get_court(tx, alert.court_id)
    holds = instruction.measure in HOLD_MEASURES
    message = Confirmation(
        reference=first,
        also=tuple(also),
        version=instruction.version,
        answer=form.answer,
        act_point=alert.plan.act_place,
        act_at=alert.plan.act_at,
        discretion=form.discretion,
        report_only_until=form.report_only_until,
        who_comes=await _who_comes(tx, alert),
        phone_24h=court.desk_phone,
        hold_for_s=agency.hold_for_s if holds else None,
        # A hold that began under this answer runs to its own end at the edge.
        valid_until=alert.plan.useful_until,
    )
    await post_to_agency(tx, form.agency_id, message)


async def _who_comes(tx: Tx, alert: Alert) -> str:
    dispatch = await alert_acts.find_standing_dispatch(tx, alert.alert_id)
    if dispatch is None:
        return NOBODY_YET
    names = [(await people.get_person(tx, member)).title for member in dispatch.member_ids]
    return "、".join(names)


async def take_back_answers(tx: Tx, alert: Alert) -> None:
    """The plan changed or the alert ends: what any agency was answered about it no longer lets it stop the
    person.
    """
    asked = await alert_acts.list_confirmations(tx, alert.alert_id)
    for agency_id in sorted({one.agency_id for one in asked if one.answer is not None}):
        await _post(tx, alert, AnswerForm(agency_id=agency_id, answer=Answer.MORE_TIME))


async def follow_act_point(tx: Tx, former: Alert, alert: Alert) -> None:
    """The court acts elsewhere on the same journey of the person: what was asked stands, and whoever was
    answered "still wanted" gets that answer with the new act point. A place up to which nobody approaches
    moves along when it was the act point.
    """
    await alert_acts.carry_confirmations_over(tx, alert.alert_id, former.plan_version, alert.plan_version)
    for asked in await alert_acts.list_confirmations(tx, alert.alert_id):
        is_current = asked.plan_version == alert.plan_version
        if not is_current or asked.answer != Answer.STILL_WANTED or asked.detail is None:
            continue
        until = asked.detail["report_only_until"]
        until = alert.plan.act_place if until == former.plan.act_place else until
        answered = replace(asked, detail={**asked.detail, "report_only_until": until})
        await alert_acts.record_answer(tx, answered)
        form = AnswerForm(
            agency_id=asked.agency_id,
            answer=Answer.STILL_WANTED,
            discretion=Discretion(asked.detail["discretion"]),
            report_only_until=until,
        )
        await _post(tx, alert, form)


async def remind(tx: Tx, alert: Alert, confirmation_id: str) -> None:
    """Half of the clock is gone and nobody has answered: remind those who were told."""
    asked = await _find_waiting(tx, alert, confirmation_id)
    if asked is None or tx.at < _half(asked):
        return
    # After a standstill it is overdue as well: whoever hears of that is not told twice.
    others = await _told_when_overdue(tx, alert) if tx.at >= asked.due_at else ()
    told = await notices.list_told(tx, alert.alert_id)
    await _tell_due(tx, alert, asked, tuple(one for one in told if one not in others))


async def escalate(tx: Tx, alert: Alert, confirmation_id: str) -> None:
    """The clock has run out: the desk and the leader on duty are told."""
    asked = await _find_waiting(tx, alert, confirmation_id)
    if asked is not None and tx.at >= asked.due_at:
        await _tell_due(tx, alert, asked, await _told_when_overdue(tx, alert))


async def _told_when_overdue(tx: Tx, alert: Alert) -> tuple[PersonId, ...]:
    desk = await people_for(tx, alert, ToWhom.DESK)
    return (*desk, *await people_for(tx, alert, ToWhom.LEADER_ON_DUTY))


async def _find_waiting(tx: Tx, alert: Alert, confirmation_id: str) -> AskedConfirmation | None:
    """The question if it still waits on the alert's present plan; a paused alert has nothing to answer.

    Its clock may have been set anew since (more time), so whoever asks looks at the clock again.
    """
    if alert.state is not AlertState.OPEN or alert.paused:
        return None
    asked = await alert_acts.list_confirmations(tx, alert.alert_id)
    waiting = [one for one in asked if one.confirmation_id == confirmation_id and one.answer is None]
    return waiting[0] if waiting and waiting[0].plan_version == alert.plan_version else None


async def _tell_due(tx: Tx, alert: Alert, asked: AskedConfirmation, to: tuple[PersonId, ...]) -> None:
    agency = await agencies.get_agency(tx, asked.agency_id)
    extra = {"agency": agency.name, "confirm_by": asked.due_at}
    await tell(tx, alert, Telling(text_id=TextId.CONFIRMATION_DUE, to=to, extra=extra))


async def ask_again(tx: Tx, alert: Alert) -> None:
    """Another version of the entry stands: every agency that saw the person and still has an instruction is
    a new question, with the verdict of its last sighting.
    """
    await take_back_answers(tx, alert)
    listed = await instructions.list_instructions(tx, alert.subject_id)
    asking = {one.agency_id for one in listed if one.is_listed}
    seen = await sightings.list_sightings_of_alert(tx, alert.alert_id)
    verdicts = {one.sighting.agency_id: Verdict(one.verdict) for one in seen}
    for agency_id in sorted(asking & set(verdicts)):
        await ask(tx, alert, agency_id, verdicts[agency_id], is_live=True)
