"""Every feed has its canary and every line its watch, once; what agencies were refused is counted by kind."""

from collections import Counter
from dataclasses import fields, replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from schemas.canary import CANARY
from schemas.tokens import token_of
from scripts import cast
from tests.contract.storage.books import BEGINS, Books
from tracker.domain.due import DueKind
from tracker.domain.ids import AgencyId, LeaseToken
from tracker.services.founding import CourtPlan, PlannedAgency, found_court
from tracker.services.lines.canaries import hear_canaries, is_tended, judge_line, tend_lines
from tracker.services.lines.status import list_statuses
from tracker.storage import agencies, due_work, feed_changes, feeds, lines, people, refusals
from tracker.storage.refusals import Refusal
from tracker.storage.tables import alerts, court, notices
from tracker.storage.tables import feeds as t

COURT_ID = cast.COURT.court_id
RAIL = AgencyId("rail")
MINE = LeaseToken("one-me")


@pytest.fixture
async def tended(books: Books) -> Books:
    """A court that has taken up its agencies."""
    await tend(books)
    return books


async def tend(books: Books) -> None:
    async with books.registry.transaction() as tx:
        await tend_lines(tx, COURT_ID)


async def changes_of(books: Books) -> list[str]:
    async with books.registry.reading() as tx:
        rows = await tx.rows(sa.select(t.feed_change.c.agency_id).order_by(t.feed_change.c.agency_id))
    return [row.agency_id for row in rows]


async def watches(books: Books) -> int:
    async with books.registry.reading() as tx:
        return len(await tx.rows(sa.select(alerts.due_work).where(alerts.due_work.c.kind == "line-silent")))


async def receivers(books: Books) -> list[tuple[str, int]]:
    """Who was written to, and by how many channels."""
    async with books.registry.reading() as tx:
        rows = await tx.rows(sa.select(notices.notice.c.person_id))
    return sorted(Counter(row.person_id for row in rows).items())


async def judges_the_first(books: Books) -> None:
    async with books.registry.transaction() as tx:
        due = await due_work.claim_due(tx, MINE)
        assert due is not None
        assert due.kind is DueKind.LINE_SILENT
        await judge_line(tx, due, MINE)


async def test_each_agency_gets_a_canary_of_its_own_once(tended: Books) -> None:
    await tend(tended)

    assert await changes_of(tended) == ["border", "exit-entry", "police", "rail"]
    assert await watches(tended) == 4
    async with tended.registry.reading() as tx:
        assert await is_tended(tx, COURT_ID)
        feed = await feeds.get_feed(tx, RAIL)
        (change,) = await feed_changes.list_waiting_changes(tx, RAIL, 1, 10)
    assert change.reference == feed.canary_reference
    assert change.body is not None
    assert change.body["tokens"] == [token_of(CANARY, feed.keys.token_key).hex()]


async def test_a_feed_made_anew_gets_it_again_under_another_reference(tended: Books) -> None:
    async with tended.registry.transaction() as tx:
        former = await feeds.get_feed(tx, RAIL)
        await feeds.add_feed(tx, replace(former, feed_id="feed-2", incarnation=2))
        assert not await is_tended(tx, COURT_ID)

    await tend(tended)

    assert await changes_of(tended) == ["border", "exit-entry", "police", "rail", "rail"]
    async with tended.registry.reading() as tx:
        assert (await feeds.get_feed(tx, RAIL)).canary_reference not in (None, former.canary_reference)


async def test_an_adapter_that_is_put_out_is_judged_no_more(tended: Books) -> None:
    async with tended.registry.transaction() as tx:
        for agency in await agencies.list_agencies(tx, COURT_ID):
            await agencies.remove_instance(tx, agency.agency_id, "one")
    tended.clock.move_to(BEGINS + timedelta(hours=1))

    await judges_the_first(tended)

    assert await watches(tended) == 3


async def test_a_line_that_was_heard_is_judged_again_later(tended: Books) -> None:
    tended.clock.move_to(BEGINS + timedelta(minutes=14))
    async with tended.registry.transaction() as tx:
        for agency in await agencies.list_agencies(tx, COURT_ID):
            await hear_canaries(tx, agency.agency_id, frozenset({"one"}))
    tended.clock.move_to(BEGINS + timedelta(minutes=15))

    await judges_the_first(tended)

    assert await watches(tended) == 4
    async with tended.registry.reading() as tx:
        assert await lines.list_silent(tx) == ()


