"""The roster in the books: what is written decides who is rung, and what it lacks is told in time."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import pytest
import sqlalchemy as sa

from notifications.channels.port import ChannelKind
from notifications.ladders import ToWhom
from notifications.texts import TextId, render
from scripts import cast
from scripts.desk import court_time
from tests.contract.storage.books import BEGINS, LAST_DAY, Books, register_tong
from tests.contract.storage.test_guards import alert_on
from tracker.domain.announcements import read_announcement
from tracker.domain.authorisation import Action
from tracker.domain.court_time import day_ends
from tracker.domain.due import DueKind, DueWork
from tracker.domain.errors import Conflict, Invalid, NotAllowed
from tracker.domain.ids import LeaseToken, NoticeId, PersonId
from tracker.domain.people import Actor, Duty, HeldRole, Role
from tracker.domain.rosters import Leave, Post, RosterRule, StandIn, Turn
from tracker.domain.swaps import Swap, SwapState
from tracker.services.access import require_on_case
from tracker.services.due_work import do_due_work
from tracker.services.ladders.circles import people_for
from tracker.services.ladders.substitutes import answering_for
from tracker.services.rosters import changes
from tracker.services.rosters import swaps as exchanges
from tracker.services.rosters.calendars import put_announcement
from tracker.services.rosters.outlook import missing_year, report_roster, watch_roster
from tracker.services.rosters.swaps import ShiftChoice
from tracker.storage import alerts, audit, cases, due_work, entries, notices, people, rosters, swaps
from tracker.storage.notice_claims import Claim, claim_due_notices
from tracker.storage.notices import Notice
from tracker.storage.tables import alerts as alert_tables
from tracker.storage.tables import notices as notice_tables
from tracker.storage.transaction import Tx

COURT_ID = cast.COURT.court_id
TOKEN = LeaseToken("one:1")
DESK, LEADER = Post(duty=Duty.DESK), Post(duty=Duty.LEADER)
GAO, BAI, GU = (member.person_id for member in (cast.DUTY_OFFICER, cast.DESK, cast.LEADER))
JUDGE, ASSISTANT = cast.JUDGE.person_id, cast.ASSISTANT.person_id
TODAY, MIDNIGHT = date(2026, 2, 25), day_ends(LAST_DAY)


async def actor(tx: Tx, member: cast.Member) -> Actor:
    return await people.get_actor(tx, member.person_id)


async def stands_in(books: Books, person_id: PersonId, hours: tuple[int, int], post: Post = DESK) -> None:
    begins, ends = (BEGINS + timedelta(hours=one) for one in hours)
    async with books.registry.transaction() as tx:
        new = StandIn(post=post, person_id=person_id, begins_at=begins, ends_at=ends)
        await changes.add_stand_in(tx, await actor(tx, cast.ADMINISTRATOR), new)


async def goes_on_leave(books: Books, person_id: PersonId, substitute_id: PersonId | None) -> None:
    until = BEGINS + timedelta(hours=8)
    leave = Leave(person_id=person_id, substitute_id=substitute_id, begins_at=BEGINS, ends_at=until)
    async with books.registry.transaction() as tx:
        await changes.add_leave(tx, await actor(tx, cast.ADMINISTRATOR), leave)


async def on_duty(books: Books, duty: Duty, when: datetime) -> tuple[PersonId, ...]:
    async with books.registry.reading() as tx:
        return await people.list_on_duty(tx, COURT_ID, duty, when)


async def reaches(books: Books, kind: DueKind, at: datetime) -> None:
    """The court's row of a kind falls due, and is worked on at that moment."""
    await starts(books)
    books.clock.move_to(at)
    async with books.registry.transaction() as tx:
        # What else the test court waits for is no concern of these tests.
        column = alert_tables.due_work.c
        await tx.run(sa.delete(alert_tables.due_work).where(column.kind != kind))
        claimed = await due_work.claim_due(tx, TOKEN)
    assert isinstance(claimed, DueWork)
    async with books.registry.transaction() as tx:
        await do_due_work(tx, claimed, TOKEN)


