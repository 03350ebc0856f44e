"""The board of one stand-down: who was told and has answered, what each agency said, whom the desk reached by
telephone.
"""

from collections.abc import Sequence

from notifications.texts import TextId
from tracker.domain.alerts import Alert, AlertState
from tracker.domain.authorisation import Action
from tracker.domain.errors import Conflict
from tracker.domain.ids import AgencyId, PersonId
from tracker.domain.people import Actor
from tracker.domain.standing_down import (
    OrderedAgency,
    Reached,
    StandDownBoard,
    ToldPerson,
    answered_by_all,
)
from tracker.services import audit
from tracker.services.access import require_on_alert
from tracker.services.audit import About
from tracker.storage import alert_acts, instructions, kept_notices, notices, stand_downs
from tracker.storage.instructions import Instruction
from tracker.storage.notices import Notice
from tracker.storage.stand_downs import AgencyOrder, Tick
from tracker.storage.transaction import Tx

STAND_DOWN_TEXTS = (TextId.STAND_DOWN, TextId.STAND_DOWN_RECEIPT_MISSING, TextId.WRONG_PERSON)


async def list_orders_to_people(tx: Tx, alert: Alert) -> tuple[Notice, ...]:
    """The notices by which people were ordered to stop, oldest first."""
    listed = await notices.list_notices(tx, alert.alert_id)
    return tuple(one for one in listed if one.text_id in STAND_DOWN_TEXTS)


async def list_who_must_answer(tx: Tx, alert: Alert) -> tuple[PersonId, ...]:
    """Who was dispatched, or had taken it."""
    dispatch = await alert_acts.find_standing_dispatch(tx, alert.alert_id)
    takings = await alert_acts.list_standing_takings(tx, alert.alert_id)
    must = [*(dispatch.member_ids if dispatch else ()), *(taking.person_id for taking in takings)]
    return tuple(dict.fromkeys(must))


async def find_board(tx: Tx, alert: Alert) -> StandDownBoard | None:
    """None: nobody was ordered to stop."""
    if alert.state is AlertState.OPEN:
        return None
    ordered = await list_orders_to_people(tx, alert)
    if not ordered and not await _has_lost_its_orders(tx, alert):
        return None
    ticks = await stand_downs.list_ticks(tx, alert.alert_id)
    return StandDownBoard(
        people=await _people(tx, alert, ordered, ticks), agencies=await _agencies(tx, alert, ticks)
    )


async def _has_lost_its_orders(tx: Tx, alert: Alert) -> bool:
    """Everybody was ordered to stop, and something cannot be read: it may have been an order, which nobody
    counts as having answered.
    """
    return alert.was_stood_down and await kept_notices.list_unreadable(tx, alert.alert_id) != ()


async def _people(
    tx: Tx, alert: Alert, ordered: Sequence[Notice], ticks: Sequence[Tick]
) -> tuple[ToldPerson, ...]:
    ways = await notices.list_told_ways(tx, alert.alert_id, but=STAND_DOWN_TEXTS)
    must = await list_who_must_answer(tx, alert)
    answered = {one.person_id: one.answered_at for one in ordered if one.answered_at is not None}
    reached = {one.person_id: _reached(one) for one in ticks}
    return tuple(
        ToldPerson(
            person_id=one,
            channels=ways.get(one, ()),
            must_answer=one in must,
            answered_at=answered.get(one),
            reached=reached.get(one),
        )
        for one in dict.fromkeys((*must, *ways))
    )


def _reached(tick: Tick) -> Reached:
    return Reached(by=tick.ticked_by, at=tick.ticked_at)


async def _agencies(tx: Tx, alert: Alert, ticks: Sequence[Tick]) -> tuple[OrderedAgency, ...]:
    orders = await stand_downs.list_orders(tx, alert.alert_id)
    holds = await alert_acts.list_holds(tx, alert.alert_id)
    keeping = {one.agency_id for one in holds if one.ended_at is None}
    reached = {one.agency_id: _reached(one) for one in ticks}
    return tuple(
        _agency(
            one,
            [order for order in orders if order.agency_id == one.agency_id],
            is_keeping=one.agency_id in keeping,
            reached=reached.get(one.agency_id),
        )
        for one in await instructions.list_instructions(tx, alert.subject_id)
    )


def _agency(
    instruction: Instruction, orders: Sequence[AgencyOrder], *, is_keeping: bool, reached: Reached | None
) -> OrderedAgency:
    latest = max((one.ordered_at for one in orders), default=None)
    said = [one for one in orders if one.ordered_at == latest]
    released = [one.released_at for one in orders if one.released_at is not None]
    return OrderedAgency(
        agency_id=instruction.agency_id,
        gone_at=instruction.gone_since,
        is_receipt_missing=not instruction.is_listed and instruction.gone_since is None,
        ordered_at=latest,
        answered_at=answered_by_all([one.answered_at for one in said]),
        is_holding=is_keeping or any(one.holding and one.released_at is None for one in orders),
        released_at=max(released, default=None),
        reached=reached,
    )


async def tick_person(tx: Tx, actor: Actor, alert: Alert, person_id: PersonId) -> None:
    """The actor has told one of those on the board by telephone to stop; once more changes nothing."""
    board = await _require_board(tx, actor, alert)
    if person_id not in {one.person_id for one in board.people}:
        raise Conflict("该人员未收到过本预警", "this person was not told of the alert: choose another")
    tick = Tick(person_id=person_id, agency_id=None, ticked_by=actor.person_id, ticked_at=tx.at)
    await _tick(tx, actor, alert, tick)


async def tick_agency(tx: Tx, actor: Actor, alert: Alert, agency_id: AgencyId) -> None:
    """The same of an agency."""
    board = await _require_board(tx, actor, alert)
    if agency_id not in {one.agency_id for one in board.agencies}:
        raise Conflict("该单位未收到过此人名单", "this agency never had the person on its list")
    tick = Tick(person_id=None, agency_id=agency_id, ticked_by=actor.person_id, ticked_at=tx.at)
    await _tick(tx, actor, alert, tick)


async def _require_board(tx: Tx, actor: Actor, alert: Alert) -> StandDownBoard:
    await require_on_alert(tx, actor, Action.ACT, alert)
    board = await find_board(tx, alert)
    if board is None:
        raise Conflict("该预警尚未停止行动", "nobody was ordered to stop: there is nobody to call")
    return board


async def _tick(tx: Tx, actor: Actor, alert: Alert, tick: Tick) -> None:
    if await stand_downs.add_tick(tx, alert.alert_id, tick):
        whom = tick.person_id or tick.agency_id
        about = About(kind="alert", key=alert.alert_id)
        await audit.record(tx, actor, "stand-down told by telephone", about, whom=whom)
