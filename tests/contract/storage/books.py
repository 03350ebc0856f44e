"""A court's books on a database engine: migrated, with the cast at work and A's case opened."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from adapters.sqlite import SqliteDatabase
from schemas.documents import DocumentKind, IdentityDocument, Sex
from schemas.measures import Measure
from schemas.sealing import KeyRing, SealingKey
from schemas.signing import SigningKey
from scripts import cast
from scripts.chance import ScriptedEntropy
from scripts.clocks import JumpingClock
from scripts.desk import court_time
from scripts.engines.postgresql import PostgresServer
from scripts.partners import PARTNERS, AgencyKeys, register_partner
from scripts.stage import Registration, form_of, papers_for
from tests.awaited import awaited
from tests.kept_courts import KeptCourts
from tracker.domain.ids import EntryId, SubjectId
from tracker.domain.keys import CourtKeys
from tracker.migrations.upgrade import upgrade_sqlite
from tracker.services.entries.approval import approve_entry
from tracker.services.entries.cases import CaseForm, open_case
from tracker.services.entries.registration import register_entry, submit_entry
from tracker.storage import people, rules
from tracker.storage.registry import CourtDatabase, Registry
from tracker.storage.subjects import Subject
from tracker.storage.transaction import Tx

BEGINS = court_time(2, 25, 12, 0)
FIRST_DAY, LAST_DAY = date(2026, 2, 24), date(2026, 2, 28)

KEYS = CourtKeys(
    at_rest=KeyRing("k1", {"k1": b"a" * 32}),
    index=b"i" * 32,
    signing=SigningKey.from_secret("yunhe-1", b"s" * 32),
    sealing=SealingKey(secret=b"x" * 32),
    chain=b"c" * 32,
)

TONG = Subject(
    subject_id=SubjectId("subject-tong"),
    court_id=cast.COURT.court_id,
    name=cast.A.name,
    sex=Sex.MALE,
    birth_date=date(1979, 3, 12),
    phone=cast.A.phone,
    documents=(),
)
TONGS_CARD = IdentityDocument(kind=DocumentKind.RESIDENT_ID, number=cast.A.number)


class Explained(sa.Executable, sa.ClauseElement):
    """A query that is not answered: the engine says how it would be."""

    inherit_cache = False

    def __init__(self, word: str, query: sa.Select[Any]) -> None:
        self.word = word
        # Counted, so that what the engine says is not read as one of the rows.
        self.query = sa.select(sa.func.count()).select_from(query.subquery())


@compiles(Explained)
def _explain(explained: Explained, compiler: SQLCompiler, **how: Any) -> str:
    return f"{explained.word} {compiler.process(explained.query, **how)}"


def _joined(plan: sa.CursorResult[Any]) -> str:
    return "\n".join(str(row[-1]) for row in plan)


class Engine(Protocol):
    """Keeps one court's database for each folder."""

    async def open(self, folder: Path) -> CourtDatabase:
        """Migrated, and made when it is missing."""

    async def copy(self, former: Path, folder: Path) -> None:
        """The database of a closed folder once more."""

    async def forget(self, folder: Path) -> None:
        """Nobody asks for the folder again."""

    async def at_rest(self, folder: Path) -> bytes:
        """Everything the engine has written, as it lies on the disk."""

    async def plan(self, tx: Tx, query: sa.Select[Any]) -> str:
        """How the engine would answer a query of a table too long to be read from end to end."""

    async def until_held_up(self, writer: asyncio.Task[Any]) -> None:
        """A writer that came beside an open transaction is done, or waits for that one to end."""


class Sqlite:
    async def open(self, folder: Path) -> CourtDatabase:
        await upgrade_sqlite(folder / "court.sqlite")
        return await SqliteDatabase.open(folder / "court.sqlite")

    async def copy(self, former: Path, folder: Path) -> None:
        shutil.copytree(former, folder)

    async def forget(self, folder: Path) -> None:
        """Everything lies in the folder."""

    async def at_rest(self, folder: Path) -> bytes:
        return await asyncio.to_thread(lambda: b"".join(p.read_bytes() for p in sorted(folder.iterdir())))

    async def plan(self, tx: Tx, query: sa.Select[Any]) -> str:
        return _joined(await tx.db.execute(Explained("EXPLAIN QUERY PLAN", query)))

    async def until_held_up(self, writer: asyncio.Task[Any]) -> None:
        """At once: writers stand in line."""