async def starts(books: Books) -> None:
    async with books.registry.transaction() as tx:
        await watch_roster(tx, COURT_ID)


async def told(books: Books, text_id: TextId) -> list[tuple[str, str]]:
    column = notice_tables.notice.c
    query = sa.select(column.person_id, column.channel).where(column.text_id == text_id)
    async with books.registry.reading() as tx:
        rows = await tx.rows(query.order_by(column.person_id, column.channel))
    return [(row.person_id, row.channel) for row in rows]


def by_both(*person_ids: PersonId) -> list[tuple[str, str]]:
    return [
        (one, channel.value) for one in sorted(person_ids) for channel in (ChannelKind.PUSH, ChannelKind.SMS)
    ]


async def a_notice(tx: Tx) -> Notice:
    """One of those that were written, as it was stored."""
    first = await tx.row(sa.select(notice_tables.notice.c.id))
    assert first is not None
    return await notices.get_notice(tx, NoticeId(first.id))


async def opens_alert(books: Books) -> None:
    entry_id = await register_tong(books.registry)
    alert = await alert_on(books, entry_id, "alert-1")
    async with books.registry.transaction() as tx:
        await alerts.add_alert(tx, alert)


async def test_what_is_written_decides_who_is_on_duty(books: Books) -> None:
    nights = RosterRule(
        court_id=COURT_ID,
        duty=Duty.LEADER,
        people=(JUDGE, ASSISTANT),
        first_day=date(2026, 3, 1),
        last_day=date(2026, 3, 31),
        begins=time(20),
        ends=time(8),
        turn=Turn.WEEKLY,
        turns_from=court_time(3, 2, 20, 0).astimezone(UTC),
    )
    async with books.registry.transaction() as tx:
        await changes.add_rule(tx, await actor(tx, cast.ADMINISTRATOR), nights)
        assert tuple((await rosters.list_rules(tx, COURT_ID)).values())[-1] == nights
    await stands_in(books, GAO, (1, 3))
    await goes_on_leave(books, GU, JUDGE)

    assert await on_duty(books, Duty.DESK, BEGINS) == (BAI,)
    assert await on_duty(books, Duty.DESK, BEGINS + timedelta(hours=1)) == (GAO,)
    assert await on_duty(books, Duty.LEADER, BEGINS) == (JUDGE,)
    assert await on_duty(books, Duty.LEADER, BEGINS + timedelta(hours=8)) == (GU,)
    assert await on_duty(books, Duty.LEADER, court_time(3, 3, 7, 59)) == (JUDGE,)
    assert await on_duty(books, Duty.LEADER, court_time(3, 9, 21, 0)) == (ASSISTANT,)
    assert await on_duty(books, Duty.LEADER, court_time(3, 9, 12, 0)) == ()


async def test_what_is_ended_holds_no_longer(books: Books) -> None:
    await stands_in(books, GAO, (-1, 3))
    await stands_in(books, GU, (4, 5))
    async with books.registry.transaction() as tx:
        admin = await actor(tx, cast.ADMINISTRATOR)
        running, coming = await rosters.list_stand_ins(tx, COURT_ID)
        await changes.end_stand_in(tx, admin, running)
        await changes.end_stand_in(tx, admin, coming)
        rule_id = next(iter(await rosters.list_rules(tx, COURT_ID)))
        await changes.end_rule(tx, admin, rule_id, TODAY)

    assert await on_duty(books, Duty.DESK, BEGINS - timedelta(minutes=1)) == (GAO,)
    assert await on_duty(books, Duty.DESK, BEGINS) == (BAI,)
    assert await on_duty(books, Duty.DESK, BEGINS + timedelta(hours=4)) == (BAI,)
    assert await on_duty(books, Duty.DUTY_OFFICER, day_ends(TODAY)) == ()
    async with books.registry.reading() as tx:
        assert [one.action for one in await audit.list_events_about(tx, running)] == [
            "stand-in added",
            "stand-in ended",
        ]