async def test_nobody_is_judged_by_an_interval_that_he_does_not_know_yet(tended: Books) -> None:
    """The harm: the court agrees on every minute, and the desk is rung for one that comes every five."""
    tended.clock.move_to(BEGINS + timedelta(minutes=14))
    async with tended.registry.transaction() as tx:
        rail = await agencies.get_agency(tx, RAIL)
        of_the_agency = {one.name for one in fields(PlannedAgency)} - {"desk_phone"}
        agreed = {name: getattr(rail, name) for name in of_the_agency}
        sooner = PlannedAgency(**agreed | {"canary_every_s": 60})
        own = await people.get_court(tx, COURT_ID)
        await found_court(tx, CourtPlan(court=own, teams={}, people=(), agencies=(sooner,)), {})
    async with tended.registry.transaction() as tx:
        (line,) = await lines.lock_lines(tx, RAIL, {"one"})
        (watch,) = await tx.rows(sa.select(alerts.due_work).where(alerts.due_work.c.about == line.line_id))

    assert watch.due_at == BEGINS + timedelta(minutes=17)


async def test_a_silent_line_is_watched_no_more_until_it_is_heard(tended: Books) -> None:
    tended.clock.move_to(BEGINS + timedelta(minutes=15))
    await judges_the_first(tended)
    await tend(tended)
    assert await watches(tended) == 3
    async with tended.registry.reading() as tx:
        (silent,) = await lines.list_silent(tx)
    assert silent.silent_since == BEGINS

    async with tended.registry.transaction() as tx:
        await hear_canaries(tx, silent.agency_id, frozenset({"one"}))

    assert await watches(tended) == 4


@pytest.mark.parametrize(
    ("off_duty", "told"),
    [
        (["desk"], [(cast.LEADER.person_id, 2)]),
        (["desk", "leader"], []),
    ],
)
async def test_where_nobody_is_on_the_desk_somebody_else_is_told(
    tended: Books, off_duty: list[str], told: list[tuple[str, int]]
) -> None:
    async with tended.registry.transaction() as tx:
        await tx.run(sa.delete(court.roster_rule).where(court.roster_rule.c.duty.in_(off_duty)))
    tended.clock.move_to(BEGINS + timedelta(minutes=15))

    await judges_the_first(tended)

    assert await receivers(tended) == told


async def test_a_silence_that_nobody_could_be_told_is_told_to_the_next_shift(tended: Books) -> None:
    async with tended.registry.transaction() as tx:
        on_shift = await tx.rows(sa.select(court.roster_rule))
        await tx.run(sa.delete(court.roster_rule))
    tended.clock.move_to(BEGINS + timedelta(minutes=15))
    for _ in range(4):
        await judges_the_first(tended)
    async with tended.registry.transaction() as tx:
        await tx.insert_many(court.roster_rule, [dict(rule._mapping) for rule in on_shift])
    tended.clock.move_to(BEGINS + timedelta(minutes=75))

    await judges_the_first(tended)

    assert await receivers(tended) == [(cast.DESK.person_id, 2)]
    assert await watches(tended) == 3


async def test_what_was_refused_is_counted_by_its_kind(books: Books) -> None:
    async with books.registry.transaction() as tx:
        await refusals.count_refusals(tx, RAIL, ["bad-signature", "document", "bad-signature"])
    books.clock.move_to(BEGINS + timedelta(hours=1))
    async with books.registry.transaction() as tx:
        await refusals.count_refusals(tx, RAIL, ["document"])

    assert await refused_at_rail(books) == (
        Refusal(reason="document", times=2, last_at=BEGINS + timedelta(hours=1)),
        Refusal(reason="bad-signature", times=2, last_at=BEGINS),
    )

    books.clock.move_to(BEGINS + timedelta(hours=24, minutes=1))
    assert [one.reason for one in await refused_at_rail(books)] == ["document"]


async def refused_at_rail(books: Books) -> tuple[Refusal, ...]:
    async with books.registry.reading() as tx:
        statuses = await list_statuses(tx, COURT_ID)
    return next(one.refusals for one in statuses if one.agency.agency_id == RAIL)
