"""The platform at seven, and the money at eleven: 27 February."""

from adapters.edge.card_use import Clear, Hit
from adapters.edge.instruction import InForce
from adapters.edge.officers import Held
from schemas.measures import AgencyKind
from schemas.messages import Place
from scripts import cast
from scripts.desk import court_time
from scripts.story.props import HOME, Props
from tracker.domain.alerts import Outcome
from tracker.domain.entries import Cause, EntryState
from tracker.services import audit
from tracker.services.audit import ChainWhole
from tracker.storage import alert_acts
from tracker.storage.audit import oldest_unsealed_at

EXIT_GATE = Place(name="北京西", city="北京", detail="出站闸机")
AT_THE_GATE = "【云河法院】人已到点：26执1357佟某27日06:59在北京西出站闸机。无需回复，请按派员单行动"
PAID = "【云河法院】已履行：26执1357佟某27日11:26已全部履行，各单位已撤控。勿再查找，无需回复"


async def the_platform(props: Props) -> None:
    """Nobody is woken; B passes, A is met; held by the clock and handed over."""
    stage, timeline = props.stage, props.timeline
    await stage.reaches(court_time(2, 27, 4, 59))
    props.expect_silence("no noise: a team is out, so nobody is woken")
    await stage.reaches(court_time(2, 27, 6, 35))
    await stage.arrives(cast.JUDGE, await stage.alert_of(props.entry_a))
    timeline.tell("court", "沈法官", "到位")
    await stage.reaches(court_time(2, 27, 6, 59))
    before = await stage.railway.edge.state()
    passed = await stage.railway.opens_gate(cast.B, EXIT_GATE)
    after = await stage.railway.edge.state()
    timeline.tell("edge", "铁路", f"程某在北京西出站：{type(passed).__name__}")
    timeline.promise(
        "who paid passes, and leaves nothing", isinstance(passed, Clear) and before == after, passed
    )
    hit = await stage.railway.opens_gate(cast.A, EXIT_GATE)
    timeline.tell("edge", "铁路", "佟某在北京西出站闸机：命中")
    await stage.settles()
    on_platform = (cast.JUDGE, cast.DUTY_OFFICER, cast.BAILIFF_ONE, cast.BAILIFF_TWO)
    props.expect_sms("the four on the platform hear it, quietly", dict.fromkeys(on_platform, AT_THE_GATE))
    timeline.promise("the standing answer covers the hit at the act point", isinstance(hit, Hit), hit)
    await _hold_and_hand_over(props)


async def _hold_and_hand_over(props: Props) -> None:
    stage, timeline = props.stage, props.timeline
    reference = await stage.reference_at(AgencyKind.RAIL, props.entry_a)
    await stage.reaches(court_time(2, 27, 7, 4))
    checked = await stage.railway.asks_before_stop(reference)
    heard = f"{checked.court_heard_s:.0f}" if isinstance(checked, InForce) else "?"
    timeline.tell("edge", "铁路民警", f"拦截前核验：有效，{heard} 秒前收到法院信号")
    timeline.promise("no stop without a check", isinstance(checked, InForce), checked)
    held = await stage.railway.holds(reference, place="北京西出站口", unit="北京西站派出所")
    await stage.settles()
    release_at = court_time(2, 27, 9, 4)
    timeline.tell("edge", "铁路民警", "07:04 控制，09:04 前移交")
    timeline.promise("a hold is bounded", isinstance(held, Held) and held.release_at == release_at, held)
    await stage.reaches(court_time(2, 27, 7, 9))
    await stage.railway.hands_over(reference, to="沈法官")
    await stage.settles()
    alert = await stage.alert_of(props.entry_a)
    async with stage.registry.reading() as tx:
        holds = await alert_acts.list_holds(tx, alert.alert_id)
    timeline.tell("edge", "铁路民警", "三点核对后移交沈法官")
    timeline.promise(
        "the hand-over stops the clock", [one.ended_by for one in holds] == ["handed-over"], holds
    )
    await stage.closes(cast.JUDGE, alert, Outcome.HANDED_OVER)
    timeline.tell("court", "沈法官", "处置反馈：已移交")


async def after_the_platform(props: Props) -> None:
    """The company pays, the judge ends the entry, A buys a ticket home, the audit chain is whole."""
    stage, timeline = props.stage, props.timeline
    await stage.reaches(court_time(2, 27, 11, 26))
    props.expect_silence("a hold that was handed over rings nobody")
    timeline.tell("court", "账务系统", "签名事件：公司付清 906,000 元")
    await stage.pays(cast.A_CASE, cast.A_DEBT_FEN - cast.A_COLLECTED_FEN, "R-1357-2")
    await props.expect_gone("paid with what came before: gone everywhere", props.entry_a)
    told = (
        cast.JUDGE,
        cast.DUTY_OFFICER,
        cast.ASSISTANT,
        cast.CLERK,
        cast.BAILIFF_ONE,
        cast.BAILIFF_TWO,
    )
    props.expect_sms("everyone who was told hears that it is over", dict.fromkeys(told, PAID))
    await stage.reaches(court_time(2, 27, 11, 31))
    timeline.tell("court", "沈法官", "终止佟某条目：已履行")
    await stage.withdraws(props.entry_a, cast.JUDGE, Cause.PERFORMED)
    entry = await stage.entry(props.entry_a)
    timeline.promise("only a judge ends an entry", entry.state is EntryState.ENDED, entry.state)
    props.expect_sms(
        "who performed hears it once",
        {
            cast.A: "【云河法院】26执1357案款已到账，对您的协助查找27日11:26已全部解除。"
            "出行如仍被拦，请拨010-00000000"
        },
    )
    await stage.reaches(court_time(2, 27, 17, 40))
    bought = await stage.railway.sells_ticket(cast.A, HOME)
    timeline.tell("edge", "铁路", f"佟某购票回家：{type(bought).__name__}")
    timeline.promise("the way home is clear", isinstance(bought, Clear), bought)
    await stage.reaches(court_time(2, 27, 17, 41))
    async with stage.registry.reading() as tx:
        unsealed = await oldest_unsealed_at(tx)
        chain = await audit.verify(tx)
    timeline.promise("nothing is left unsealed", unsealed is None, unsealed)
    timeline.promise("the audit chain is whole", isinstance(chain, ChainWhole), chain)
    props.expect_silence("nobody was told anything else")