async def test_only_the_administrator_edits_and_two_stand_ins_never_overlap(books: Books) -> None:
    await stands_in(books, GAO, (1, 3))

    with pytest.raises(Invalid, match="overlaps another stand-in"):
        await stands_in(books, GU, (2, 4))
    new = StandIn(post=LEADER, person_id=GAO, begins_at=BEGINS, ends_at=MIDNIGHT)
    async with books.registry.transaction() as tx:
        with pytest.raises(NotAllowed, match="edit the roster"):
            await changes.add_stand_in(tx, await actor(tx, cast.LEADER), new)
        stranger = Leave(person_id=PersonId("person-nobody"), begins_at=BEGINS, ends_at=MIDNIGHT)
        with pytest.raises(Invalid, match="there is no such person"):
            await changes.add_leave(tx, await actor(tx, cast.ADMINISTRATOR), stranger)


async def test_the_substitute_answers_for_the_judge_and_the_desk_where_there_is_none(books: Books) -> None:
    await goes_on_leave(books, JUDGE, GU)
    await goes_on_leave(books, ASSISTANT, None)

    async with books.registry.reading() as tx:
        assert await answering_for(tx, COURT_ID, [JUDGE], tx.at) == (GU,)
        assert await answering_for(tx, COURT_ID, [ASSISTANT, GAO], tx.at) == (GAO, BAI)
        assert await answering_for(tx, COURT_ID, [JUDGE], BEGINS + timedelta(hours=8)) == (JUDGE,)


async def coming(tx: Tx, person_id: PersonId, post: Post) -> ShiftChoice:
    shifts = await exchanges.list_coming_shifts(tx, COURT_ID)
    first = next(one for one in shifts if one.post == post)
    return ShiftChoice(person_id=person_id, post=post, begins_at=first.begins_at)


async def deputise(books: Books) -> None:
    """The desk and the leader may each serve the other's post."""
    async with books.registry.transaction() as tx:
        await people.grant_role(tx, BAI, HeldRole(role=Role.BUREAU_LEADER, team_id=None))
        await people.grant_role(tx, GU, HeldRole(role=Role.COMMAND_DESK, team_id=None))


async def asks(books: Books) -> Swap:
    """The desk offers tomorrow for the leader's."""
    await deputise(books)
    async with books.registry.transaction() as tx:
        mine, theirs = await coming(tx, BAI, DESK), await coming(tx, GU, LEADER)
        await exchanges.ask_swap(tx, await actor(tx, cast.DESK), mine, theirs)
        (swap,) = await swaps.list_asked(tx, COURT_ID)
    return swap


async def answers(books: Books, member: cast.Member, swap: Swap, answer: SwapState) -> None:
    async with books.registry.transaction() as tx:
        await exchanges.answer_swap(tx, await actor(tx, member), swap.swap_id, answer)


async def takes_back(books: Books, swap: Swap) -> None:
    async with books.registry.transaction() as tx:
        await exchanges.withdraw_swap(tx, await actor(tx, cast.DESK), swap.swap_id)


async def test_two_exchange_their_shifts_once_the_other_agrees(books: Books) -> None:
    tomorrow = day_ends(TODAY)
    swap = await asks(books)
    assert await told(books, TextId.SWAP_ASKED) == by_both(GU)
    assert await on_duty(books, Duty.DESK, tomorrow) == (BAI,)
    with pytest.raises(NotAllowed, match="it was asked of somebody else"):
        await answers(books, cast.DESK, swap, SwapState.AGREED)

    await answers(books, cast.LEADER, swap, SwapState.AGREED)

    assert await on_duty(books, Duty.DESK, tomorrow) == (GU,)
    assert await on_duty(books, Duty.LEADER, tomorrow) == (BAI,)
    assert await on_duty(books, Duty.DESK, tomorrow + timedelta(days=1)) == (BAI,)
    assert await told(books, TextId.SWAP_AGREED) == by_both(BAI, GU)
    with pytest.raises(Conflict, match="answered already"):
        await answers(books, cast.LEADER, swap, SwapState.REFUSED)


