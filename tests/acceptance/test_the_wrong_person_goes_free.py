"""Whoever turns out to be somebody else is let go at once, and the number does not stop them again."""

from adapters.edge.instruction import DisplayState
from notifications.channels.port import ChannelKind
from notifications.delivery import AttemptState
from schemas.measures import AgencyKind
from scripts.cast import A_CASE, A_DEBT_FEN, BAILIFF_ONE, DESK, DUTY_OFFICER, JUDGE, A
from scripts.stage import Registration
from scripts.story.props import SEAT_OF_B
from tests.acceptance.court import CourtStage
from tracker.domain.alerts import Outcome
from tracker.domain.entries import Cause, EntryState
from tracker.domain.ids import EntryId
from tracker.services.delivery.reports import Report, Reported, receive_report
from tracker.storage import attempts, notices, sightings
from tracker.storage.attempts import moved
from tracker.storage.notices import Notice

NOT_THE_PERSON = (
    "【云河法院】停止行动：26执1357现场人员并非本人，立即停止接触并放行，说明情况并留电话。收到请回"
)


async def test_everybody_hears_it_and_the_entry_is_suspended(
    dispatched: CourtStage, entry_a: EntryId
) -> None:
    reference = await dispatched.reference_at(AgencyKind.RAIL, entry_a)

    await dispatched.closes(JUDGE, await dispatched.alert_of(entry_a), Outcome.WRONG_PERSON)

    assert dispatched.sms(JUDGE) == [f"{NOT_THE_PERSON}40718"]
    assert dispatched.sms(DUTY_OFFICER) == [f"{NOT_THE_PERSON}58263"]
    assert dispatched.sms(BAILIFF_ONE) == [f"{NOT_THE_PERSON}61935"]
    entry = await dispatched.entry(entry_a)
    assert (entry.state, entry.cause) == (EntryState.SUSPENDED, Cause.WRONG_PERSON)
    assert (await dispatched.railway.shows(reference)).state is DisplayState.GONE


async def test_it_also_ends_what_a_person_had_only_paused(dispatched: CourtStage, entry_a: EntryId) -> None:
    await dispatched.suspends(entry_a, DUTY_OFFICER)
    dispatched.reads_everything()

    await dispatched.closes(JUDGE, await dispatched.alert_of(entry_a), Outcome.WRONG_PERSON)

    assert dispatched.sms(BAILIFF_ONE) == [f"{NOT_THE_PERSON}61935"]
    assert dispatched.sms(DESK) == [f"{NOT_THE_PERSON}61936"]
    dispatched.reads_everything()


async def test_not_this_person_sticks_to_the_number(dispatched: CourtStage, entry_a: EntryId) -> None:
    await dispatched.closes(JUDGE, await dispatched.alert_of(entry_a), Outcome.WRONG_PERSON)
    await dispatched.replies(BAILIFF_ONE, "61935")
    await dispatched.withdraws(entry_a, JUDGE, Cause.WRONG_PERSON)
    again = await dispatched.lists(Registration(case=A_CASE, wanted=A, release_fen=A_DEBT_FEN))
    dispatched.reads_everything()

    await dispatched.railway.sells_ticket(A, SEAT_OF_B)
    await dispatched.settles()

    alert = await dispatched.alert_of(again)
    async with dispatched.registry.reading() as tx:
        seen = await sightings.list_sightings_of_alert(tx, alert.alert_id)
    assert [one.verdict for one in seen] == ["doubtful"]
    assert len(dispatched.sms(JUDGE)) == len(dispatched.sms(DUTY_OFFICER)) == 1


async def test_money_that_comes_later_calls_nobody_who_was_stood_down_already(
    dispatched: CourtStage, entry_a: EntryId
) -> None:
    await dispatched.closes(JUDGE, await dispatched.alert_of(entry_a), Outcome.WRONG_PERSON)
    dispatched.reads_everything()

    await dispatched.pays(A_CASE, A_DEBT_FEN)
    await dispatched.withdraws(entry_a, JUDGE, Cause.PERFORMED)

    assert dispatched.sms(JUDGE) == dispatched.sms(DUTY_OFFICER) == dispatched.sms(BAILIFF_ONE) == []
    assert len(dispatched.sms(A)) == 1


async def test_a_page_that_arrives_late_is_followed_by_the_order_once_more(
    dispatched: CourtStage, entry_a: EntryId
) -> None:
    alert = await dispatched.alert_of(entry_a)
    async with dispatched.registry.transaction() as tx:
        paged = [one for one in await notices.list_notices(tx, alert.alert_id) if is_sms_to_officer(one)]
        (first,) = await attempts.list_attempts(tx, [paged[0].notice_id])
        await attempts.record_attempt(tx, moved(first, AttemptState.SENT, tx.at))
    await dispatched.closes(JUDGE, alert, Outcome.WRONG_PERSON)
    dispatched.reads_everything()

    async with dispatched.registry.transaction() as tx:
        arrived = Report(
            attempt_id=first.attempt_id, provider_id=None, state=AttemptState.DELIVERED, code=None
        )
        assert await receive_report(tx, arrived) is Reported.MOVED
    await dispatched.settles()

    assert dispatched.sms(DUTY_OFFICER) == [f"{NOT_THE_PERSON}58263"]


def is_sms_to_officer(notice: Notice) -> bool:
    return (notice.person_id, notice.channel) == (DUTY_OFFICER.person_id, ChannelKind.SMS)
