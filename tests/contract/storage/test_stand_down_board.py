"""Everyone who was told is ordered to stop, on every channel that told them, and who has heard it is seen."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from notifications.channels.port import ChannelKind
from notifications.delivery import AttemptState
from notifications.ladders import DEFAULT_LADDERS, Rung, Urgency
from notifications.texts import TextId
from schemas.measures import Measure
from schemas.messages import HoldReport, ReleaseReason, ReleaseReport, StandDownAnswer
from scripts import cast
from tests.contract.storage.books import undone
from tests.contract.storage.sighted import RAIL, Sighted, dispatches, sends
from tracker.domain.alerts import Alert
from tracker.domain.due import DueKind
from tracker.domain.entries import Cause
from tracker.domain.errors import NotAllowed
from tracker.domain.ids import AgencyId, AttemptId, PersonId
from tracker.domain.people import system_actor
from tracker.domain.standing_down import OrderedAgency, StandDownBoard
from tracker.services.alerts.holds import end_by_release, record_hold
from tracker.services.alerts.stand_down import climb_stand_down, missing_agency
from tracker.services.alerts.stand_down_board import (
    find_board,
    list_orders_to_people,
    tick_agency,
    tick_person,
)
from tracker.services.answers.replies import confirm_order
from tracker.services.answers.takings import Way
from tracker.services.entries.standing import Stop, resume_entry, stop_entries
from tracker.services.ladders.editing import save_ladder
from tracker.services.lines.reports import record_stand_down_answer
from tracker.services.notices.telling import Telling, tell
from tracker.storage import (
    alerts,
    attempts,
    due_work,
    entries,
    entry_locks,
    instructions,
    notices,
    people,
    stand_downs,
)
from tracker.storage.attempts import Attempt
from tracker.storage.notices import Notice
from tracker.storage.tables import cases as case_tables
from tracker.storage.tables import feeds as feed_tables
from tracker.storage.tables import notices as notice_tables
from tracker.storage.transaction import Tx

BORDER = AgencyId("border")
SMS, PUSH, VOICE = ChannelKind.SMS, ChannelKind.PUSH, ChannelKind.VOICE
DESK_STEP = Rung(step=2)


async def pays(tx: Tx, sighted: Sighted) -> Alert:
    entry = await entry_locks.lock_entry(tx, sighted.entry_id)
    await stop_entries(tx, system_actor(entry.court_id), [entry], Stop(cause=Cause.PERFORMED, ends=False))
    return await alerts.get_alert(tx, sighted.alert_id)


async def ordered(tx: Tx, sighted: Sighted) -> set[tuple[PersonId | None, ChannelKind]]:
    """Who is ordered to stop, by which channels."""
    listed = await notices.list_notices(tx, sighted.alert_id)
    return {(one.person_id, one.channel) for one in listed if one.text_id is TextId.STAND_DOWN}


async def _board(tx: Tx, sighted: Sighted) -> StandDownBoard:
    board = await find_board(tx, await alerts.get_alert(tx, sighted.alert_id))
    assert board is not None
    return board


async def _railway(tx: Tx, sighted: Sighted) -> OrderedAgency:
    return next(one for one in (await _board(tx, sighted)).agencies if one.agency_id == RAIL)


async def _reference(tx: Tx, sighted: Sighted) -> int:
    entry = await entries.get_entry(tx, sighted.entry_id)
    listed = await instructions.list_instructions(tx, entry.subject_id)
    return next(one.references[0] for one in listed if one.agency_id == RAIL)


async def _answers(tx: Tx, sighted: Sighted, order: str | None, *, holding: bool = False) -> None:
    answer = StandDownAnswer(reference=await _reference(tx, sighted), at=tx.at, holding=holding, order=order)
    await record_stand_down_answer(tx, cast.COURT.court_id, RAIL, answer)


async def _order_to_the_railway(tx: Tx, sighted: Sighted) -> str:
    """The latest."""
    return (await stand_downs.list_orders(tx, sighted.alert_id))[-1].order_id


async def test_nobody_is_ordered_while_the_alert_is_open(sighted: Sighted) -> None:
    async with sighted.books.registry.reading() as tx:
        assert await find_board(tx, await alerts.get_alert(tx, sighted.alert_id)) is None


async def tries(tx: Tx, notice: Notice) -> AttemptId:
    attempt = Attempt(
        attempt_id=AttemptId(tx.entropy.new_id()),
        notice_id=notice.notice_id,
        provider="recorder",
        provider_id=None,
        state=AttemptState.SUBMITTED,
        code=None,
        text="",
        is_repeat=False,
        submitted_at=tx.at,
        changed_at=tx.at,
    )
    await attempts.add_attempts(tx, [attempt])
    return attempt.attempt_id


async def test_who_was_called_is_called_again(sighted: Sighted) -> None:
    async with undone(sighted.books.registry) as tx:
        alert = await alerts.get_alert(tx, sighted.alert_id)
        called = (cast.ASSISTANT.person_id,)
        await tell(tx, alert, Telling(text_id=TextId.LADDER, to=called, channels=(VOICE,)))
        await sends(tx)
        await pays(tx, sighted)

        assert await ordered(tx, sighted) == {
            (cast.JUDGE.person_id, SMS),
            (cast.JUDGE.person_id, PUSH),
            (cast.DUTY_OFFICER.person_id, SMS),
            (cast.DUTY_OFFICER.person_id, PUSH),
            (cast.ASSISTANT.person_id, SMS),
            (cast.ASSISTANT.person_id, PUSH),
            (cast.ASSISTANT.person_id, VOICE),
        }
        told = {one.person_id: set(one.channels) for one in (await _board(tx, sighted)).people}
        assert told == {
            cast.JUDGE.person_id: {SMS, PUSH},
            cast.DUTY_OFFICER.person_id: {SMS, PUSH},
            cast.ASSISTANT.person_id: {VOICE},
        }


async def test_who_was_sent_is_ordered_though_no_message_came_through(sighted: Sighted) -> None:
    async with undone(sighted.books.registry) as tx:
        await sends(tx)
        await dispatches(tx, sighted.alert_id)
        await pays(tx, sighted)

        assert (cast.BAILIFF_ONE.person_id, SMS) in await ordered(tx, sighted)
        assert (await _board(tx, sighted)).silent_people == (
            cast.BAILIFF_ONE.person_id,
            cast.JUDGE.person_id,
        )


@pytest.mark.parametrize(
    ("measure", "releases"), [(Measure.REPORT_WHEREABOUTS, False), (Measure.HOLD_FOR_SUMMONS, True)]
)
async def test_only_whom_the_measure_holds_is_to_be_released(
    sighted: Sighted, measure: Measure, releases: bool
) -> None:
    """The harm: an officer reads that somebody is to be let go whom nobody was allowed to hold."""
    async with undone(sighted.books.registry) as tx:
        await sends(tx)
        await tx.run(sa.update(case_tables.watch_entry).values(measure=measure))
        await pays(tx, sighted)

        orders = await list_orders_to_people(tx, await alerts.get_alert(tx, sighted.alert_id))
        assert {one.facts.may_release for one in orders} == {releases}


async def test_only_an_agency_that_saw_the_person_is_ordered_to_stop(sighted: Sighted) -> None:
    async with undone(sighted.books.registry) as tx:
        await sends(tx)
        await pays(tx, sighted)

        assert {one.agency_id for one in await stand_downs.list_orders(tx, sighted.alert_id)} == {RAIL}


async def test_an_agency_has_answered_by_naming_the_order(sighted: Sighted) -> None:
    async with undone(sighted.books.registry) as tx:
        await sends(tx)
        await pays(tx, sighted)
        order = await _order_to_the_railway(tx, sighted)

        await _answers(tx, sighted, None)
        await _answers(tx, sighted, "another order")
        assert (await _railway(tx, sighted)).answered_at is None
        await _answers(tx, sighted, order)

        railway = await _railway(tx, sighted)
        assert (railway.ordered_at, railway.answered_at, railway.is_holding) == (tx.at, tx.at, False)


async def test_an_agency_that_holds_has_to_report_the_release(sighted: Sighted) -> None:
    """A hold that the court first hears of when the debt is paid already."""
    async with undone(sighted.books.registry) as tx:
        await sends(tx)
        await pays(tx, sighted)
        reference = await _reference(tx, sighted)
        hold = HoldReport(
            reference=reference,
            held_at=tx.at,
            release_at=tx.at + timedelta(hours=2),
            place="北京西",
            unit="北京西站派出所",
        )
        await record_hold(tx, RAIL, hold)
        await _answers(tx, sighted, await _order_to_the_railway(tx, sighted), holding=True)
        assert (await _railway(tx, sighted)).is_holding

        await end_by_release(
            tx, RAIL, ReleaseReport(reference=reference, at=tx.at, reason=ReleaseReason.ORDERED)
        )

        railway = await _railway(tx, sighted)
        assert (railway.is_holding, railway.released_at) == (False, tx.at)


async def test_a_hold_that_is_heard_of_late_starts_the_ladder_anew(sighted: Sighted) -> None:
    async with undone(sighted.books.registry) as tx:
        await sends(tx)
        alert = await pays(tx, sighted)
        await due_work.cancel_due(tx, sighted.alert_id, [DueKind.STAND_DOWN_STEP])
        five_minutes_ago = tx.at - timedelta(minutes=5)
        await alerts.record_alert(tx, replace(alert, closed_at=five_minutes_ago, version=alert.version + 1))

        await _answers(tx, sighted, await _order_to_the_railway(tx, sighted), holding=True)

        assert await due_work.next_due_at(tx) == tx.at + timedelta(minutes=2)


async def test_the_desk_is_rung_while_a_receipt_is_missing_until_it_has_reached_everybody(
    sighted: Sighted,
) -> None:
    async with undone(sighted.books.registry) as tx:
        await sends(tx)
        alert = await pays(tx, sighted)
        desk = await people.get_actor(tx, cast.DESK.person_id)
        for one in {agency.agency_id for agency in (await _board(tx, sighted)).agencies} - {BORDER}:
            await tick_agency(tx, desk, alert, one)

        await climb_stand_down(tx, alert, tx.at, DESK_STEP)
        assert (cast.DESK.person_id, SMS) in await ordered(tx, sighted)

        await tick_agency(tx, desk, alert, BORDER)
        await tick_agency(tx, desk, alert, BORDER)
        assert (await _board(tx, sighted)).is_answered


async def test_a_reply_to_a_former_message_answers_no_order_that_has_not_gone_out(sighted: Sighted) -> None:
    """Else the bailiff is not called, and stops somebody who has paid."""
    async with undone(sighted.books.registry) as tx:
        await sends(tx)
        await dispatches(tx, sighted.alert_id)
        for one in await sends(tx):
            await tries(tx, one)
        alert = await pays(tx, sighted)
        bailiff = await people.get_actor(tx, cast.BAILIFF_ONE.person_id)

        await confirm_order(tx, bailiff, alert, Way.REPLY)
        assert bailiff.person_id in (await _board(tx, sighted)).silent_people
        (by_sms,) = [
            one
            for one in await list_orders_to_people(tx, alert)
            if (one.person_id, one.channel) == (bailiff.person_id, SMS)
        ]
        await tries(tx, by_sms)
        await confirm_order(tx, bailiff, alert, Way.REPLY)
        assert bailiff.person_id not in (await _board(tx, sighted)).silent_people


async def test_after_a_standstill_everybody_is_called_once(sighted: Sighted) -> None:
    """The desk is not rung eleven times at once by the repeats that were missed."""
    async with undone(sighted.books.registry) as tx:
        await sends(tx)
        await dispatches(tx, sighted.alert_id)
        default = DEFAULT_LADDERS[Urgency.STAND_DOWN]
        *others, to_desk = default.steps
        repeated = replace(default, steps=(*others, replace(to_desk, repeat_every_s=60)))
        await save_ladder(tx, await people.get_actor(tx, cast.ADMINISTRATOR.person_id), repeated, "again")
        alert = await pays(tx, sighted)
        await due_work.cancel_due(tx, sighted.alert_id, [DueKind.STAND_DOWN_STEP])
        before = len(await list_orders_to_people(tx, alert))

        await tx.flush()
        later = replace(tx, at=tx.at + timedelta(minutes=14))
        await climb_stand_down(later, alert, tx.at, Rung(step=1))
        await later.flush()

        rung = (await list_orders_to_people(tx, alert))[before:]
        assert sorted((one.person_id, one.channel) for one in rung) == sorted(
            [
                (cast.BAILIFF_ONE.person_id, VOICE),
                (cast.JUDGE.person_id, VOICE),
                (cast.DESK.person_id, SMS),
                (cast.DESK.person_id, PUSH),
            ]
        )
        assert await due_work.next_due_at(tx) == tx.at + timedelta(minutes=15)


async def test_only_who_acts_on_the_alert_ticks(sighted: Sighted) -> None:
    async with undone(sighted.books.registry) as tx:
        await sends(tx)
        await dispatches(tx, sighted.alert_id)
        alert = await pays(tx, sighted)
        officer = await people.get_actor(tx, cast.DUTY_OFFICER.person_id)
        judge = await people.get_actor(tx, cast.JUDGE.person_id)

        with pytest.raises(NotAllowed):
            await tick_person(tx, officer, alert, cast.BAILIFF_ONE.person_id)
        await tick_person(tx, judge, alert, cast.BAILIFF_ONE.person_id)

        assert (await _board(tx, sighted)).silent_people == (cast.JUDGE.person_id,)


async def test_the_desk_is_called_though_no_order_can_be_read(sighted: Sighted) -> None:
    async with undone(sighted.books.registry) as tx:
        await sends(tx)
        await dispatches(tx, sighted.alert_id)
        alert = await pays(tx, sighted)
        await tx.flush()
        is_order = notice_tables.notice.c.text_id == TextId.STAND_DOWN
        await tx.run(sa.update(notice_tables.notice).where(is_order).values(facts=b"torn"))

        await climb_stand_down(tx, alert, tx.at, DESK_STEP)

        assert await ordered(tx, sighted) == {(cast.DESK.person_id, SMS), (cast.DESK.person_id, PUSH)}


async def test_nothing_is_gone_everywhere_once_the_person_is_listed_again(sighted: Sighted) -> None:
    """An order that is repeated then claims no more than the agencies have said."""
    async with undone(sighted.books.registry) as tx:
        await sends(tx)
        alert = await pays(tx, sighted)
        instruction = feed_tables.instruction
        of_person = instruction.c.subject_id == alert.subject_id
        await tx.flush()
        await tx.run(sa.update(instruction).where(of_person).values(gone_since=tx.at))
        assert await missing_agency(tx, alert.subject_id) is None

        judge = await people.get_actor(tx, cast.JUDGE.person_id)
        await resume_entry(tx, judge, sighted.entry_id)

        assert await missing_agency(tx, alert.subject_id) == "边检"


async def test_an_order_goes_by_the_ladder_that_the_court_has_saved(sighted: Sighted) -> None:
    async with undone(sighted.books.registry) as tx:
        await sends(tx)
        await dispatches(tx, sighted.alert_id)
        default = DEFAULT_LADDERS[Urgency.STAND_DOWN]
        at_first, by_voice, to_desk = default.steps
        sooner = replace(default, steps=(at_first, replace(by_voice, after_s=60), to_desk))
        await save_ladder(tx, await people.get_actor(tx, cast.ADMINISTRATOR.person_id), sooner, "sooner")
        await pays(tx, sighted)

        due = await due_work.find_due(tx, sighted.alert_id, DueKind.STAND_DOWN_STEP)

        assert due is not None
        assert due.due_at == tx.at + timedelta(seconds=60)
