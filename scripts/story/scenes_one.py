"""Two debtors are listed, and one of them buys a ticket: 24 and 25 February."""

from adapters.edge.card_use import Hit
from adapters.edge.instruction import DisplayState
from notifications.channels.port import ChannelKind
from schemas.measures import AgencyKind
from schemas.messages import Answer, Discretion
from scripts import cast
from scripts.clocks import Stopwatch
from scripts.desk import court_time
from scripts.stage import Registration
from scripts.story.props import FIRST_PLAN, Props
from tracker.domain.authorisation import Action
from tracker.domain.court_time import court_day
from tracker.domain.errors import NotAllowed
from tracker.domain.ids import AgencyId
from tracker.domain.people import Duty
from tracker.domain.plans import Urgency
from tracker.services.alerts.confirmations import AnswerForm
from tracker.services.answers.replies import ReplyMeaning
from tracker.storage import people
from tracker.storage.calendars import get_calendar

NOBODY_HAS_IT = "【云河法院】无人接手：26执1357佟某，28日06:59到北京西，25日19:42起无人接手。能接手请回"
UNTIL_BEIJING = AnswerForm(
    agency_id=AgencyId(AgencyKind.RAIL.value),
    answer=Answer.STILL_WANTED,
    discretion=Discretion.REPORT_ONLY_UNTIL,
    report_only_until="北京西",
)


async def registration_day(props: Props) -> None:
    """何 registers, is refused her own approval; 顾 approves, typing both numbers again."""
    stage, timeline = props.stage, props.timeline
    await stage.opens_case(
        cast.A_CASE, amount_fen=cast.A_DEBT_FEN, collected_fen=cast.A_COLLECTED_FEN, debtor="云上建筑公司"
    )
    await stage.opens_case(cast.B_CASE, amount_fen=cast.B_DEBT_FEN, debtor=cast.B.name)
    props.entry_a = await stage.registers(
        Registration(
            case=cast.A_CASE,
            wanted=cast.A,
            capacity="legal-representative",
            release_fen=cast.A_DEBT_FEN,
        )
    )
    props.entry_b = await stage.registers(
        Registration(case=cast.B_CASE, wanted=cast.B, release_fen=cast.B_DEBT_FEN)
    )
    timeline.tell("court", "何书记员", "登记佟某、程某：协助控制（拘传），附传票、送达回证、拘传票")
    for entry_id in (props.entry_a, props.entry_b):
        entry = await stage.entry(entry_id)
        timeline.promise("a number has evidence, a hold has papers", len(entry.papers) == 3)
    await stage.reaches(court_time(2, 24, 9, 20))
    await _own_approval_is_refused(props)
    await stage.reaches(court_time(2, 24, 9, 21))
    watch = Stopwatch()
    await stage.approves(props.entry_a, cast.A.number)
    await stage.approves(props.entry_b, cast.B.number)
    timeline.tell("court", "顾局长", f"重新输入两个号码，批准两条 ({watch.measured})")
    await props.expect_in_force("everywhere, and proven", props.entry_a, props.entry_b)


async def _own_approval_is_refused(props: Props) -> None:
    try:
        await props.stage.approves(props.entry_a, cast.A.number, by=cast.CLERK)
    except NotAllowed as refusal:
        props.timeline.tell("court", "何书记员", f"试图批准自己登记的条目：{refusal}")
        props.timeline.promise("four eyes", refusal.action == Action.APPROVE.value)
        return
    props.timeline.promise("four eyes", kept=False, seen="her own approval was accepted")


