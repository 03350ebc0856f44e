"""A process is killed before and after each commit and each request on the way of a notice that its first
provider does not bring, or that arrives after the order to stop: the next life goes on, and whoever is to be
told is told once."""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncConnection

from notifications.channels.port import Outgoing, SendResult
from notifications.delivery import AttemptState
from schemas.messages import SightingKind
from scripts import cast
from scripts.pump import settle
from tests.contract.storage.books import Books
from tests.contract.storage.paging import is_seen
from tests.contract.storage.test_failover import ORDER, Desk, desk_of
from tests.scripted_channel import ScriptedChannel
from tests.unit.tracker.examples import HOTEL, seen
from tracker.domain.alerts import Alert, AlertState
from tracker.domain.entries import Cause
from tracker.domain.ids import NoticeId
from tracker.services.alerts.opening import Opening, open_alerts
from tracker.services.alerts.stand_down import retract_alert
from tracker.storage import alerts, entries, notices
from tracker.storage.leases import free_leases
from tracker.storage.registry import Database
from tracker.storage.transaction import Tx

STOP = "停止行动"


class Killed(BaseException):
    """No part of a process survives it."""


@dataclass(slots=True)
class Mortality:
    """How many steps a life still has."""

    steps: int

    def step(self) -> None:
        self.steps -= 1
        if self.steps == 0:
            raise Killed


class MortalDatabase:
    """Ends a life before or after a commit."""

    def __init__(self, database: Database, mortality: Mortality) -> None:
        self._database = database
        self._mortality = mortality
        self.reading = database.reading

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        async with self._database.transaction() as db:
            yield db
            self._mortality.step()
        self._mortality.step()


class Provider(ScriptedChannel):
    """Outlives every life, and ends one before or after a request."""

    mortality = Mortality(steps=0)

    async def send(self, message: Outgoing) -> SendResult:
        self.mortality.step()
        answer = await super().send(message)
        self.mortality.step()
        return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """`begins` makes what is to be told, in a world in which nobody dies. `goes_on` does in each life what
    was not done before. `came` says what has come to people.
    """

    begins: Callable[[Books, int], Awaitable[None]]
    goes_on: Callable[[Desk, Provider, Provider], Awaitable[None]]
    came: Callable[[Provider, Provider], tuple[int, int]]


async def killed_at_each_step(books: Books, scene: Scene) -> set[tuple[int, int]]:
    """What has come to people, of all ways in which a life is killed once and the next one goes on."""
    ends: set[tuple[int, int]] = set()
    for steps in itertools.count(1):
        one, other = Provider("recorder"), Provider("twilio")
        await scene.begins(books, steps)
        if await _lives(books, scene, (one, other), Mortality(steps)):
            return ends
        assert await _lives(books, scene, (one, other), Mortality(0))
        ends.add(scene.came(one, other))
    raise AssertionError("unreachable")


async def _lives(
    books: Books, scene: Scene, providers: tuple[Provider, Provider], mortality: Mortality
) -> bool:
    """Whether the life comes to its end."""
    for provider in providers:
        provider.mortality = mortality
    async with books.registry.transaction() as tx:
        await free_leases(tx, books.registry.worker)
    database = MortalDatabase(books.registry.database, mortality)
    mortal = replace(books, registry=replace(books.registry, database=database))
    return await _comes_to_its_end(scene.goes_on(desk_of(mortal, *providers), *providers))


async def _comes_to_its_end(life: Awaitable[None]) -> bool:
    is_at_its_end = True
    try:
        await life
    except* Killed:
        is_at_its_end = False
    return is_at_its_end


async def reports(desk: Desk, provider: Provider, state: AttemptState) -> None:
    """A provider reports of all it took, again and again until it is heard."""
    for message in provider.arrived:
        await desk.is_called_back(message, state, f"{provider.name}-{message.attempt_id}")
    await settle(desk.loops)


async def order_is_written(books: Books, number: int) -> None:
    async with books.registry.transaction() as tx:
        await notices.add_notice(tx, replace(ORDER, notice_id=NoticeId(f"order-{number}")))


async def the_network_gives_up_on_the_first(desk: Desk, one: Provider, other: Provider) -> None:
    await settle(desk.loops)
    await reports(desk, one, AttemptState.UNDELIVERED)
    await reports(desk, other, AttemptState.DELIVERED)


async def test_an_order_that_the_network_gives_up_goes_by_the_next_once(books: Books) -> None:
    scene = Scene(
        begins=order_is_written,
        goes_on=the_network_gives_up_on_the_first,
        came=lambda one, other: (len(one.arrived), len(other.arrived)),
    )

    ends = await killed_at_each_step(books, scene)

    # Killed with its claim and before its request it is repeated, and by the next one.
    assert ends == {(1, 1), (0, 1)}


async def person_is_seen(books: Books, number: int) -> None:
    """Judge and duty officer are to be paged."""
    if number == 1:
        await is_seen(books)
        return
    async with books.registry.transaction() as tx:
        entry = await entries.get_entry(tx, (await _alert(tx)).entry_ids[0])
        now = seen(SightingKind.HOTEL_CHECK_IN, tx.at, HOTEL)
        await open_alerts(tx, [Opening(standing=(entry,), seen=now)])


async def it_was_somebody_else_and_the_pages_arrive_late(desk: Desk, one: Provider, other: Provider) -> None:
    await settle(desk.loops)
    async with desk.books.registry.transaction() as tx:
        alert = await _alert(tx)
        if alert.state is AlertState.OPEN:
            await retract_alert(tx, alert, Cause.WRONG_PERSON, ())
    await settle(desk.loops)
    await reports(desk, one, AttemptState.DELIVERED)
    await reports(desk, other, AttemptState.DELIVERED)


async def _alert(tx: Tx) -> Alert:
    """The newest."""
    return (await alerts.list_latest_alerts(tx, cast.COURT.court_id, 1))[0]


async def test_a_page_that_arrives_after_the_order_to_stop_is_followed_by_it_once(books: Books) -> None:
    scene = Scene(
        begins=person_is_seen,
        goes_on=it_was_somebody_else_and_the_pages_arrive_late,
        came=lambda one, other: (
            sum(STOP not in text for text in one.texts + other.texts),
            sum(STOP in text for text in one.texts + other.texts),
        ),
    )

    # Two pages, two orders, and each order once more after its page.
    assert await killed_at_each_step(books, scene) == {(2, 4)}
