"""The plan changes to tonight, B boards the same train and has paid by midnight: 26 February."""

from schemas.measures import AgencyKind
from schemas.messages import Place
from scripts import cast
from scripts.clocks import Stopwatch
from scripts.desk import court_time
from scripts.story.props import SEAT_OF_B, TONIGHT, Props
from scripts.story.scenes_one import UNTIL_BEIJING
from tracker.domain.alerts import AlertState
from tracker.domain.entries import Cause, EntryState
from tracker.services.alerts.dispatches import DispatchForm
from tracker.services.answers.replies import ReplyMeaning
from tracker.storage import alert_acts

ACCEPTED = 202
WUCHANG = Place(name="武昌", city="武汉", detail="进站闸机")
CHANGED = "【云河法院】行程有变：26执1357佟某改乘Z38次5车3上，27日06:59到北京西，28日行程作废。接手请回"
SENT_OUT = "【云河法院】派员：26执1357佟某，27日06:59到北京西，06:10北京西站台集合，带队沈法官。收到请回"
SEEN_BOARDING = "【云河法院】行程证实：26执{serial}某26日20:41已在武昌检票，27日06:59到北京西。无需回复"
STAND_DOWN = "【云河法院】停止行动：26执1402程某26日23:40已履行，各单位已撤控。勿查找勿拦截，已控制的立即放行。收到请回"


async def change_of_plan(props: Props) -> None:
    """A changes to tonight: the taking lapses, the judge takes it again, sends people and answers anew."""
    stage, timeline = props.stage, props.timeline
    await stage.reaches(court_time(2, 26, 18, 20, 30))
    await stage.railway.changes_ticket(cast.A, TONIGHT)
    timeline.tell("edge", "铁路", "佟某改签：今晚 Z38 5车3上，27日06:59到北京西")
    await stage.settles()
    props.expect_sms(
        "a change rings again",
        {
            cast.JUDGE: f"{CHANGED}40718",
            cast.DUTY_OFFICER: f"{CHANGED}58263",
            cast.ASSISTANT: f"{CHANGED}61935",
            cast.CLERK: f"{CHANGED}61936",
        },
    )
    alert = await stage.alert_of(props.entry_a)
    async with stage.registry.reading() as tx:
        standing = await alert_acts.find_standing_taking(tx, alert.alert_id)
    timeline.promise("a taking that cannot reach the new plan lapses", standing is None, standing)
    await _judge_sends_people(props)
    await _b_buys_a_seat(props)
    await _both_board(props)


async def _judge_sends_people(props: Props) -> None:
    stage, timeline = props.stage, props.timeline
    await stage.reaches(court_time(2, 26, 18, 22))
    timeline.tell("court", "沈法官", "回复 40718，再次接手")
    meaning = await stage.replies(cast.JUDGE, "40718")
    timeline.promise("the judge takes it again", meaning is ReplyMeaning.TOOK, meaning)
    alert = await stage.alert_of(props.entry_a)
    taken = "【云河法院】26执1357佟某的预警，沈法官18:22已接手，您无需再回，行程有变会另行通知"
    props.expect_sms(
        "the others know who has it", {cast.DUTY_OFFICER: taken, cast.ASSISTANT: taken, cast.CLERK: taken}
    )
    form = DispatchForm(
        leader_id=cast.JUDGE.person_id,
        member_ids=(
            cast.JUDGE.person_id,
            cast.DUTY_OFFICER.person_id,
            cast.BAILIFF_ONE.person_id,
            cast.BAILIFF_TWO.person_id,
        ),
        muster_place="北京西站台",
        muster_at=court_time(2, 27, 6, 10),
        act_place="北京西",
    )
    timeline.tell("court", "沈法官", "派员：沈、高、秦、罗，06:10 北京西站台集合")
    await stage.dispatches(cast.JUDGE, alert, form)
    props.expect_sms(
        "everyone sent knows where, when and under whom",
        {
            cast.JUDGE: f"{SENT_OUT}40718",
            cast.DUTY_OFFICER: f"{SENT_OUT}58263",
            cast.BAILIFF_ONE: f"{SENT_OUT}73520",
            cast.BAILIFF_TWO: f"{SENT_OUT}73521",
        },
    )
    await _answer_anew(props)


async def _answer_anew(props: Props) -> None:
    stage, timeline = props.stage, props.timeline
    alert = await stage.alert_of(props.entry_a)
    await stage.confirms(cast.JUDGE, alert, UNTIL_BEIJING)
    reference = await stage.reference_at(AgencyKind.RAIL, props.entry_a)
    shown = await stage.railway.shows(reference)
    confirmed = shown.confirmation
    timeline.tell("edge", "铁路", "答复更新：到北京西前不接触，2 小时内移交")
    timeline.promise(
        "confirmation with place, discretion and end",
        confirmed is not None
        and confirmed.act_point == "北京西"
        and confirmed.hold_for_s == 7200
        and "沈法官" in confirmed.who_comes,
        shown,
    )


