"""Founding a court from a plan: once is enough, again changes nothing, and what differs is changed and
audited.
"""

from dataclasses import replace
from datetime import date

import pytest

from notifications.channels.port import ChannelKind
from notifications.throttle import Limits
from schemas.measures import AgencyKind
from tests.contract.storage.books import Books
from tracker.domain.errors import Conflict
from tracker.domain.ids import AgencyId, CourtId, PersonId, TeamId
from tracker.domain.people import Duty, HeldRole, Role
from tracker.domain.rosters import RosterRule
from tracker.services.founding import CourtPlan, PlannedAgency, PlannedPerson, found_court, list_new_logins
from tracker.storage import agencies, audit, feeds, notice_limits, people, rosters
from tracker.storage.agencies import Profile
from tracker.storage.people import Court

COURT_ID, TEAM = CourtId("linhai"), TeamId("linhai-one")
JUDGE = HeldRole(role=Role.JUDGE, team_id=TEAM)
DESK = HeldRole(role=Role.COMMAND_DESK, team_id=None)

MEI = PlannedPerson(login="mei", name="梅知秋", phone="+8610000000021", language="zh", held=(JUDGE,))
TAO = PlannedPerson(login="tao", name="陶然", phone="+8610000000022", language="en", held=(DESK,))
RAIL = PlannedAgency(
    agency_id=AgencyId("linhai-rail"),
    kind=AgencyKind.RAIL,
    name="铁路",
    name_en="Railway",
    profile=Profile.NAMED,
    hold_for_s=7200,
    channel_basis="协作协议（示例）第9号",
)
SHIFT = RosterRule(
    court_id=COURT_ID,
    duty=Duty.DESK,
    people=(TAO.person_id,),
    first_day=date(2026, 1, 1),
    last_day=date(2026, 12, 31),
)
PLAN = CourtPlan(
    court=Court(
        court_id=COURT_ID,
        code="京0298",
        name="临海区人民法院",
        sms_name="临海法院",
        desk_phone="010-00000000",
    ),
    teams={TEAM: "执行一队"},
    people=(MEI, TAO),
    agencies=(RAIL,),
    shifts=(SHIFT,),
)
HASHES = {"mei": "hash-of-mei", "tao": "hash-of-tao"}


async def found(books: Books, plan: CourtPlan, hashes: dict[str, str] | None = None) -> tuple[str, ...]:
    async with books.registry.transaction() as tx:
        return await found_court(tx, plan, hashes or {})


async def audited(books: Books, about: str) -> list[tuple[str, list[str]]]:
    async with books.registry.reading() as tx:
        return [(event.action, event.detail["changed"]) for event in await audit.list_events_about(tx, about)]


async def test_a_court_is_founded_whole(books: Books) -> None:
    async with books.registry.reading() as tx:
        assert await list_new_logins(tx, PLAN) == ("mei", "tao")

    done = await found(books, PLAN, HASHES)

    assert done[:6] == (
        "court-founded: linhai",
        "team-added: linhai-one",
        "person-added: person-mei",
        "role-granted: person-mei (judge, linhai-one)",
        "person-added: person-tao",
        "role-granted: person-tao (command-desk)",
    )
    async with books.registry.reading() as tx:
        assert await people.get_court(tx, COURT_ID) == PLAN.court
        assert await people.find_login(tx, "mei") == (PersonId("person-mei"), "hash-of-mei")
        assert (await people.get_person(tx, TAO.person_id)).phone == "+8610000000022"
        assert (await agencies.get_agency(tx, RAIL.agency_id)).sealing_public == b""
        assert (await feeds.get_feed(tx, RAIL.agency_id)).head.sequence == 0
        assert tuple((await rosters.list_rules(tx, COURT_ID)).values()) == (SHIFT,)


async def test_the_same_plan_again_changes_nothing(books: Books) -> None:
    await found(books, PLAN, HASHES)

    assert await found(books, PLAN) == ()


async def test_whoever_lets_the_courts_name_grow_hears_which_texts_it_makes_too_long(books: Books) -> None:
    await found(books, PLAN, HASHES)

    done = await found(books, replace(PLAN, court=replace(PLAN.court, sms_name="临海蒙古族自治旗人民法院")))

    assert done[0] == "court-changed: linhai (sms_name)"
    assert done[1].startswith("look at: text N1 in zh does not fit the court's name (")
    assert done[1].endswith("): choose a shorter sms_name")


async def test_what_differs_is_changed_and_audited(books: Books) -> None:
    await found(books, PLAN, HASHES)
    promoted = replace(MEI, phone="+8610000000023", held=(replace(JUDGE, role=Role.TEAM_LEADER),))
    plan = replace(
        PLAN,
        court=replace(PLAN.court, desk_phone="010-00000001"),
        teams={TEAM: "执行二队"},
        people=(promoted, TAO),
        agencies=(replace(RAIL, hold_for_s=3600, desk_phone="010-00000002"),),
    )

    done = await found(books, plan)

    assert done == (
        "court-changed: linhai (desk_phone)",
        "team-renamed: linhai-one",
        "person-changed: person-mei (phone)",
        "role-granted: person-mei (team-leader, linhai-one)",
        "role-ended: person-mei (judge, linhai-one)",
        "agency-changed: linhai-rail (hold_for_s, desk_phone)",
    )
    assert await audited(books, "person-mei") == [
        ("person-added", []),
        ("role-granted", ["judge", "linhai-one"]),
        ("person-changed", ["phone"]),
        ("role-granted", ["team-leader", "linhai-one"]),
        ("role-ended", ["judge", "linhai-one"]),
    ]
    async with books.registry.reading() as tx:
        assert (await people.get_actor(tx, MEI.person_id)).roles == {Role.TEAM_LEADER}
        assert await people.find_login(tx, "mei") == (PersonId("person-mei"), "hash-of-mei")


async def test_who_is_not_named_stays(books: Books) -> None:
    await found(books, PLAN, HASHES)

    assert await found(books, replace(PLAN, people=(MEI,), shifts=(), agencies=())) == ()

    async with books.registry.reading() as tx:
        assert (await people.get_actor(tx, TAO.person_id)).roles == {Role.COMMAND_DESK}


async def test_somebody_new_needs_a_first_password(books: Books) -> None:
    with pytest.raises(Conflict, match="do it again"):
        await found(books, PLAN, {"mei": "hash-of-mei"})

    async with books.registry.reading() as tx:
        assert await people.find_court(tx, COURT_ID) is None


async def test_a_login_of_another_court_is_refused(books: Books) -> None:
    theirs = replace(MEI, login="shen")

    with pytest.raises(Conflict, match="the login shen belongs to another court"):
        await found(books, replace(PLAN, people=(theirs,), shifts=()), HASHES)


async def test_a_courts_own_limits_take_the_place_of_the_defaults(books: Books) -> None:
    await found(books, PLAN, HASHES)
    own = replace(PLAN, limits={ChannelKind.SMS: Limits(a_day=12)})

    changed = await found(books, own)
    again = await found(books, own)

    assert (changed, again) == (("notice-limit-changed: sms",), ())
    async with books.registry.reading() as tx:
        limits = await notice_limits.list_limits(tx, COURT_ID)
    assert (limits[ChannelKind.SMS].a_day, limits[ChannelKind.PUSH].a_day) == (12, None)
