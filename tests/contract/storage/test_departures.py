"""The first notices of an alert leave with its commit: once, whoever dies and however many serve the court,
and never before what is more urgent.
"""

from collections import Counter
from dataclasses import dataclass, replace
from typing import cast as typed

import pytest
import sqlalchemy as sa

from notifications.channels.port import ChannelKind
from notifications.delivery import AttemptState, NoticeState
from notifications.providers import Providers
from notifications.texts import TextId
from scripts import cast
from scripts.benches.listing import list_people
from scripts.pump import settle
from tests.awaited import awaited
from tests.contract.storage.asked import asked
from tests.contract.storage.books import Books
from tests.contract.storage.test_leases import NOTICE, the_lease_runs_out
from tests.contract.storage.test_sightings_together import STATEMENTS_OF_A_LONE_HIT, use
from tests.contract.storage.test_slow_channels import HeldUp
from tests.scripted_channel import ScriptedChannel
from tracker.loops.notices import MOST_UNDER_WAY, NoticeLoop
from tracker.services.alerts.sightings import ReportedUse, take_sightings
from tracker.storage import contacts, notices
from tracker.storage.contacts import Contact, ContactId
from tracker.storage.engine.news import News
from tracker.storage.leases import free_leases
from tracker.storage.registry import CourtDatabase, Registry
from tracker.storage.tables import court as court_tables
from tracker.storage.tables import notices as t

OF_A_HIT = 4
"""Judge and duty officer, by SMS and by push."""


class GivenUp(Exception):
    """The transaction fails after the notices were written."""