async def _b_buys_a_seat(props: Props) -> None:
    stage, timeline = props.stage, props.timeline
    await stage.reaches(court_time(2, 26, 19, 5))
    await stage.railway.sells_ticket(cast.B, SEAT_OF_B)
    timeline.tell("edge", "铁路", "程某购同一列车 9车41座：命中")
    await stage.settles()
    props.expect_sms(
        "a second person on the same train is an alert of its own",
        {
            cast.JUDGE: "【云河法院】行踪预警：26执1402程某，Z38次9车41座，27日06:59到北京西。接手请回82046",
            cast.DUTY_OFFICER: "【云河法院】值班预警：26执1402程某，Z38次9车41座，27日06:59到北京西，承办沈法官。"
            "接手请回82047",
        },
    )
    timeline.tell("court", "高干警", "回复 82047 接手")
    await stage.replies(cast.DUTY_OFFICER, "82047")
    props.expect_sms(
        "the judge knows that the duty officer has it",
        {cast.JUDGE: "【云河法院】26执1402程某的预警，高干警19:05已接手，您无需再回，行程有变会另行通知"},
    )
    await stage.confirms(cast.DUTY_OFFICER, await stage.alert_of(props.entry_b), UNTIL_BEIJING)


async def _both_board(props: Props) -> None:
    stage, timeline = props.stage, props.timeline
    await stage.reaches(court_time(2, 26, 20, 41))
    await stage.railway.opens_gate(cast.A, WUCHANG)
    await stage.railway.opens_gate(cast.B, WUCHANG)
    timeline.tell("edge", "铁路", "佟某、程某在武昌检票进站：命中")
    await stage.settles()
    seen_a, seen_b = SEEN_BOARDING.format(serial="1357佟"), SEEN_BOARDING.format(serial="1402程")
    seen = sorted(stage.new_sms())
    expected = sorted(
        [
            *[
                (one.phone, seen_a)
                for one in (cast.JUDGE, cast.DUTY_OFFICER, cast.BAILIFF_ONE, cast.BAILIFF_TWO)
            ],
            (cast.DUTY_OFFICER.phone, seen_b),
        ]
    )
    timeline.promise("no noise: only those who have it hear of the gate", seen == expected, seen)


async def money_by_midnight(props: Props) -> None:
    """B's debt arrives: gone everywhere, everyone stands down, the judge ends the entry, B is told."""
    stage, timeline = props.stage, props.timeline
    await stage.reaches(court_time(2, 26, 23, 40))
    watch = Stopwatch()
    timeline.tell("court", "账务系统", "签名事件：程某案款到账 86,400 元")
    answer = await stage.pays(cast.B_CASE, cast.B_DEBT_FEN, "R-1402-1")
    timeline.promise("a signed case event is taken at once", answer.status == ACCEPTED, answer)
    await props.expect_gone("gone everywhere before the next step", props.entry_b)
    timeline.tell("court", "measured", f"money to stand-down: {watch.measured}")
    props.expect_sms(
        "nobody stops a man who paid",
        {cast.JUDGE: f"{STAND_DOWN}82046", cast.DUTY_OFFICER: f"{STAND_DOWN}82047"},
    )
    entry, alert = await stage.entry(props.entry_b), await stage.alert_of(props.entry_b)
    timeline.promise(
        "money suspends at once, and retracts the alert",
        (entry.state, alert.state) == (EntryState.SUSPENDED, AlertState.RETRACTED),
        (entry.state, alert.state),
    )
    await stage.reaches(court_time(2, 26, 23, 41))
    timeline.tell("court", "沈、高", "回复：收到")
    meanings = {await stage.replies(cast.JUDGE, "82046"), await stage.replies(cast.DUTY_OFFICER, "82047")}
    timeline.promise("a stand-down is answered", meanings == {ReplyMeaning.ANSWERED}, meanings)
    await stage.reaches(court_time(2, 26, 23, 52))
    timeline.tell("court", "沈法官", "终止程某条目：已履行")
    await stage.withdraws(props.entry_b, cast.JUDGE, Cause.PERFORMED)
    props.expect_sms(
        "who paid hears that it is over",
        {
            cast.B: "【云河法院】26执1402案款已到账，对您的协助查找26日23:40已全部解除。"
            "出行如仍被拦，请拨010-00000000"
        },
    )
