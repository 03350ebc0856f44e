"""A whole town at work on the system's own clock, on real servers that can be stopped and cut off.

Everybody who is listed uses a card once. However the servers fare meanwhile, in the end judge and duty
officer have been told of each of them, once by SMS and once by push.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Final
from uuid import uuid4

from adapters.bus.rabbitmq import RabbitBus
from adapters.bus.topology import COURT
from adapters.edge.card_use import CardUse, Screened
from adapters.machine import SystemClock
from adapters.running import Part, Running
from notifications.channels.port import Channel, ChannelKind
from notifications.channels.recorder import Recorder
from schemas.documents import DocumentKind, Sex
from schemas.envelope import Address, Posting, sign_envelope
from schemas.measures import AgencyKind
from schemas.messages import FeedHead, Place, Receipt, SightingKind
from scripts import cast
from scripts.cast import Wanted, resident_number
from scripts.engines.port import Clock
from scripts.engines.postgresql import PostgresServer
from scripts.engines.production import (
    TOPOLOGY,
    Broker,
    PostgresCourts,
    ProductionEngines,
    WholeRabbitBus,
)
from scripts.engines.rabbitmq import RabbitServer
from scripts.partners import INSTANCE, load_or_make_agency_keys
from scripts.stage import Registration, form_of, papers_for
from scripts.system import Shifts, System, World
from tests.proxy import Proxy
from tracker.court import Court
from tracker.domain.court_time import court_day
from tracker.domain.ids import AgencyId
from tracker.entropy import SystemEntropy
from tracker.services.audit import ChainWhole, verify
from tracker.services.entries import approval, registration
from tracker.services.entries.cases import CaseForm, open_case
from tracker.storage import alerts, feed_changes, feeds, people, rules
from tracker.storage.engine.postgresql import PostgresDatabase
from tracker.storage.tables import notices as notice_tables
from tracker.storage.tables import plumbing
from tracker.storage.transaction import Tx
from tracker.web.observability.health import Readiness, Signs

LOOKS_EVERY_S: Final = 0.1
LOOKS: Final = 900
AT_ONCE: Final = 100
BORN: Final = date(1980, 1, 1)
CASE: Final = "（2026）京0199执{number}号"
TOLD: Final = Counter({ChannelKind.SMS: 2, ChannelKind.PUSH: 2})
"""What a listed person's card use sets off: judge and duty officer, each by both."""
FIRST_TOLD: Final = frozenset(
    address for one in (cast.JUDGE, cast.DUTY_OFFICER) for address in (one.phone, one.person_id)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """The servers of one test alone, for it does to them what others could not bear."""

    postgres: PostgresServer
    rabbit: RabbitServer


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Each party's own line to the servers."""

    database: Proxy
    brokers: Mapping[str, Proxy]


class Town:
    def __init__(self, system: System, recorder: Recorder, lines: Lines, broker: Broker) -> None:
        self.system = system
        self.broker = broker
        self.database_url = ""
        self.recorder = recorder
        self.lines = lines
        self.running = Running(system.world.clock.now)
        self.readiness = Readiness(
            Signs(registry=system.court.registry, has_schema=_is_known, troubles=self._troubles)
        )
        self._number = 0

    @property
    def bus(self) -> WholeRabbitBus:
        assert isinstance(self.system.bus, WholeRabbitBus)
        return self.system.bus

    def _troubles(self) -> list[str]:
        failing = [f"{loop} fails: {kind}" for loop, kind in sorted(self.running.failing.items())]
        trouble = self.bus.trouble
        return [*failing, *([trouble] if trouble else [])]

    async def lists(self, number: int) -> list[Wanted]:
        """So many more people on the list, in force at every agency."""
        wanted = await self._list(number)
        await eventually(self._is_in_force_everywhere)
        return wanted

    async def lists_while_asleep(self, number: int, asleep: AgencyKind) -> list[Wanted]:
        """The same, in force at every agency but the one that hears nothing."""
        wanted = await self._list(number)
        others = [kind.value for kind in self.system.edges if kind is not asleep]
        await eventually(lambda: self._is_in_force_at(others))
        return wanted

    async def use_cards(self, wanted: list[Wanted]) -> None:
        """Each uses a card at the railway, twice: the agency's system repeats what it is not sure of."""
        for who in [*wanted, *wanted]:
            await self.uses_card(who)

    async def flood(self, kind: AgencyKind, messages: int) -> None:
        """An agency sends the same receipt so many times."""
        raw = await self._receipt_of(kind)
        sender = f"agency.{kind.value}"
        for _ in range(messages // AT_ONCE):
            sending = [
                self.system.bus.publish(f"from.{kind.value}", raw, message_id="flood", sender=sender)
                for _ in range(AT_ONCE)
            ]
            await asyncio.gather(*sending)

    async def says(self, part: str) -> bool:
        """Whether `/readyz` gives a reason with these words."""
        return any(part in reason for reason in (await self.readiness.judge()).reasons)

    async def is_ready(self) -> bool:
        return (await self.readiness.judge()).reasons == ()

    async def uses_card(
        self, who: Wanted, kind: AgencyKind = AgencyKind.RAIL, event_id: str | None = None
    ) -> Screened:
        """As an agency's system does it: once, or again under the same event id."""
        use = CardUse(
            event_id=event_id or f"use-{who.number}",
            kind=SightingKind.CHECKPOINT,
            occurred_at=self.system.world.clock.now(),
            place=Place(name="北京西", city="北京"),
            document_kind=DocumentKind.RESIDENT_ID,
            number=who.number,
            name=who.name,
            sex=Sex.MALE,
            birth_date=BORN,
        )
        return await self.system.edges[kind].screen(use)

    async def told_of(self, wanted: list[Wanted]) -> None:
        """Until everybody has been told of each of these people; raises when it takes too long."""
        await eventually(lambda: self._has_told(len(wanted)))

    async def evidence(self, people_listed: int) -> dict[str, object]:
        """What holds once everybody has been told of so many people, or long enough after."""
        with contextlib.suppress(AssertionError):
            await eventually(lambda: self._has_told(people_listed))
        await eventually(self.is_ready)
        await eventually(self._has_finished)
        async with self.system.court.registry.reading() as tx:
            chain = await verify(tx)
            open_alerts = await alerts.list_latest_alerts(tx, cast.COURT.court_id, 1000)
        return {
            "alerts": len(open_alerts),
            "told": self._told(),
            "dead letters": [one.reason for one in await self.system.bus.dead_letters()],
            "differing replicas": await self._differing_replicas(),
            "audit chain is whole": isinstance(chain, ChainWhole),
        }

    async def has_settled_every_notice(self) -> bool:
        """Whether each notice has its result, by whoever got it."""
        notice = notice_tables.notice.c
        begun = notice_tables.notice.select().where(notice.state.in_(["due", "leased"])).limit(1)
        async with self.system.court.registry.reading() as tx:
            return await tx.row(begun) is None

    def _told(self) -> Counter[ChannelKind]:
        """By how many messages judge and duty officer were told; calls and further people come later, when
        nobody takes it.
        """
        told = [one for one in self.recorder.messages if one.message.to in FIRST_TOLD and one.kind in TOLD]
        return Counter(one.kind for one in told)

    async def _has_told(self, number: int) -> bool:
        told = self._told()
        return all(told[kind] >= times * number for kind, times in TOLD.items())

    async def _has_finished(self) -> bool:
        notice, outbox, inbox = notice_tables.notice.c, plumbing.outbox.c, plumbing.inbox.c
        async with self.system.court.registry.reading() as tx:
            # What was written while the clock ran ahead waits for its hour.
            unsent = notice.state.in_(["due", "leased"]) & (notice.due_at <= tx.at)
            begun = [
                await tx.row(notice_tables.notice.select().where(unsent).limit(1)),
                await tx.row(plumbing.outbox.select().where(outbox.published_at.is_(None)).limit(1)),
                await tx.row(plumbing.inbox.select().where(inbox.state == "waiting").limit(1)),
            ]
        return begun == [None] * 3 and await self._differing_replicas() == []

    async def _is_in_force_everywhere(self) -> bool:
        return await self._differing_replicas() == []

    async def _is_in_force_at(self, agencies: Collection[str]) -> bool:
        return not set(agencies) & set(await self._differing_replicas())

    async def _list(self, number: int) -> list[Wanted]:
        wanted = []
        for _ in range(number):
            who = self._somebody()
            async with self.system.court.registry.transaction() as tx:
                await _list(tx, who, CASE.format(number=5000 + self._number))
            wanted.append(who)
        return wanted

    async def _receipt_of(self, kind: AgencyKind) -> bytes:
        """What the agency's adapter says of its replica, signed by the adapter."""
        agency_id = AgencyId(kind.value)
        keys = load_or_make_agency_keys(self.system.world.data / "edges" / agency_id, agency_id)
        own = await self.system.edges[kind].state()
        head = FeedHead(sequence=own.sequence, count=own.count, digest=own.digest)
        address = Address(
            court=cast.COURT.court_id,
            agency=agency_id,
            instance=INSTANCE,
            epoch=own.epoch,
            incarnation=own.incarnation,
        )
        posting = Posting(id="flood", at=self.system.world.clock.now(), address=address)
        return sign_envelope(Receipt(head=head), posting, keys.signing)

    async def _differing_replicas(self) -> list[str]:
        async with self.system.court.registry.reading() as tx:
            heads = {
                kind: (await feeds.get_feed(tx, AgencyId(kind.value))).head for kind in self.system.edges
            }
            is_anything_waiting = await feed_changes.oldest_waiting_at(tx) is not None
        own = {kind: await edge.state() for kind, edge in self.system.edges.items()}
        return [
            kind.value
            for kind, head in heads.items()
            if is_anything_waiting
            or (head.sequence, head.count, head.digest)
            != (own[kind].sequence, own[kind].count, own[kind].digest)
        ]

    def _somebody(self) -> Wanted:
        self._number += 1
        return Wanted(
            name="欧阳若谷", number=resident_number(BORN, 2 * self._number + 1), phone="+8610000000099"
        )


def everybody_told(people_listed: int) -> dict[str, object]:
    """The evidence of a town in which nothing was lost, and nothing done twice."""
    return {
        "alerts": people_listed,
        "told": Counter({kind: times * people_listed for kind, times in TOLD.items()}),
        "dead letters": [],
        "differing replicas": [],
        "audit chain is whole": True,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Nature:
    """What a town stands on, if not on the system's clock and recorders."""

    clock: Clock = field(default_factory=SystemClock)
    recorder: Recorder = field(default_factory=Recorder)
    channels: Sequence[Channel] | None = None


@asynccontextmanager
async def second_court(town: Town) -> AsyncIterator[Court]:
    """Another process of the same court: its own connections, its own worker's name, the same provider."""
    world = town.system.world
    database = await PostgresDatabase.open(town.database_url)
    bus = RabbitBus(town.broker.settings(COURT), world.clock.now)
    await bus.start()
    ports = replace(town.system.court.ports, bus=bus, worker="two")
    court = Court(database, town.system.court.registry.keys, ports, town.system.court.court_id)
    await court.start()
    running = Running(world.clock.now)
    loops = asyncio.create_task(running.run([Part(loops=court.loops, on_change=database.on_commit)]))
    yield court
    running.stop()
    await loops
    await bus.close()
    await database.close()


@asynccontextmanager
async def town(folder: Path, servers: Servers, nature: Nature | None = None) -> AsyncIterator[Town]:
    """A town on servers of its own; each party reaches them by a line of its own."""
    given = nature or Nature()
    async with AsyncExitStack() as stack:
        database_line = await stack.enter_async_context(Proxy.before(servers.postgres.port))
        broker_lines = {
            user: await stack.enter_async_context(Proxy.before(servers.rabbit.port))
            for user in [user.name for user in TOPOLOGY.users]
        }
        lines = Lines(database=database_line, brokers=broker_lines)
        broker = await Broker.set_up(servers.rabbit, f"town-{uuid4().hex}")
        courts = PostgresCourts(servers.postgres, database_line.port)
        broker_ports = {user: line.port for user, line in broker_lines.items()}
        engines = ProductionEngines(courts, broker, broker_ports)
        system = await System.open(_world(folder, given, engines))
        stack.push_async_callback(system.close)
        inhabited = Town(system, given.recorder, lines, broker)
        inhabited.database_url = PostgresCourts(servers.postgres).url(folder)
        loops = asyncio.create_task(inhabited.running.run(system.parts))
        yield inhabited
        database_line.mend()
        for line in broker_lines.values():
            line.mend()
        inhabited.running.stop()
        await loops


async def eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    """Look until it holds; an engine that is away meanwhile does not hold."""
    for _ in range(LOOKS):
        if await _is_so(holds):
            return
        await asyncio.sleep(LOOKS_EVERY_S)
    raise AssertionError("still not so after a long time")


async def lasts(seconds: float) -> None:
    """A fault goes on for so long."""
    await asyncio.sleep(seconds)


async def _is_so(holds: Callable[[], Awaitable[bool]]) -> bool:
    try:
        return await holds()
    except Exception:
        return False


async def _is_known(_tx: Tx) -> bool:
    return True


def _world(folder: Path, nature: Nature, engines: ProductionEngines) -> World:
    today = court_day(nature.clock.now())
    first, last = today - timedelta(days=1), today + timedelta(days=2)
    return World(
        data=folder,
        clock=nature.clock,
        entropy=SystemEntropy(),
        shifts=Shifts(first=first, last=last, duty=(first, last)),
        recorder=nature.recorder,
        channels=nature.channels,
        engines=engines,
    )


async def _list(tx: Tx, who: Wanted, case: str) -> None:
    clerk = await people.get_actor(tx, cast.CLERK.person_id)
    form = CaseForm(
        number=case,
        debtor_name="某公司",
        debtor_kind="organisation",
        judge_id=cast.JUDGE.person_id,
        team_id=cast.TEAM,
        amount_fen=1_000_000,
    )
    await open_case(tx, clerk, form)
    until: date = court_day(tx.at) + timedelta(days=60)
    what = Registration(case=case, wanted=who, until=until)
    papers = papers_for(await rules.find_rule(tx, clerk.court_id, what.measure))
    entry_id = await registration.register_entry(tx, clerk, form_of(what, papers))
    await registration.submit_entry(tx, clerk, entry_id)
    leader = await people.get_actor(tx, cast.LEADER.person_id)
    await approval.approve_entry(tx, leader, entry_id, [who.number])