class Postgresql:
    def __init__(self, server: PostgresServer, courts: KeptCourts) -> None:
        self._server = server
        self._courts = courts

    async def open(self, folder: Path) -> CourtDatabase:
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        return await self._courts.open(folder)

    async def copy(self, former: Path, folder: Path) -> None:
        await self._courts.copy(former, folder)

    async def forget(self, folder: Path) -> None:
        await self._courts.forget(folder)

    async def at_rest(self, folder: Path) -> bytes:
        return await self._server.files_of(self._courts.name(folder))

    async def plan(self, tx: Tx, query: sa.Select[Any]) -> str:
        await tx.db.execute(sa.text("SET LOCAL enable_seqscan = off"))
        await tx.db.execute(sa.text("SET LOCAL enable_sort = off"))
        return _joined(await tx.db.execute(Explained("EXPLAIN", query)))

    async def until_held_up(self, writer: asyncio.Task[Any]) -> None:
        async with awaited("the writer waits for a lock, or is done"):
            while not writer.done():
                if await self._server.ask("SELECT count(*) FROM pg_locks WHERE NOT granted"):
                    return


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """What a test works on. `folder` is what the engine keeps it under; other things may lie there, too."""

    registry: Registry
    clock: JumpingClock
    folder: Path
    engine: Engine

    def with_keys(self, keys: CourtKeys) -> Registry:
        """The same database in the hands of somebody with other keys."""
        return replace(self.registry, keys=keys)


class Undone(Exception):
    """Ends a transaction without a trace."""


@asynccontextmanager
async def undone(registry: Registry) -> AsyncIterator[Tx]:
    """A transaction that is rolled back at its end, so that one court serves many tests."""
    try:
        async with registry.transaction() as tx:
            yield tx
            raise Undone
    except Undone:
        pass


async def move_in(registry: Registry) -> None:
    """The court, its four agencies, and A's case."""
    async with registry.transaction() as tx:
        await cast.engage(tx, FIRST_DAY, LAST_DAY, (FIRST_DAY, LAST_DAY))
        for position, partner in enumerate(PARTNERS, start=1):
            keys = AgencyKeys(
                signing=SigningKey.from_secret(f"{partner.agency_id}-1", bytes([position]) * 32),
                sealing=SealingKey(secret=bytes([position + 100]) * 32),
            )
            await register_partner(tx, cast.COURT.court_id, partner, keys)
        clerk = await people.get_actor(tx, cast.CLERK.person_id)
        form = CaseForm(
            number=cast.A_CASE,
            debtor_name="云上建筑公司",
            debtor_kind="organisation",
            judge_id=cast.JUDGE.person_id,
            team_id=cast.TEAM,
            amount_fen=cast.A_DEBT_FEN,
        )
        await open_case(tx, clerk, form)


async def open_books(engine: Engine, folder: Path) -> tuple[Books, CourtDatabase]:
    database = await engine.open(folder)
    clock = JumpingClock(BEGINS)
    registry = Registry(database=database, keys=KEYS, entropy=ScriptedEntropy(), now=clock.now)
    return Books(registry=registry, clock=clock, folder=folder, engine=engine), database


async def register_tong(registry: Registry) -> EntryId:
    """A draft entry on A, made by the clerk."""
    what = Registration(case=cast.A_CASE, wanted=cast.A)
    async with registry.transaction() as tx:
        clerk = await people.get_actor(tx, cast.CLERK.person_id)
        papers = papers_for(await rules.find_rule(tx, cast.COURT.court_id, Measure.HOLD_FOR_SUMMONS))
        return await register_entry(tx, clerk, form_of(what, papers))


async def submits_tong(books: Books) -> EntryId:
    """An entry on A that waits for approval."""
    entry_id = await register_tong(books.registry)
    async with books.registry.transaction() as tx:
        await submit_entry(tx, await people.get_actor(tx, cast.CLERK.person_id), entry_id)
    return entry_id


async def approves(books: Books, entry_id: EntryId) -> None:
    """The leader types A's number again."""
    async with books.registry.transaction() as tx:
        leader = await people.get_actor(tx, cast.LEADER.person_id)
        await approve_entry(tx, leader, entry_id, [cast.A.number])


async def lists_tong(books: Books) -> EntryId:
    """An entry on A in force."""
    entry_id = await submits_tong(books)
    await approves(books, entry_id)
    return entry_id
