"""Who has an alert: one person, or one of each side where the court wants both; and how it passes on."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from notifications.channels.port import CodeAction, Rejected
from notifications.ladders import DEFAULT_LADDERS, TakingsNeeded, Urgency
from notifications.texts import TextId
from scripts import cast
from scripts.cast import Member
from tests.contract.storage.books import BEGINS, LAST_DAY, Books
from tests.contract.storage.paging import PROVIDERS, called, is_seen, reaches, sends
from tracker.domain.alerts import Alert, Side
from tracker.domain.court_time import day_ends
from tracker.domain.due import DueKind
from tracker.domain.errors import Conflict, Invalid
from tracker.domain.ids import LeaseToken, PersonId
from tracker.domain.people import Duty
from tracker.domain.plans import ActPoint
from tracker.domain.rosters import Post, StandIn
from tracker.services.alerts.act_points import choose_act_point
from tracker.services.alerts.dispatches import DispatchForm, dispatch_team
from tracker.services.answers.offers import offer_taking
from tracker.services.answers.takings import Way, decline_alert, take_alert
from tracker.services.delivery.claims import claim_sendings
from tracker.services.delivery.results import Answered, record_sent
from tracker.services.ladders.circles import still_missing
from tracker.services.rosters.changes import add_stand_in
from tracker.storage import alert_acts, alerts, due_work, ladders, notices, people
from tracker.storage.ladders import SavedLadder
from tracker.storage.tables.notices import notice as notice_rows

BOTH = replace(DEFAULT_LADDERS[Urgency.IMMINENT], version=2, takings_needed=TakingsNeeded.JUDGE_AND_OFFICER)


async def wants_both(books: Books) -> None:
    saved = SavedLadder(ladder=BOTH, reason="试行", saved_by=cast.LEADER.person_id, saved_at=BEGINS)
    async with books.registry.transaction() as tx:
        await ladders.add_ladder(tx, cast.COURT.court_id, saved)


async def takes(books: Books, member: Member, alert: Alert) -> None:
    await sends(books)
    async with books.registry.transaction() as tx:
        actor = await people.get_actor(tx, member.person_id)
        await take_alert(tx, actor, await alerts.lock_alert(tx, alert.alert_id), Way.CONSOLE)


async def offers(books: Books, member: Member, alert: Alert, colleague: Member) -> None:
    async with books.registry.transaction() as tx:
        actor = await people.get_actor(tx, member.person_id)
        locked = await alerts.lock_alert(tx, alert.alert_id)
        await offer_taking(tx, actor, locked, colleague.person_id)


async def who_has_it(books: Books, alert: Alert) -> list[tuple[PersonId, Side]]:
    async with books.registry.reading() as tx:
        takings = await alert_acts.list_standing_takings(tx, alert.alert_id)
    return [(one.person_id, one.side) for one in takings]


async def test_who_moves_the_act_point_keeps_their_side_and_the_other_is_rung_for(books: Books) -> None:
    await wants_both(books)
    alert = await is_seen(books)
    await takes(books, cast.JUDGE, alert)
    await takes(books, cast.DUTY_OFFICER, alert)

    async with books.registry.transaction() as tx:
        judge = await people.get_actor(tx, cast.JUDGE.person_id)
        elsewhere = ActPoint(place="武昌站", at=alert.plan.act_at)
        await choose_act_point(tx, judge, await alerts.lock_alert(tx, alert.alert_id), elsewhere)

    assert await who_has_it(books, alert) == [(cast.JUDGE.person_id, Side.JUDGE)]
    async with books.registry.reading() as tx:
        assert await due_work.find_due(tx, alert.alert_id, DueKind.LADDER_STEP) is not None


async def test_who_comes_on_shift_learns_that_one_side_is_missing(books: Books) -> None:
    await wants_both(books)
    alert = await is_seen(books)
    await takes(books, cast.JUDGE, alert)

    post = Post(duty=Duty.DESK)
    shift = StandIn(post=post, person_id=cast.CLERK.person_id, begins_at=BEGINS, ends_at=day_ends(LAST_DAY))
    async with books.registry.transaction() as tx:
        await add_stand_in(tx, await people.get_actor(tx, cast.ADMINISTRATOR.person_id), shift)

    async with books.registry.reading() as tx:
        column = notice_rows.c
        rows = await tx.rows(sa.select(column.id).where(column.text_id == TextId.SHIFT_HANDED_OVER))
        told = [await notices.get_notice(tx, row.id) for row in rows]
    assert {(one.person_id, one.facts.taker, one.facts.half_taken) for one in told} == {
        (cast.CLERK.person_id, "沈法官", True)
    }


async def test_where_both_are_wanted_the_ladder_goes_on_for_the_side_that_is_missing(books: Books) -> None:
    await wants_both(books)
    alert = await is_seen(books)
    await takes(books, cast.JUDGE, alert)

    await reaches(books, BEGINS + timedelta(minutes=3))

    # Of the team only the judge's side would be called, so that the desk is.
    assert await called(books, alert, TextId.IMMINENT) == [
        (cast.JUDGE.person_id, 0),
        (cast.DUTY_OFFICER.person_id, 0),
        (cast.DUTY_OFFICER.person_id, 60),
    ]
    assert await called(books, alert, TextId.LADDER) == [(cast.DESK.person_id, 180)]
    async with books.registry.reading() as tx:
        assert await still_missing(tx, alert) == (Side.OFFICER,)
        assert not (await alerts.list_open(tx, [alert.alert_id]))[alert.alert_id].is_taken

    await takes(books, cast.DUTY_OFFICER, alert)
    await reaches(books, BEGINS + timedelta(minutes=9))

    assert await called(books, alert, TextId.LADDER) == [(cast.DESK.person_id, 180)]
    assert await who_has_it(books, alert) == [
        (cast.JUDGE.person_id, Side.JUDGE),
        (cast.DUTY_OFFICER.person_id, Side.OFFICER),
    ]
    async with books.registry.reading() as tx:
        assert (await alerts.list_open(tx, [alert.alert_id]))[alert.alert_id].is_taken


async def test_the_side_that_is_still_missing_is_not_told_that_it_need_not_come(books: Books) -> None:
    """The harm: the officer reads that the judge has it, and turns over."""
    await wants_both(books)
    alert = await is_seen(books)

    await takes(books, cast.JUDGE, alert)
    assert await called(books, alert, TextId.TAKEN) == []
    await takes(books, cast.DUTY_OFFICER, alert)

    assert await called(books, alert, TextId.TAKEN) == [(cast.JUDGE.person_id, 0)]


async def test_who_was_sent_learns_it_though_the_other_side_takes_it_meanwhile(books: Books) -> None:
    """The harm: nobody stands on the platform."""
    await wants_both(books)
    alert = await is_seen(books)
    await takes(books, cast.JUDGE, alert)
    form = DispatchForm(
        leader_id=cast.BAILIFF_ONE.person_id,
        member_ids=(cast.BAILIFF_ONE.person_id,),
        muster_place="站台",
        muster_at=BEGINS + timedelta(minutes=30),
    )
    async with books.registry.transaction() as tx:
        judge = await people.get_actor(tx, cast.JUDGE.person_id)
        await dispatch_team(tx, judge, await alerts.lock_alert(tx, alert.alert_id), form)
        officer = await people.get_actor(tx, cast.DUTY_OFFICER.person_id)
        await take_alert(tx, officer, await alerts.lock_alert(tx, alert.alert_id), Way.CONSOLE)

    async with books.registry.reading() as tx:
        waiting = await notices.list_waiting(tx, alert.alert_id, TextId.DISPATCHED)
    assert {one.person_id for one in waiting} == {cast.BAILIFF_ONE.person_id}


async def cannot_go(books: Books, member: Member, alert: Alert) -> None:
    async with books.registry.transaction() as tx:
        actor = await people.get_actor(tx, member.person_id)
        await decline_alert(tx, actor, await alerts.lock_alert(tx, alert.alert_id))


async def test_who_cannot_go_is_called_no_more_and_saying_it_again_rings_nobody_further(books: Books) -> None:
    """The harm: two taps of one officer wake the leader at night."""
    alert = await is_seen(books)
    await sends(books)

    await cannot_go(books, cast.DUTY_OFFICER, alert)
    await cannot_go(books, cast.DUTY_OFFICER, alert)
    await reaches(books, BEGINS + timedelta(seconds=60))

    assert await called(books, alert, TextId.LADDER) == [
        (cast.ASSISTANT.person_id, 0),
        (cast.CLERK.person_id, 0),
    ]
    assert await called(books, alert, TextId.IMMINENT) == [
        (cast.JUDGE.person_id, 0),
        (cast.DUTY_OFFICER.person_id, 0),
        (cast.JUDGE.person_id, 60),
    ]


async def test_the_last_who_are_left_are_called_though_they_cannot_go(books: Books) -> None:
    alert = await is_seen(books)
    await reaches(books, BEGINS + timedelta(minutes=10))
    await sends(books)
    await cannot_go(books, cast.LEADER, alert)

    await reaches(books, BEGINS + timedelta(minutes=15))

    assert await called(books, alert, TextId.LADDER) == [
        (cast.ASSISTANT.person_id, 180),
        (cast.CLERK.person_id, 180),
        (cast.DESK.person_id, 300),
        (cast.LEADER.person_id, 600),
        (cast.LEADER.person_id, 900),
    ]


async def test_who_took_it_after_all_is_called_again_when_that_has_lapsed(books: Books) -> None:
    alert = await is_seen(books)
    await sends(books)
    await cannot_go(books, cast.DUTY_OFFICER, alert)
    books.clock.move_to(BEGINS + timedelta(seconds=1))
    await takes(books, cast.DUTY_OFFICER, alert)

    await reaches(books, BEGINS + timedelta(minutes=14))

    assert (cast.DUTY_OFFICER.person_id, 661) in await called(books, alert, TextId.IMMINENT)


async def test_a_page_under_way_to_who_cannot_go_is_not_tried_again(books: Books) -> None:
    alert = await is_seen(books)
    token = LeaseToken("one-slow")
    async with books.registry.transaction() as tx:
        sent = await claim_sendings(tx, token, PROVIDERS)
    await cannot_go(books, cast.DUTY_OFFICER, alert)
    to_officer = [one for one in sent if one.notice.person_id == cast.DUTY_OFFICER.person_id]
    busy = Rejected(code="http-503", action=CodeAction.RETRY_LATER)
    async with books.registry.transaction() as tx:
        await record_sent(tx, [Answered(sending=one, result=busy, token=token) for one in to_officer])
    books.clock.move_to(BEGINS + timedelta(seconds=30))

    async with books.registry.transaction() as tx:
        claimed = await claim_sendings(tx, token, PROVIDERS)

    assert cast.DUTY_OFFICER.person_id not in {one.notice.person_id for one in claimed}


async def test_a_taking_passes_when_the_colleague_takes_it_and_not_before(books: Books) -> None:
    alert = await is_seen(books)
    await takes(books, cast.JUDGE, alert)

    await offers(books, cast.JUDGE, alert, cast.ASSISTANT)
    assert await who_has_it(books, alert) == [(cast.JUDGE.person_id, Side.WHOLE)]
    assert await called(books, alert, TextId.OFFERED) == [(cast.ASSISTANT.person_id, 0)]
    with pytest.raises(Conflict, match="somebody else has taken it"):
        await takes(books, cast.DUTY_OFFICER, alert)
    await takes(books, cast.ASSISTANT, alert)

    assert await who_has_it(books, alert) == [(cast.ASSISTANT.person_id, Side.WHOLE)]
    await reaches(books, BEGINS + timedelta(minutes=3))
    assert await called(books, alert, TextId.OFFER_LAPSED) == []


async def test_who_takes_it_over_has_ten_minutes_of_their_own_to_send_people(books: Books) -> None:
    """The harm: it is rung out again two minutes after the colleague has taken it."""
    alert = await is_seen(books)
    await takes(books, cast.JUDGE, alert)
    await reaches(books, BEGINS + timedelta(minutes=8))
    await offers(books, cast.JUDGE, alert, cast.ASSISTANT)
    await takes(books, cast.ASSISTANT, alert)

    await reaches(books, BEGINS + timedelta(minutes=17))
    assert await who_has_it(books, alert) == [(cast.ASSISTANT.person_id, Side.WHOLE)]

    await reaches(books, BEGINS + timedelta(minutes=18))
    assert await who_has_it(books, alert) == []


async def test_whoever_asks_another_colleague_asks_the_former_no_more(books: Books) -> None:
    alert = await is_seen(books)
    await takes(books, cast.JUDGE, alert)
    await offers(books, cast.JUDGE, alert, cast.ASSISTANT)
    await offers(books, cast.JUDGE, alert, cast.DUTY_OFFICER)

    with pytest.raises(Conflict, match="somebody else has taken it"):
        await takes(books, cast.ASSISTANT, alert)
    await takes(books, cast.DUTY_OFFICER, alert)

    assert await who_has_it(books, alert) == [(cast.DUTY_OFFICER.person_id, Side.WHOLE)]


async def test_a_side_passes_on_as_that_side_and_the_other_is_still_wanted(books: Books) -> None:
    await wants_both(books)
    alert = await is_seen(books)
    await takes(books, cast.JUDGE, alert)
    await offers(books, cast.JUDGE, alert, cast.ASSISTANT)

    await takes(books, cast.ASSISTANT, alert)

    assert await who_has_it(books, alert) == [(cast.ASSISTANT.person_id, Side.JUDGE)]
    async with books.registry.reading() as tx:
        assert await still_missing(tx, alert) == (Side.OFFICER,)


async def test_who_has_it_no_more_is_not_told_that_nobody_took_it_over(books: Books) -> None:
    alert = await is_seen(books)
    await takes(books, cast.JUDGE, alert)
    await reaches(books, BEGINS + timedelta(minutes=9))
    await offers(books, cast.JUDGE, alert, cast.ASSISTANT)

    await reaches(books, BEGINS + timedelta(minutes=12))

    assert await who_has_it(books, alert) == []
    assert await called(books, alert, TextId.OFFER_LAPSED) == []


async def test_a_colleague_is_asked_by_every_channel_for_the_taker_waits(books: Books) -> None:
    alert = await is_seen(books)
    await takes(books, cast.JUDGE, alert)

    await offers(books, cast.JUDGE, alert, cast.ASSISTANT)

    async with books.registry.reading() as tx:
        written = await notices.list_notices(tx, alert.alert_id)
    assert [one.channel for one in written if one.text_id is TextId.OFFERED] == ["sms", "push", "voice"]


async def test_an_offer_that_nobody_answers_is_told_to_who_made_it_after_three_minutes(books: Books) -> None:
    alert = await is_seen(books)
    await takes(books, cast.JUDGE, alert)
    await offers(books, cast.JUDGE, alert, cast.ASSISTANT)

    await reaches(books, BEGINS + timedelta(minutes=3))

    assert await called(books, alert, TextId.OFFER_LAPSED) == [(cast.JUDGE.person_id, 180)]
    assert await who_has_it(books, alert) == [(cast.JUDGE.person_id, Side.WHOLE)]


async def test_a_colleague_who_cannot_go_says_so_to_who_asked(books: Books) -> None:
    alert = await is_seen(books)
    await takes(books, cast.JUDGE, alert)
    await offers(books, cast.JUDGE, alert, cast.DUTY_OFFICER)

    await cannot_go(books, cast.DUTY_OFFICER, alert)

    assert await called(books, alert, TextId.OFFER_LAPSED) == [(cast.JUDGE.person_id, 0)]
    assert await called(books, alert, TextId.LADDER) == []


async def test_only_who_has_it_passes_it_on_and_only_to_people_of_the_alert(books: Books) -> None:
    alert = await is_seen(books)
    await takes(books, cast.JUDGE, alert)

    with pytest.raises(Conflict, match="you do not have this alert"):
        await offers(books, cast.DUTY_OFFICER, alert, cast.ASSISTANT)
    with pytest.raises(Invalid, match="choose among the people of this alert"):
        await offers(books, cast.JUDGE, alert, cast.BAILIFF_TWO)