def by(kind: ChannelKind, name: str = "recorder") -> ScriptedChannel:
    channel = ScriptedChannel(name)
    channel.kind = kind
    return channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One of those that serve the court: it takes sightings, and it sends."""

    registry: Registry
    loop: NoticeLoop
    sms: ScriptedChannel
    push: ScriptedChannel

    async def takes(self, *uses: ReportedUse) -> None:
        async with self.registry.transaction() as tx:
            await take_sightings(tx, uses, self.loop.write)

    async def takes_and_gives_up(self, *uses: ReportedUse) -> None:
        async with self.registry.transaction() as tx:
            await take_sightings(tx, uses, self.loop.write)
            raise GivenUp

    async def sends(self) -> None:
        """Whatever there is to send by now."""
        await settle([self.loop])

    @property
    def sent(self) -> int:
        return len(self.sms.arrived) + len(self.push.arrived)


def process(books: Books, worker: str = "one", push: str = "recorder") -> Process:
    news = News()
    typed(CourtDatabase, books.registry.database).on_written(news.heard)
    registry = replace(books.registry, worker=worker, news=news)
    sms, pushes = by(ChannelKind.SMS), by(ChannelKind.PUSH, push)
    loop = NoticeLoop(registry, Providers([sms, pushes]))
    return Process(registry=registry, loop=loop, sms=sms, push=pushes)


async def states(books: Books) -> Counter[str]:
    async with books.registry.reading() as tx:
        return Counter(row.state for row in await tx.rows(sa.select(t.notice.c.state)))


async def tries(books: Books) -> Counter[tuple[str, bool]]:
    """In which state, and whether it says of itself that it is a repeat."""
    query = sa.select(t.attempt.c.state, t.attempt.c.is_repeat)
    async with books.registry.reading() as tx:
        return Counter((row.state, row.is_repeat) for row in await tx.rows(query))


@pytest.fixture
async def listed(books: Books) -> Books:
    await list_people(books.registry, 0, 3)
    return books


async def test_they_are_written_as_under_way_with_their_attempts(listed: Books) -> None:
    one = process(listed)
    await one.sends()

    await one.takes(use(listed, 0, "use-1"))

    assert await states(listed) == {NoticeState.LEASED: OF_A_HIT}
    assert await tries(listed) == {(AttemptState.SUBMITTED, False): OF_A_HIT}
    await one.sends()
    assert (len(one.sms.arrived), len(one.push.arrived)) == (2, 2)
    assert await states(listed) == {NoticeState.DONE: OF_A_HIT}


async def test_a_lone_hit_asks_no_more_for_it(listed: Books) -> None:
    one = process(listed)
    await one.sends()

    async with one.registry.transaction() as tx:
        with asked() as statements:
            await take_sightings(tx, [use(listed, 0, "use-1")], one.loop.write)
            await tx.flush()

    # SQLite writes attempts, and the links in push messages, by statements of their own.
    more = {"postgresql": 0, "sqlite": 2}[tx.db.dialect.name]
    assert len(statements) == STATEMENTS_OF_A_LONE_HIT[tx.db.dialect.name] + more


async def test_nobody_asks_the_database_for_them(listed: Books) -> None:
    one = process(listed)
    await one.sends()
    async with one.loop:
        await one.takes(use(listed, 0, "use-1"))

        assert one.loop.is_resting


async def test_a_running_loop_sends_them_without_another_round(listed: Books) -> None:
    one = process(listed)
    sms = HeldUp()
    loop = NoticeLoop(one.registry, Providers([sms]))
    await loop.step()

    async with loop:
        await replace(one, loop=loop).takes(use(listed, 0, "use-1"))
        async with awaited("both SMS were handed to the channel"):
            await sms.asked.acquire()
            await sms.asked.acquire()
        sms.goes_on.set()

    # Nothing brings a push there.
    assert await states(listed) == {NoticeState.DONE: 2, NoticeState.DUE: 2}


async def test_what_a_dying_process_had_committed_goes_out_once_from_another(listed: Books) -> None:
    dying, other = process(listed), process(listed, "two")
    await dying.sends()
    await dying.takes(use(listed, 0, "use-1"))
    await other.sends()
    assert other.sent == 0

    await the_lease_runs_out(listed, t.notice)
    await other.sends()

    assert (dying.sent, other.sent) == (0, OF_A_HIT)
    assert await states(listed) == {NoticeState.DONE: OF_A_HIT}
    # Nobody could know that the first had not gone out.
    assert await tries(listed) == {(AttemptState.FAILED, False): 4, (AttemptState.SENT, True): 4}


async def test_the_next_life_of_the_process_sends_them_at_once(listed: Books) -> None:
    dying = process(listed)
    await dying.sends()
    await dying.takes(use(listed, 0, "use-1"))

    async with listed.registry.transaction() as tx:
        await free_leases(tx, "one")
    next_life = process(listed)
    await next_life.sends()

    assert (dying.sent, next_life.sent) == (0, OF_A_HIT)


async def test_what_did_not_commit_is_not_sent(listed: Books) -> None:
    one = process(listed)
    await one.sends()

    with pytest.raises(GivenUp):
        await one.takes_and_gives_up(use(listed, 0, "use-1"))
    await one.sends()

    assert one.sent == 0
    assert await states(listed) == {}


async def test_of_two_processes_the_one_that_took_the_hit_sends(listed: Books) -> None:
    one, other = process(listed), process(listed, "two")
    await one.sends()
    await other.sends()

    await one.takes(use(listed, 0, "use-1"))
    await other.sends()
    await one.sends()

    assert (one.sent, other.sent) == (OF_A_HIT, 0)


async def test_they_do_not_overtake_what_waits(listed: Books) -> None:
    one = process(listed)
    await one.sends()
    async with listed.registry.transaction() as tx:
        await notices.add_notice(tx, NOTICE)

    await one.takes(use(listed, 0, "use-1"))

    assert await states(listed) == {NoticeState.DUE: OF_A_HIT + 1}
    await one.sends()
    assert one.sent == OF_A_HIT + 1


async def test_before_it_has_looked_for_what_waits_a_process_sends_nothing_with_a_commit(
    listed: Books,
) -> None:
    one = process(listed)

    await one.takes(use(listed, 0, "use-1"))

    assert await states(listed) == {NoticeState.DUE: OF_A_HIT}


async def test_once_its_loop_has_ended_a_process_leaves_them_to_others(listed: Books) -> None:
    one, other = process(listed), process(listed, "two")
    async with one.loop:
        await one.loop.step()

    await one.takes(use(listed, 0, "use-1"))
    await other.sends()

    assert (one.sent, other.sent) == (0, OF_A_HIT)


async def test_what_is_more_than_can_be_under_way_waits_and_it_is_not_the_urgent(books: Books) -> None:
    hits = MOST_UNDER_WAY // OF_A_HIT + 1
    await list_people(books.registry, 0, hits)
    planned = [use(books, position, f"use-{position}") for position in range(hits - 1)]
    imminent = use(books, hits - 1, "use-now", departs_h=-9)
    one = process(books)
    await one.sends()

    await one.takes(*planned, imminent)

    assert await states(books) == {NoticeState.LEASED: MOST_UNDER_WAY, NoticeState.DUE: OF_A_HIT}
    async with books.registry.reading() as tx:
        waiting = await tx.rows(sa.select(t.notice.c.text_id).where(t.notice.c.state == NoticeState.DUE))
    assert {row.text_id for row in waiting} == {TextId.PLANNED_JUDGE, TextId.PLANNED_DUTY}
    await one.sends()
    assert one.sent == OF_A_HIT * hits


async def test_what_the_next_sighting_of_the_same_set_changes_was_told_to_nobody(listed: Books) -> None:
    one = process(listed)
    await one.sends()

    await one.takes(use(listed, 0, "use-1"), use(listed, 0, "use-2", service="G80", departs_h=10))
    await one.sends()

    assert len(one.sms.arrived) == 2
    assert ["G80" in text for text in one.sms.texts] == [True, True]


async def test_what_cannot_be_said_or_leads_nowhere_keeps_nothing_from_going_out(listed: Books) -> None:
    one = process(listed, push="web-push")
    device = Contact(
        contact_id=ContactId("device-1"),
        person_id=cast.JUDGE.person_id,
        channel=ChannelKind.PUSH,
        provider="web-push",
        label="",
        address="{}",
        created_at=listed.clock.now(),
    )
    async with listed.registry.transaction() as tx:
        await contacts.put_contact(tx, device)
    async with listed.registry.transaction() as tx:
        await tx.run(sa.update(court_tables.contact).values(address=b"sealed by a key that is lost"))
    await one.sends()

    await one.takes(use(listed, 0, "use-1"))
    await one.sends()

    assert (len(one.sms.arrived), len(one.push.arrived)) == (2, 0)
    # The duty officer has no device; what cannot be read of the judge's is tried again.
    assert await states(listed) == {NoticeState.DONE: 3, NoticeState.DUE: 1}
