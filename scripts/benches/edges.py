"""The agencies' edges of a bench: on the embedded engines beside the court, on servers in a process of their
own for all of them, or for each, as in production.

Run as a program, it opens the edges it is told and answers questions, each a line of JSON, with a line of
JSON.
"""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final, Protocol

from adapters.bus.rabbitmq import RabbitBus, RabbitSettings
from adapters.edge.card_use import CardUse, Hit
from adapters.edge.edge import Edge
from adapters.edge.settings import RECEIPTS_EVERY
from adapters.machine import SystemClock, program_loop
from adapters.running import Part, Running
from adapters.screening import FeedCondition
from schemas.documents import DocumentKind
from schemas.measures import AgencyKind
from schemas.messages import Itinerary, Place, SightingKind
from scripts import cast
from scripts.benches.listing import number_of
from scripts.benches.wire import Log
from scripts.engines.processes import EngineFailed, stop
from scripts.partners import PARTNERS, Habits, open_edge
from tracker.court import Court, Ports
from tracker.entropy import SystemEntropy
from tracker.key_files import load_or_make_keys
from tracker.storage.engine.postgresql import PostgresDatabase

ROOT: Final = Path(__file__).resolve().parents[2]
ONLINE: Final = Place(name="12306", city="网络")
INN: Final = Place(name="如归旅店", city="北京")
DEPARTS_IN: Final = timedelta(hours=3)
ARRIVES_IN: Final = timedelta(hours=9)
LONGEST_ANSWER: Final = 64 * 1024 * 1024
"""In bytes, of one line: it names every packet since the start."""
STAMPED: Final = ("packet-taken", "tombstone-applied")
AS_IN_PRODUCTION: Final = Habits(receipts_every=RECEIPTS_EVERY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far one edge is: how many records its list has, how many reports wait, whether it is proven."""

    records: int
    waiting: int
    is_proven: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """When an edge had taken what: packets by the sequence of their last change, withdrawals by the id of
    their message.
    """

    agency: str
    packets: Sequence[tuple[int, float]]
    withdrawals: Mapping[str, float]


class Edges(Protocol):
    async def standing(self) -> Sequence[Standing]:
        """Of each edge."""

    async def hit(self, position: int, *, is_there: bool = False) -> str:
        """The listed person of this position buys a ticket, or is in a hotel now, at the next agency; the
        agency's event id.
        """


class EdgesHere:
    """The edges of this process."""

    def __init__(self, edges: Mapping[AgencyKind, Edge]) -> None:
        self._edges = edges

    async def standing(self) -> Sequence[Standing]:
        states = [await edge.state() for edge in self._edges.values()]
        return [
            Standing(
                records=state.count,
                waiting=state.waiting_reports,
                is_proven=state.condition is FeedCondition.PROVEN,
            )
            for state in states
        ]

    async def hit(self, position: int, *, is_there: bool = False) -> str:
        use = (_in_a_hotel if is_there else _ticket)(position, SystemClock().now())
        screened = await self._edges[PARTNERS[position % len(PARTNERS)].kind].screen(use)
        assert isinstance(screened, Hit), screened
        assert screened.is_proven
        return use.event_id


def _in_a_hotel(position: int, now: datetime) -> CardUse:
    return CardUse(
        event_id=f"use-{position}",
        kind=SightingKind.HOTEL_CHECK_IN,
        occurred_at=now,
        place=INN,
        document_kind=DocumentKind.RESIDENT_ID,
        number=number_of(position),
    )


def _ticket(position: int, now: datetime) -> CardUse:
    return CardUse(
        event_id=f"use-{position}",
        kind=SightingKind.TICKET_BOUGHT,
        occurred_at=now,
        place=ONLINE,
        document_kind=DocumentKind.RESIDENT_ID,
        number=number_of(position),
        itinerary=Itinerary(
            service="Z38",
            origin="武昌",
            destination="北京西",
            departs_at=now + DEPARTS_IN,
            arrives_at=now + ARRIVES_IN,
            coach="7",
            seat="12下",
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Premises:
    """What edges in a process of their own are given: the court's folder and database, for its keys, and
    where each of these agencies finds the broker.
    """

    data: str
    database: str
    brokers: Mapping[str, str]


class EdgesElsewhere:
    """The edges of a process of their own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._numbers = count()
        self._asked: dict[int, asyncio.Future[Any]] = {}

    @classmethod
    @asynccontextmanager
    async def started(cls, premises: Premises) -> AsyncIterator["EdgesElsewhere"]:
        """Until the end of the block."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "scripts.benches.edges"),
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=LONGEST_ANSWER,
        )
        edges = cls(process)
        edges._say(asdict(premises))
        hearing = asyncio.create_task(edges._hear())
        try:
            yield edges
        finally:
            await stop(process)
            await hearing

    async def standing(self) -> Sequence[Standing]:
        return [Standing(**one) for one in await self._ask("standing")]

    async def taken(self) -> Sequence[Taken]:
        """Of each edge, since its start; the clock of all processes of a machine is the same."""
        return [Taken(**one) for one in await self._ask("taken")]

    async def hit(self, position: int, *, is_there: bool = False) -> str:
        event_id: str = await self._ask("hit", position, is_there=is_there)
        return event_id

    async def _ask(self, what: str, position: int = 0, *, is_there: bool = False) -> Any:
        number = next(self._numbers)
        self._asked[number] = asyncio.get_running_loop().create_future()
        self._say({"number": number, "what": what, "position": position, "is_there": is_there})
        return await self._asked[number]

    def _say(self, line: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(line).encode() + b"\n")

    async def _hear(self) -> None:
        assert self._process.stdout is not None
        try:
            async for line in self._process.stdout:
                answer = json.loads(line)
                self._asked.pop(answer["number"]).set_result(answer["answer"])
        finally:
            for asked in self._asked.values():
                if not asked.done():
                    asked.set_exception(EngineFailed("the process of the edges says nothing any more"))


class EdgesApart:
    """Each in a process of its own; `processes` in the order of the partners."""

    def __init__(self, processes: Sequence[EdgesElsewhere]) -> None:
        self._processes = processes

    @classmethod
    @asynccontextmanager
    async def started(cls, premises: Sequence[Premises]) -> AsyncIterator["EdgesApart"]:
        """Until the end of the block."""
        async with contextlib.AsyncExitStack() as stack:
            yield cls([await stack.enter_async_context(EdgesElsewhere.started(one)) for one in premises])

    async def standing(self) -> Sequence[Standing]:
        return [one for process in self._processes for one in await process.standing()]

    async def taken(self) -> Sequence[Taken]:
        return [one for process in self._processes for one in await process.taken()]

    async def hit(self, position: int, *, is_there: bool = False) -> str:
        return await self._processes[position % len(self._processes)].hit(position, is_there=is_there)


async def _answer_all() -> None:
    """Until nobody asks any more."""
    questions = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(questions), sys.stdin)
    premises = Premises(**json.loads(await questions.readline()))
    log = Log(Path(premises.data) / f"log-of-{'-'.join(premises.brokers)}" / "log.jsonl", *STAMPED)
    async with _opened(premises) as opened, asyncio.TaskGroup() as group:
        edges = EdgesHere(opened)
        running = Running(SystemClock().now)
        parts = [Part(loops=edge.loops, on_change=edge.on_change) for edge in opened.values()]
        loops = group.create_task(running.run(parts))
        async for line in questions:
            group.create_task(_answer(edges, log, json.loads(line)))
        running.stop()
        await loops
    if log.troubles:
        print(f"the edges logged {dict(log.troubles)}", file=sys.stderr)
    log.close()


async def _answer(edges: Edges, log: Log, question: Mapping[str, Any]) -> None:
    match question["what"]:
        case "hit":
            answer: Any = await edges.hit(question["position"], is_there=question["is_there"])
        case "standing":
            answer = [asdict(one) for one in await edges.standing()]
        case _:
            answer = [asdict(one) for one in _taken(log)]
    print(json.dumps({"number": question["number"], "answer": answer}), flush=True)


def _taken(log: Log) -> Sequence[Taken]:
    packets, withdrawals = (log.heard[name] for name in STAMPED)
    edges = {event["edge"] for _, event in packets}
    return [
        Taken(
            agency=edge.partition(".")[0],
            packets=[(event["sequence"], at) for at, event in packets if event["edge"] == edge],
            withdrawals={event["message"]: at for at, event in withdrawals if event["edge"] == edge},
        )
        for edge in sorted(edges)
    ]


@asynccontextmanager
async def _opened(premises: Premises) -> AsyncIterator[Mapping[AgencyKind, Edge]]:
    clock, data = SystemClock(), Path(premises.data)
    buses = {
        agency: RabbitBus(RabbitSettings(url=url), clock.now) for agency, url in premises.brokers.items()
    }
    keys = load_or_make_keys(data / "court-keys.json", cast.COURT.court_id)
    database = await PostgresDatabase.open(premises.database)
    edges = {}
    for partner in PARTNERS:
        if partner.agency_id not in buses:
            continue
        bus = buses[partner.agency_id]
        ports = Ports(
            now=clock.now,
            elapsed=clock.elapsed,
            entropy=SystemEntropy(),
            bus=bus,
            channels=(),
            snapshots=data / "snapshots",
            journal=data / "journal",
        )
        court = Court(database, keys, ports, cast.COURT.court_id)
        folder = data / "edges" / partner.agency_id
        edges[partner.kind] = await open_edge(court, bus, partner, folder, AS_IN_PRODUCTION)
    await database.close()
    for bus in buses.values():
        await bus.start()
    try:
        yield edges
    finally:
        for edge in edges.values():
            await edge.close()
        for bus in buses.values():
            await bus.close()


def main() -> None:
    with asyncio.Runner(loop_factory=program_loop) as runner, contextlib.suppress(KeyboardInterrupt):
        runner.run(_answer_all())


if __name__ == "__main__":
    main()
