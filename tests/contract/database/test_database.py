"""What every database engine promises: whole transactions, no lost update, writers in line, readers free."""

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol
from uuid import uuid4

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Text, select
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters import sqlite
from adapters.sqlite import SqliteDatabase
from tests.engines import Servers
from tracker.storage.engine import postgresql
from tracker.storage.engine.postgresql import PostgresDatabase
from tracker.storage.registry import Database as Engine

metadata = MetaData()
accounts = Table(
    "accounts",
    metadata,
    Column("name", Text, primary_key=True),
    Column("balance", Integer, nullable=False),
)


class Database(Engine, Protocol):
    """What a court asks of its engine."""

    def on_commit(self, listener: Callable[[], None]) -> None: ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How an engine is opened again on what it holds, and how it shows what tests look at."""

    open: Callable[[], Awaitable[Database]]
    is_held: Callable[[], bool]
    refuses_to_write: type[Exception]
    slow_statement: str


@pytest.fixture(params=["sqlite", "postgresql"])
async def kind(request: pytest.FixtureRequest, tmp_path: Path, servers: Servers) -> Kind:
    if request.param == "sqlite":
        return Kind(
            open=partial(SqliteDatabase.open, tmp_path / "court.sqlite"),
            is_held=sqlite.holding_transaction.get,
            refuses_to_write=OperationalError,
            slow_statement="WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) "
            "SELECT count(*) FROM n",
        )
    url = await (await servers.postgres()).create_database(f"contract_{uuid4().hex}")
    return Kind(
        open=partial(PostgresDatabase.open, url),
        is_held=postgresql.holding_transaction.get,
        refuses_to_write=DBAPIError,
        slow_statement="SELECT pg_sleep(60)",
    )


@pytest.fixture
async def database(kind: Kind) -> AsyncIterator[Database]:
    opened = await kind.open()
    async with opened.transaction() as tx:
        await tx.run_sync(metadata.create_all)
        await tx.execute(accounts.insert().values(name="case", balance=0))
    yield opened
    await opened.close()


async def balance_of(tx: AsyncConnection) -> int:
    rows = await tx.execute(select(accounts.c.balance).where(accounts.c.name == "case"))
    return int(rows.scalar_one())


async def locked_balance_of(tx: AsyncConnection) -> int:
    """Read by somebody who is about to change it."""
    mine = select(accounts.c.balance).where(accounts.c.name == "case").with_for_update()
    return int((await tx.execute(mine)).scalar_one())


async def set_balance(tx: AsyncConnection, balance: int) -> None:
    await tx.execute(accounts.update().where(accounts.c.name == "case").values(balance=balance))


async def add_one(database: Database) -> None:
    async with database.transaction() as tx:
        before = await locked_balance_of(tx)
        await asyncio.sleep(0)
        await set_balance(tx, before + 1)


async def write_and_fail(database: Database) -> None:
    async with database.transaction() as tx:
        await set_balance(tx, 9)
        raise ZeroDivisionError


async def read_balance(database: Database) -> int:
    async with database.reading() as tx:
        return await balance_of(tx)


async def let_the_loop_turn(ticks: int) -> None:
    for _ in range(ticks):
        await asyncio.sleep(0)


async def test_no_update_is_lost_when_many_read_then_write(database: Database) -> None:
    await asyncio.gather(*(add_one(database) for _ in range(40)))

    assert await read_balance(database) == 40


async def test_writers_of_a_file_come_in_the_order_of_asking(tmp_path: Path) -> None:
    database = await SqliteDatabase.open(tmp_path / "court.sqlite")
    async with database.transaction() as tx:
        await tx.run_sync(metadata.create_all)
    order: list[int] = []

    async def write(number: int) -> None:
        async with database.transaction() as tx:
            order.append(number)
            await set_balance(tx, number)

    async with database.transaction():
        waiting = [asyncio.create_task(write(number)) for number in range(8)]
        await asyncio.sleep(0)
    await asyncio.gather(*waiting)
    await database.close()

    assert order == [0, 1, 2, 3, 4, 5, 6, 7]


async def test_a_reader_neither_waits_for_the_writer_nor_sees_what_is_not_committed(
    database: Database,
) -> None:
    async with database.transaction() as tx:
        await set_balance(tx, 7)
        meanwhile = await asyncio.wait_for(read_balance(database), timeout=5)

    assert (meanwhile, await read_balance(database)) == (0, 7)


async def test_a_reader_keeps_its_snapshot_while_others_commit(database: Database) -> None:
    async with database.reading() as snapshot:
        before = await balance_of(snapshot)
        await add_one(database)
        still = await balance_of(snapshot)

    assert (before, still) == (0, 0)


async def test_a_reading_connection_refuses_to_write(kind: Kind, database: Database) -> None:
    with pytest.raises(kind.refuses_to_write, match=r"read-?only"):
        async with database.reading() as tx:
            await set_balance(tx, 1)


async def test_an_error_rolls_everything_back_and_the_next_writer_goes_on(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        await write_and_fail(database)

    await add_one(database)
    assert await read_balance(database) == 1


async def test_a_cancelled_transaction_leaves_nothing_and_frees_the_line(database: Database) -> None:
    wrote = asyncio.Event()

    async def write_and_wait() -> None:
        async with database.transaction() as tx:
            await set_balance(tx, 9)
            wrote.set()
            await asyncio.Event().wait()

    writer = asyncio.create_task(write_and_wait())
    await asyncio.wait_for(wrote.wait(), timeout=30)
    writer.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writer

    await asyncio.wait_for(add_one(database), timeout=5)
    assert await read_balance(database) == 1


async def test_a_writer_cancelled_in_the_middle_of_a_statement_leaves_nothing(
    kind: Kind, database: Database
) -> None:
    started = asyncio.Event()

    async def write_slowly() -> None:
        async with database.transaction() as tx:
            await set_balance(tx, 9)
            started.set()
            await tx.exec_driver_sql(kind.slow_statement)

    writer = asyncio.create_task(write_slowly())
    await asyncio.wait_for(started.wait(), timeout=30)
    await asyncio.sleep(0)
    writer.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writer

    await asyncio.wait_for(add_one(database), timeout=10)
    assert await read_balance(database) == 1


@pytest.mark.parametrize("ticks", range(1, 60, 2))
async def test_a_writer_cancelled_at_any_moment_neither_keeps_the_lock_nor_forgets_the_listeners(
    database: Database, ticks: int
) -> None:
    heard: list[str] = []
    database.on_commit(lambda: heard.append("commit"))
    writer = asyncio.create_task(add_one(database))
    await let_the_loop_turn(ticks)
    writer.cancel()
    await asyncio.wait({writer})
    committed = await read_balance(database)

    await asyncio.wait_for(add_one(database), timeout=5)
    assert await read_balance(database) == committed + 1
    assert len(heard) == committed + 1


async def test_a_writer_cancelled_while_it_waits_in_line_gives_its_place_up(database: Database) -> None:
    async with database.transaction() as tx:
        waiting = asyncio.create_task(add_one(database))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait({waiting})
        await set_balance(tx, 5)

    await asyncio.wait_for(add_one(database), timeout=5)
    assert await read_balance(database) == 6


async def test_listeners_hear_of_commits_that_changed_rows_and_of_no_others(database: Database) -> None:
    heard: list[str] = []
    database.on_commit(lambda: heard.append("commit"))

    async with database.transaction() as tx:
        await balance_of(tx)
    async with database.transaction() as tx:
        await tx.execute(accounts.delete().where(accounts.c.name == "nobody"))
    await read_balance(database)
    assert heard == []

    await add_one(database)
    assert heard == ["commit"]


async def test_listeners_hear_of_a_commit_whose_writer_is_cancelled_meanwhile(
    database: Database,
) -> None:
    heard: list[str] = []
    database.on_commit(lambda: heard.append("commit"))

    async def write_and_be_cancelled() -> None:
        async with database.transaction() as tx:
            await set_balance(tx, 1)
            # Arrives at the first wait after this body: the one for the commit.
            writer.cancel()

    writer = asyncio.create_task(write_and_be_cancelled())
    await asyncio.wait({writer})

    assert (await read_balance(database), heard) == (1, ["commit"])


async def test_a_rollback_tells_no_listener(database: Database) -> None:
    heard: list[str] = []
    database.on_commit(lambda: heard.append("commit"))

    with pytest.raises(ZeroDivisionError):
        await write_and_fail(database)

    assert heard == []


async def test_the_outside_can_tell_that_a_transaction_is_held(kind: Kind, database: Database) -> None:
    outside = kind.is_held()
    async with database.transaction():
        inside = kind.is_held()
    async with database.reading():
        reading = kind.is_held()

    assert (outside, inside, reading, kind.is_held()) == (False, True, False, False)


async def test_a_task_that_asks_for_a_second_transaction_is_told_instead_of_waiting_for_itself(
    database: Database,
) -> None:
    with pytest.raises(RuntimeError, match="hand it on as `tx`"):
        async with database.transaction(), database.transaction():
            pass


async def test_what_was_committed_is_there_after_a_restart(kind: Kind, database: Database) -> None:
    async with database.transaction() as tx:
        await set_balance(tx, 3)
    await database.close()

    second = await kind.open()
    balance = await read_balance(second)
    await second.close()

    assert balance == 3


async def test_the_file_is_written_ahead_and_in_full(tmp_path: Path) -> None:
    database = await SqliteDatabase.open(tmp_path / "court.sqlite")
    async with database.transaction() as tx:
        journal = (await tx.exec_driver_sql("PRAGMA journal_mode")).scalar_one()
        synchronous = (await tx.exec_driver_sql("PRAGMA synchronous")).scalar_one()
        foreign_keys = (await tx.exec_driver_sql("PRAGMA foreign_keys")).scalar_one()
    await database.close()

    assert (journal, synchronous, foreign_keys) == ("wal", 2, 1)


async def test_two_that_are_open_at_once_lose_no_update(kind: Kind, database: Database) -> None:
    other = await kind.open()

    await asyncio.gather(*(add_one(one) for one in (database, other) for _ in range(30)))
    balance = await read_balance(database)
    await other.close()

    assert balance == 60


async def test_two_processes_on_one_file_lose_nothing(tmp_path: Path) -> None:
    database = await SqliteDatabase.open(tmp_path / "court.sqlite")
    async with database.transaction() as tx:
        await tx.run_sync(metadata.create_all)
        await tx.execute(accounts.insert().values(name="case", balance=0))

    other = await asyncio.create_subprocess_exec(
        sys.executable, "-c", OTHER_PROCESS, str(tmp_path / "court.sqlite")
    )
    await asyncio.gather(*(add_one(database) for _ in range(50)))
    status = await asyncio.wait_for(other.wait(), timeout=60)
    balance = await read_balance(database)
    await database.close()

    with sqlite3.connect(tmp_path / "court.sqlite") as plain:
        verdict = plain.execute("PRAGMA integrity_check").fetchone()
    plain.close()
    assert (status, balance, verdict) == (0, 100, ("ok",))


OTHER_PROCESS = """
import asyncio, pathlib, sys
from adapters.sqlite import SqliteDatabase

async def main():
    database = await SqliteDatabase.open(pathlib.Path(sys.argv[1]))
    for _ in range(50):
        async with database.transaction() as tx:
            balance = (await tx.exec_driver_sql("SELECT balance FROM accounts")).scalar_one()
            await tx.exec_driver_sql("UPDATE accounts SET balance = ?", (balance + 1,))
    await database.close()

asyncio.run(main())
"""