async def test_whoever_asked_for_a_swap_hears_that_it_was_refused(books: Books) -> None:
    swap = await asks(books)

    await answers(books, cast.LEADER, swap, SwapState.REFUSED)

    assert await told(books, TextId.SWAP_REFUSED) == by_both(BAI)


async def test_whoever_was_asked_for_a_swap_need_not_answer_one_that_was_taken_back(books: Books) -> None:
    unheard = await asks(books)
    await takes_back(books, unheard)
    assert await told(books, TextId.SWAP_WITHDRAWN) == []
    async with books.registry.transaction() as tx:
        assert await claim_due_notices(tx, TOKEN, 50) == Claim()

    heard = await asks(books)
    async with books.registry.transaction() as tx:
        assert len((await claim_due_notices(tx, TOKEN, 50)).notices) == 2
    await takes_back(books, heard)

    assert await told(books, TextId.SWAP_WITHDRAWN) == by_both(GU)


async def test_a_swap_that_nobody_could_serve_is_refused(books: Books) -> None:
    async with books.registry.transaction() as tx:
        mine, theirs = await coming(tx, BAI, DESK), await coming(tx, GU, LEADER)
        with pytest.raises(Invalid, match="a post to somebody without its role"):
            await exchanges.ask_swap(tx, await actor(tx, cast.DESK), mine, theirs)


async def test_a_swap_that_puts_somebody_on_two_shifts_by_now_is_refused(books: Books) -> None:
    swap = await asks(books)
    await stands_in(books, BAI, (12, 36), Post(duty=Duty.DUTY_OFFICER))

    with pytest.raises(Invalid, match="on two shifts at once"):
        await answers(books, cast.LEADER, swap, SwapState.AGREED)


async def test_a_swap_of_what_is_not_yours_or_has_changed_is_refused(books: Books) -> None:
    async with books.registry.transaction() as tx:
        theirs = await coming(tx, GU, LEADER)
        with pytest.raises(Invalid, match="is no coming shift of yours"):
            await exchanges.ask_swap(tx, await actor(tx, cast.JUDGE), theirs, theirs)
    swap = await asks(books)
    await stands_in(books, GAO, (0, 48), LEADER)

    with pytest.raises(Invalid, match="is no coming shift of the other person"):
        await answers(books, cast.LEADER, swap, SwapState.AGREED)


async def test_whoever_comes_on_duty_is_told_what_is_open(books: Books) -> None:
    await opens_alert(books)
    await stands_in(books, JUDGE, (1, 9))

    await reaches(books, DueKind.SHIFT_CHANGE, BEGINS + timedelta(hours=3))

    assert await told(books, TextId.SHIFT_HANDED_OVER) == by_both(JUDGE)
    async with books.registry.reading() as tx:
        notice = await a_notice(tx)
        waiting = await due_work.find_due(tx, COURT_ID, DueKind.SHIFT_CHANGE)
    # The service was two hours late, the shift was not.
    assert render(notice.text_id, notice.facts, notice.language).sms == (
        "【云河法院】交班：25日13:00您接班，未结预警1件，最近一件27日06:59北京西，无人接手。请登录确认接班"
    )
    assert waiting is not None
    assert waiting.due_at == BEGINS + timedelta(hours=9)


async def test_who_steps_in_at_once_is_told_at_once_and_nobody_while_nothing_is_open(books: Books) -> None:
    await starts(books)
    await stands_in(books, GU, (-1, 1))
    assert await told(books, TextId.SHIFT_HANDED_OVER) == []
    await opens_alert(books)

    await stands_in(books, JUDGE, (0, 2), LEADER)

    assert await told(books, TextId.SHIFT_HANDED_OVER) == by_both(JUDGE)