async def ordinary_evening(props: Props) -> None:
    """A buys a night-train ticket; judge and duty officer are told, then the team; the judge takes it."""
    stage, timeline = props.stage, props.timeline
    await stage.reaches(court_time(2, 25, 19, 42, 7))
    watch = Stopwatch()
    bought = await stage.railway.sells_ticket(cast.A, FIRST_PLAN)
    timeline.tell("edge", "铁路", f"佟某购票 Z38 硬卧7车12下，本地名单库命中：{type(bought).__name__}")
    await stage.reaches(court_time(2, 25, 19, 42, 8))
    others = [await stage.agency(kind).edge.state() for kind in AgencyKind if kind is not AgencyKind.RAIL]
    timeline.promise(
        "nothing but the hit left the railway",
        isinstance(bought, Hit) and not any(state.waiting_reports for state in others),
    )
    await _first_people_are_told(props, watch)
    await stage.reaches(court_time(2, 25, 19, 57, 7))
    props.expect_sms(
        "the ladder",
        {
            cast.ASSISTANT: f"{NOBODY_HAS_IT}61935",
            cast.CLERK: f"{NOBODY_HAS_IT}61936",
        },
    )
    await _judge_takes_it(props)


async def _first_people_are_told(props: Props, watch: Stopwatch) -> None:
    stage, timeline = props.stage, props.timeline
    alert = await stage.alert_of(props.entry_a)
    planned = alert.urgency is Urgency.PLANNED and alert.plan.act_from == court_time(2, 28, 4, 59)
    timeline.promise("a plan days ahead is planned, to act from 28 Feb 04:59", planned, alert.plan)
    timeline.tell("court", "measured", f"card use to last message: {watch.measured}")
    pushed = {one.message.to for one in stage.new_messages(ChannelKind.PUSH)}
    timeline.promise(
        "told by push as well", pushed == {cast.JUDGE.person_id, cast.DUTY_OFFICER.person_id}, pushed
    )
    props.expect_sms(
        "told within a second",
        {
            cast.JUDGE: "【云河法院】行踪预警：26执1357佟某，Z38次7车12下，28日06:59到北京西。接手请回40718",
            cast.DUTY_OFFICER: "【云河法院】值班预警：26执1357佟某，Z38次7车12下，28日06:59到北京西，承办沈法官。"
            "接手请回58263",
        },
    )
    async with stage.registry.reading() as tx:
        calendar = await get_calendar(tx, cast.COURT.court_id)
        day = court_day(alert.plan.act_at)
        team = await people.list_on_duty(tx, alert.court_id, Duty.TEAM, alert.plan.act_at, cast.TEAM)
    workday = calendar.is_makeup_workday(day)
    on_shift = set(team) == {cast.ASSISTANT.person_id, cast.CLERK.person_id}
    timeline.tell("court", "值班表", f"{day:%d}日 周六（调休上班），当班：林助理、何书记员")
    timeline.promise("the shift of the act point is Saturday's workday shift", workday and on_shift, team)


async def _judge_takes_it(props: Props) -> None:
    stage, timeline = props.stage, props.timeline
    await stage.reaches(court_time(2, 25, 20, 3))
    timeline.tell("court", "沈法官", "回复 40718 接手")
    meaning = await stage.replies(cast.JUDGE, "40718")
    taken = "【云河法院】26执1357佟某的预警，沈法官20:03已接手，您无需再回，行程有变会另行通知"
    props.expect_sms(
        "one taker, and the others know",
        {cast.DUTY_OFFICER: taken, cast.ASSISTANT: taken, cast.CLERK: taken},
    )
    timeline.promise("a reply takes the alert", meaning is ReplyMeaning.TOOK, meaning)
    alert = await stage.alert_of(props.entry_a)
    reference = await stage.reference_at(AgencyKind.RAIL, props.entry_a)
    before = await stage.railway.shows(reference)
    timeline.promise(
        "report, do not stop, until the court answers", before.state is DisplayState.REPORT_ONLY, before
    )
    await stage.confirms(cast.JUDGE, alert, UNTIL_BEIJING)
    shown = await stage.railway.shows(reference)
    timeline.tell("edge", "铁路", f"收到复核答复：仍需协助，到北京西前只通报（{shown.state.value}）")
    timeline.promise("the agency is answered", shown.confirmation is not None, shown)
