"""A ladder meets what happens beside it: a change of plan, a standstill, people on two lists, a taking."""

from datetime import timedelta

from notifications.channels.port import ChannelKind
from notifications.ladders import DEFAULT_LADDERS, Ladder, Step, ToWhom, Urgency, ladder_from_json
from notifications.texts import TextId
from schemas.messages import Place, SightingKind
from scripts import cast
from tests.contract.storage.books import BEGINS, FIRST_DAY, LAST_DAY, Books
from tests.contract.storage.paging import called, is_seen, reaches, sends
from tests.contract.storage.test_ladders import dies, off_duty
from tests.unit.tracker.examples import seen
from tracker.domain.alerts import Alert
from tracker.domain.people import Duty, HeldRole, Role
from tracker.domain.plans import Effect
from tracker.domain.rosters import RosterRule
from tracker.services.alerts.plan_changes import join_alert
from tracker.services.answers.takings import Way, take_alert
from tracker.storage import alerts, ladders, notices, people, rosters, unreached
from tracker.storage.ladders import SavedLadder

COURT_ID = cast.COURT.court_id
JUDGE = (ToWhom.JUDGE,)
SMS, VOICE = ChannelKind.SMS, ChannelKind.VOICE
ONE_BY_ONE = Ladder(
    urgency=Urgency.IMMINENT,
    version=2,
    steps=(
        Step(after_s=0, to_whom=JUDGE, channels=(SMS,)),
        Step(after_s=30, to_whom=JUDGE, channels=(SMS,)),
        Step(after_s=60, to_whom=JUDGE, channels=(VOICE,)),
    ),
)


async def saves(books: Books, ladder: Ladder) -> None:
    async with books.registry.transaction() as tx:
        saved = SavedLadder(ladder=ladder, reason="试行", saved_by=cast.LEADER.person_id, saved_at=tx.at)
        await ladders.add_ladder(tx, COURT_ID, saved)


async def is_seen_elsewhere(books: Books, alert: Alert) -> Alert:
    """At another hotel by now."""
    async with books.registry.transaction() as tx:
        now = seen(SightingKind.HOTEL_CHECK_IN, tx.at, Place(name="别家旅店", city="北京"))
        return await join_alert(tx, await alerts.lock_alert(tx, alert.alert_id), now, Effect.CHANGES)


async def test_a_change_of_plan_before_anybody_has_it_leaves_one_ladder(books: Books) -> None:
    """The harm: two ladders climb side by side, and every phone rings twice."""
    alert = await is_seen(books)
    await sends(books)
    await reaches(books, BEGINS + timedelta(seconds=100))

    await is_seen_elsewhere(books, alert)
    await reaches(books, BEGINS + timedelta(seconds=420))

    assert await called(books, alert, TextId.LADDER) == [
        (cast.ASSISTANT.person_id, 280),
        (cast.CLERK.person_id, 280),
        (cast.DESK.person_id, 400),
    ]


async def test_an_alert_that_changes_its_plan_keeps_the_ladder_of_the_day_it_opened(books: Books) -> None:
    alert = await is_seen(books)
    books.clock.move_to(BEGINS + timedelta(seconds=30))
    await saves(books, ONE_BY_ONE)

    changed = await is_seen_elsewhere(books, alert)

    assert ladder_from_json(changed.ladder) == DEFAULT_LADDERS[Urgency.IMMINENT]


async def test_who_was_missed_by_two_rungs_is_called_by_the_channels_of_both(books: Books) -> None:
    """The harm: after a standstill the voice is left out, and an SMS wakes nobody."""
    await saves(books, ONE_BY_ONE)
    books.clock.move_to(BEGINS + timedelta(seconds=1))
    alert = await is_seen(books)
    books.clock.move_to(BEGINS + timedelta(minutes=2))

    await reaches(books, BEGINS + timedelta(minutes=2))

    async with books.registry.reading() as tx:
        written = await notices.list_notices(tx, alert.alert_id)
    assert [one.channel for one in written if one.created_at > alert.raised_at] == [SMS, VOICE]


async def test_who_was_told_already_is_not_called_as_one_of_the_team(books: Books) -> None:
    officer = cast.DUTY_OFFICER.person_id
    async with books.registry.transaction() as tx:
        shift = RosterRule(
            court_id=COURT_ID,
            duty=Duty.TEAM,
            team_id=cast.TEAM,
            people=(officer,),
            first_day=FIRST_DAY,
            last_day=LAST_DAY,
        )
        await rosters.add_rule(tx, shift)
    alert = await is_seen(books)
    await sends(books)

    await reaches(books, BEGINS + timedelta(seconds=180))

    assert await called(books, alert, TextId.LADDER) == [
        (cast.ASSISTANT.person_id, 180),
        (cast.CLERK.person_id, 180),
    ]


async def test_the_leaders_of_the_cases_teams_are_a_last_resort(books: Books) -> None:
    await off_duty(books, "duty-officer", "team", "desk", "leader")
    await dies(books, cast.JUDGE)
    async with books.registry.transaction() as tx:
        leads = HeldRole(role=Role.TEAM_LEADER, team_id=cast.TEAM)
        await people.grant_role(tx, cast.BAILIFF_ONE.person_id, leads)

    alert = await is_seen(books)

    assert await called(books, alert, TextId.NOBODY_REACHED) == [
        (cast.DESK.person_id, 0),
        (cast.LEADER.person_id, 0),
        (cast.PRESIDENT.person_id, 0),
        (cast.BAILIFF_ONE.person_id, 0),
    ]


async def test_what_reached_nobody_and_was_taken_after_all_is_red_no_more(books: Books) -> None:
    await off_duty(books, "duty-officer", "team", "desk", "leader")
    await dies(books, cast.JUDGE)
    alert = await is_seen(books)
    await sends(books)
    async with books.registry.reading() as tx:
        before = await unreached.is_unreached(tx, alert.alert_id)

    async with books.registry.transaction() as tx:
        president = await people.get_actor(tx, cast.PRESIDENT.person_id)
        await take_alert(tx, president, await alerts.lock_alert(tx, alert.alert_id), Way.CALL)

    async with books.registry.reading() as tx:
        assert (before, await unreached.is_unreached(tx, alert.alert_id)) == (True, False)