async def test_a_gap_is_told_weekly_and_each_morning_once_it_presses(books: Books) -> None:
    gaps = await _gaps(books)
    assert {gap for gap, _ in gaps} == {MIDNIGHT}
    assert len(gaps) == 4

    await reaches(books, DueKind.ROSTER_CHECK, court_time(2, 26, 9, 0))
    quietly = await told(books, TextId.ROSTER_GAP)
    async with books.registry.reading() as tx:
        following = await due_work.find_due(tx, COURT_ID, DueKind.ROSTER_CHECK)
        notice = await a_notice(tx)
    await reaches(books, DueKind.ROSTER_CHECK, court_time(2, 27, 9, 0))

    receivers = (cast.ADMINISTRATOR.person_id, GU)
    assert render(notice.text_id, notice.facts, notice.language).push_body == (
        "3月1日00:00至3月12日09:00无人值班，共4处 · 点开排班"
    )
    assert following is not None
    assert following.due_at == court_time(2, 27, 9, 0)
    assert quietly == [(one, ChannelKind.PUSH) for one in receivers]
    assert await told(books, TextId.ROSTER_GAP) == sorted([*quietly, *by_both(*receivers)])


async def _gaps(books: Books) -> Sequence[tuple[datetime, Post]]:
    async with books.registry.reading() as tx:
        return [(gap.begins_at, gap.post) for gap in (await report_roster(tx, COURT_ID)).gaps]


async def test_a_missing_year_is_told_from_november_on_until_it_is_entered(books: Books) -> None:
    books.clock.move_to(court_time(10, 31, 12, 0))
    async with books.registry.reading() as tx:
        assert await missing_year(tx, COURT_ID) is None

    await reaches(books, DueKind.CALENDAR_CHECK, court_time(11, 1, 9, 0))
    assert await told(books, TextId.CALENDAR_MISSING) == by_both(cast.ADMINISTRATOR.person_id)

    plan = read_announcement("2027-01-01,休,元旦\n2027-10-01,休,国庆节\n2027-10-08,班,补班")
    async with books.registry.transaction() as tx:
        (warning,) = await put_announcement(tx, await actor(tx, cast.ADMINISTRATOR), 2027, plan)
        assert warning.en.startswith("2027-10-08 is no weekend")
        assert await missing_year(tx, COURT_ID) is None
    await reaches(books, DueKind.CALENDAR_CHECK, court_time(12, 1, 9, 0))
    assert await told(books, TextId.CALENDAR_MISSING) == by_both(cast.ADMINISTRATOR.person_id)


async def test_the_substitute_acts_as_judge_of_the_case_while_the_judge_is_away(books: Books) -> None:
    entry_id = await register_tong(books.registry)
    async with books.registry.transaction() as tx:
        other = HeldRole(role=Role.JUDGE, team_id=None)
        await people.grant_role(tx, GAO, other)
        case = await cases.get_case(tx, (await entries.get_entry(tx, entry_id)).case_id)
        substitute = await actor(tx, cast.DUTY_OFFICER)
        with pytest.raises(NotAllowed):
            await require_on_case(tx, substitute, Action.RESUME, case)
    await goes_on_leave(books, JUDGE, GAO)

    async with books.registry.reading() as tx:
        await require_on_case(tx, substitute, Action.RESUME, case)
        assert await people_for(tx, await alert_on(books, entry_id, "alert-1"), ToWhom.JUDGE) == (GAO,)


ROSTER_ASKS = {"postgresql": 1, "sqlite": 2}
"""By the database: queries for who is on duty and who stands in."""


async def test_the_roster_costs_an_alert_one_trip(books: Books) -> None:
    """As every alert waits for it."""
    asked: list[str] = []
    async with books.registry.reading() as tx:
        statements = tx.db.sync_connection
        sa.event.listen(statements, "before_cursor_execute", lambda *told: asked.append(told[2]))
        await people.list_on_duty(tx, COURT_ID, Duty.DUTY_OFFICER, tx.at)
        await people.list_on_duty(tx, COURT_ID, Duty.LEADER, tx.at)
        await answering_for(tx, COURT_ID, [JUDGE], tx.at)
        queries = sum(one.startswith("SELECT") for one in asked)

        assert queries == ROSTER_ASKS[tx.db.dialect.name]
