"""Who is called while nobody takes an alert: by the court's own ladder, past whoever is not there."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from notifications.channels.port import ChannelKind
from notifications.ladders import DEFAULT_LADDERS, Ladder, Step, ToWhom, Urgency, ladder_from_json
from notifications.reachability import ANY_PROVIDER
from notifications.texts import TextId
from scripts import cast
from tests.contract.storage.books import BEGINS, FIRST_DAY, LAST_DAY, Books
from tests.contract.storage.listing import case_numbered
from tests.contract.storage.paging import called, is_seen, reaches
from tracker.domain.errors import Conflict, NotAllowed
from tracker.domain.ids import CourtId
from tracker.domain.people import Actor, Days, Duty, HeldRole, Role
from tracker.domain.rosters import RosterRule
from tracker.services.ladders.circles import Charge, Circle, people_of
from tracker.services.ladders.editing import save_ladder
from tracker.services.ladders.preview import preview_alert
from tracker.services.rosters.outlook import report_roster
from tracker.storage import (
    alerts,
    audit,
    contacts,
    ladders,
    notices,
    people,
    rosters,
    sms_stops,
    unreached,
)
from tracker.storage.contacts import Contact, ContactId
from tracker.storage.providers_set_up import put_set_up
from tracker.storage.tables import court as court_tables
from tracker.storage.tables import notices as notice_tables
from tracker.web.observability.health import judge_books

COURT_ID: CourtId = cast.COURT.court_id
SMS = (ChannelKind.SMS,)
DESK_ALONE = Ladder(
    urgency=Urgency.IMMINENT,
    version=1,
    steps=(
        Step(after_s=0, to_whom=(ToWhom.JUDGE,), channels=SMS),
        Step(after_s=30, to_whom=(ToWhom.DESK,), channels=SMS, repeat_every_s=60),
    ),
)


async def off_duty(books: Books, *duties: str) -> None:
    async with books.registry.transaction() as tx:
        rule = court_tables.roster_rule
        await tx.run(sa.delete(rule).where(rule.c.duty.in_(duties)))


async def on_desk(books: Books) -> None:
    shift = RosterRule(
        court_id=COURT_ID,
        duty=Duty.DESK,
        people=(cast.DESK.person_id,),
        days=Days.EVERY_DAY,
        first_day=FIRST_DAY,
        last_day=LAST_DAY,
    )
    async with books.registry.transaction() as tx:
        await rosters.add_rule(tx, shift)


async def leaves(books: Books, member: cast.Member) -> None:
    async with books.registry.transaction() as tx:
        held = await people.list_roles(tx, member.person_id)
        for one in held:
            await people.end_role(tx, member.person_id, one)


async def dies(books: Books, member: cast.Member) -> None:
    """A provider says that the number is dead."""
    async with books.registry.transaction() as tx:
        await people.record_phone_dead(tx, member.person_id, "30005", tx.at)


async def wants_no_sms(books: Books, member: cast.Member) -> None:
    """Of any provider."""
    async with books.registry.transaction() as tx:
        await sms_stops.add_stop(tx, member.phone, ANY_PROVIDER)


async def has_device(books: Books, member: cast.Member) -> None:
    """On which a test was seen."""
    async with books.registry.transaction() as tx:
        device = Contact(
            contact_id=ContactId("device-1"),
            person_id=member.person_id,
            channel=ChannelKind.PUSH,
            provider="web-push",
            label="手机",
            address="there",
            created_at=tx.at,
        )
        await contacts.put_contact(tx, device)
        await contacts.record_seen(tx, device.contact_id)


async def administrator_of(books: Books) -> Actor:
    async with books.registry.reading() as tx:
        return await people.get_actor(tx, cast.ADMINISTRATOR.person_id)


async def channels_to_administrator(books: Books) -> list[str]:
    column = notice_tables.notice.c
    query = sa.select(column.channel).where(column.text_id == TextId.NOBODY_TO_CALL)
    async with books.registry.reading() as tx:
        return sorted(row.channel for row in await tx.rows(query))


async def test_a_saved_ladder_is_for_alerts_that_open_from_then_on(books: Books) -> None:
    administrator = await administrator_of(books)
    before = await is_seen(books)
    books.clock.move_to(BEGINS + timedelta(minutes=1))

    async with books.registry.transaction() as tx:
        await save_ladder(tx, administrator, DESK_ALONE, "夜间值班调整")
        alert = await alerts.get_alert(tx, before.alert_id)
        in_force = await ladders.get_ladder(tx, COURT_ID, Urgency.IMMINENT)
        (saved,) = await ladders.list_versions(tx, COURT_ID, Urgency.IMMINENT)
        when_it_opened = await ladders.get_ladder(tx, COURT_ID, Urgency.IMMINENT, before.raised_at)
        untouched = await ladders.get_ladder(tx, COURT_ID, Urgency.PLANNED)

    assert ladder_from_json(alert.ladder) == DEFAULT_LADDERS[Urgency.IMMINENT]
    assert when_it_opened == DEFAULT_LADDERS[Urgency.IMMINENT]
    assert (in_force.version, in_force.steps) == (2, DESK_ALONE.steps)
    assert (saved.saved_by, saved.saved_at, saved.reason) == (
        cast.ADMINISTRATOR.person_id,
        BEGINS + timedelta(minutes=1),
        "夜间值班调整",
    )
    assert untouched == DEFAULT_LADDERS[Urgency.PLANNED]
    async with books.registry.reading() as tx:
        (event,) = await audit.list_events_about(tx, "imminent")
    assert (event.action, event.detail) == ("ladder saved", {"version": 2})


async def test_two_who_edit_the_same_version_do_not_overwrite_one_another(books: Books) -> None:
    administrator = await administrator_of(books)
    async with books.registry.transaction() as tx:
        await save_ladder(tx, administrator, DESK_ALONE, "first")

        with pytest.raises(Conflict, match="somebody has just saved a newer version"):
            await save_ladder(tx, administrator, DESK_ALONE, "second")


async def test_only_an_administrator_saves_a_ladder(books: Books) -> None:
    async with books.registry.transaction() as tx:
        desk = await people.get_actor(tx, cast.DESK.person_id)

        with pytest.raises(NotAllowed, match="edit the ladders"):
            await save_ladder(tx, desk, DESK_ALONE, "quieter")


async def test_where_no_team_is_on_shift_the_desk_is_called_in_its_place(books: Books) -> None:
    await off_duty(books, "team")
    alert = await is_seen(books)

    await reaches(books, BEGINS + timedelta(minutes=8))

    assert await called(books, alert, TextId.LADDER) == [
        (cast.DESK.person_id, 180),
        (cast.LEADER.person_id, 480),
    ]


async def test_for_a_duty_officer_and_a_leader_who_are_not_there_the_desk_is_called(books: Books) -> None:
    """The harm: the leader is on leave, and from the tenth minute on the ladder rings nobody any more."""
    await off_duty(books, "duty-officer", "leader")
    alert = await is_seen(books)

    await reaches(books, BEGINS + timedelta(minutes=15))

    assert await called(books, alert, TextId.IMMINENT) == [
        (cast.JUDGE.person_id, 0),
        (cast.DESK.person_id, 0),
        (cast.JUDGE.person_id, 60),
        (cast.DESK.person_id, 60),
    ]
    assert await called(books, alert, TextId.LADDER) == [
        (cast.ASSISTANT.person_id, 180),
        (cast.CLERK.person_id, 180),
        (cast.DESK.person_id, 300),
        (cast.DESK.person_id, 600),
        (cast.DESK.person_id, 900),
    ]


@pytest.mark.parametrize("lost", [dies, wants_no_sms])
async def test_whom_nothing_leads_to_is_passed_over(
    books: Books, lost: Callable[[Books, cast.Member], Awaitable[None]]
) -> None:
    await off_duty(books, "team")
    await lost(books, cast.DESK)
    alert = await is_seen(books)

    await reaches(books, BEGINS + timedelta(seconds=180))

    assert await called(books, alert, TextId.LADDER) == [(cast.LEADER.person_id, 180)]


@pytest.mark.parametrize("lost", [dies, wants_no_sms])
async def test_a_device_on_which_a_test_was_seen_leads_to_its_person(
    books: Books, lost: Callable[[Books, cast.Member], Awaitable[None]]
) -> None:
    await off_duty(books, "team")
    await lost(books, cast.DESK)
    await has_device(books, cast.DESK)
    alert = await is_seen(books)

    await reaches(books, BEGINS + timedelta(seconds=180))

    assert await called(books, alert, TextId.LADDER) == [(cast.DESK.person_id, 180)]


@pytest.mark.parametrize(
    ("set_up", "called_first"),
    [(("kannel",), cast.LEADER), (("kannel", "aliyun"), cast.DESK), (("kannel", "wecom"), cast.LEADER)],
)
async def test_who_stopped_the_only_provider_is_passed_over_and_another_leads_there(
    books: Books, set_up: tuple[str, ...], called_first: cast.Member
) -> None:
    await off_duty(books, "team")
    async with books.registry.transaction() as tx:
        await put_set_up(tx, COURT_ID, {ChannelKind.SMS: set_up})
        await sms_stops.add_stop(tx, cast.DESK.phone, "kannel")
    alert = await is_seen(books)

    await reaches(books, BEGINS + timedelta(seconds=180))

    assert await called(books, alert, TextId.LADDER) == [(called_first.person_id, 180)]
    async with books.registry.reading() as tx:
        report = await report_roster(tx, COURT_ID)
    assert (cast.DESK.person_id in report.phoneless) is (called_first is cast.LEADER)


async def test_the_voice_leads_to_who_wants_no_sms(books: Books) -> None:
    await wants_no_sms(books, cast.JUDGE)
    alert = await is_seen(books)

    await reaches(books, BEGINS + timedelta(seconds=60))

    assert await called(books, alert, TextId.IMMINENT) == [
        (cast.DUTY_OFFICER.person_id, 0),
        (cast.JUDGE.person_id, 60),
        (cast.DUTY_OFFICER.person_id, 60),
    ]


async def test_for_a_judge_who_has_left_the_team_s_leader_is_called_or_else_the_desk(books: Books) -> None:
    await leaves(books, cast.JUDGE)
    async with books.registry.transaction() as tx:
        case = await case_numbered(tx, cast.A_CASE)
        circle = Circle(court_id=COURT_ID, charges=(Charge(judge_id=case.judge_id, team_id=case.team_id),))
        without_leader = await people_of(tx, circle, ToWhom.JUDGE, tx.at)
        leads = HeldRole(role=Role.TEAM_LEADER, team_id=case.team_id)
        await people.grant_role(tx, cast.BAILIFF_ONE.person_id, leads)
        with_leader = await people_of(tx, circle, ToWhom.JUDGE, tx.at)

    assert without_leader == (cast.DESK.person_id,)
    assert with_leader == (cast.BAILIFF_ONE.person_id,)


async def test_an_alert_that_reaches_nobody_is_told_to_desk_leaders_and_administrators_at_once(
    books: Books,
) -> None:
    await off_duty(books, "duty-officer", "team", "desk", "leader")
    await leaves(books, cast.JUDGE)
    alert = await is_seen(books)

    assert await called(books, alert, TextId.NOBODY_REACHED) == [
        (cast.DESK.person_id, 0),
        (cast.LEADER.person_id, 0),
        (cast.PRESIDENT.person_id, 0),
    ]
    assert await channels_to_administrator(books) == ["push", "sms", "voice"]
    async with books.registry.reading() as tx:
        judged = judge_books([], [], await unreached.list_unreached(tx))
    assert judged.is_ready
    assert judged.reasons == (f"alert {alert.alert_id} reaches nobody since 2026-02-25 12:00",)

    await reaches(books, BEGINS + timedelta(minutes=5))
    assert (cast.LEADER.person_id, 300) in await called(books, alert, TextId.NOBODY_REACHED)

    await on_desk(books)
    await reaches(books, BEGINS + timedelta(minutes=10))
    assert await called(books, alert, TextId.IMMINENT) == [(cast.DESK.person_id, 600)]
    async with books.registry.reading() as tx:
        assert await unreached.list_unreached(tx) == ()


async def test_the_preview_shows_what_the_ladder_then_does(books: Books) -> None:
    await off_duty(books, "team")
    alert = await is_seen(books)
    async with books.registry.reading() as tx:
        rungs = await preview_alert(tx, alert)

    assert [
        (int((rung.at - BEGINS).total_seconds()), [group.person_ids for group in rung.groups])
        for rung in rungs
    ] == [
        (60, [(cast.JUDGE.person_id,), (cast.DUTY_OFFICER.person_id,)]),
        (180, [()]),
        (180, [(cast.DESK.person_id,)]),
        (480, [(cast.LEADER.person_id,)]),
    ]


async def test_after_a_standstill_everybody_who_was_missed_is_called_once(books: Books) -> None:
    alert = await is_seen(books)
    books.clock.move_to(BEGINS + timedelta(minutes=21))

    await reaches(books, BEGINS + timedelta(minutes=21))

    assert await called(books, alert, TextId.LADDER) == [
        (cast.ASSISTANT.person_id, 1260),
        (cast.CLERK.person_id, 1260),
        (cast.DESK.person_id, 1260),
        (cast.LEADER.person_id, 1260),
    ]
    async with books.registry.reading() as tx:
        written = await notices.list_notices(tx, alert.alert_id)
    to_leader = [one.channel for one in written if one.person_id == cast.LEADER.person_id]
    assert sorted(to_leader) == ["push", "sms", "voice"]


async def test_what_could_not_be_sent_gives_way_to_the_latest(books: Books) -> None:
    """The harm: the provider was away for a quarter of an hour, and then the leader's phone rings three
    times.
    """
    alert = await is_seen(books)

    await reaches(books, BEGINS + timedelta(minutes=21))

    async with books.registry.reading() as tx:
        written = await notices.list_notices(tx, alert.alert_id)
    calls = [one for one in written if (one.person_id, one.channel) == (cast.LEADER.person_id, "voice")]
    assert [one.state for one in calls] == ["cancelled", "cancelled", "due"]


async def test_after_the_end_of_its_use_nobody_is_called_for_what_was_missed(books: Books) -> None:
    alert = await is_seen(books)
    books.clock.move_to(BEGINS + timedelta(days=2))

    await reaches(books, BEGINS + timedelta(days=2))

    assert await called(books, alert, TextId.LADDER) == []
