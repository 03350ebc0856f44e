"""What every database engine tells of a commit: which tables were written, so that nobody looks in vain."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Text, make_url, select, text

from adapters.sqlite import SqliteDatabase
from tests.engines import Servers
from tracker.storage.engine.postgresql import PostgresDatabase
from tracker.storage.engine.postgresql_driver import TellingConnection
from tracker.storage.registry import CourtDatabase

metadata = MetaData()
accounts = Table("accounts", metadata, Column("name", Text, primary_key=True), Column("balance", Integer))


async def new_url(servers: Servers) -> str:
    return await (await servers.postgres()).create_database(f"contract_{uuid4().hex}")


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(
    request: pytest.FixtureRequest, tmp_path: Path, servers: Servers
) -> AsyncIterator[CourtDatabase]:
    opened: CourtDatabase
    if request.param == "sqlite":
        opened = await SqliteDatabase.open(tmp_path / "court.sqlite")
    else:
        opened = await PostgresDatabase.open(await new_url(servers))
    async with opened.transaction() as tx:
        await tx.run_sync(metadata.create_all)
        await tx.execute(accounts.insert().values(name="case", balance=0))
    yield opened
    await opened.close()


async def add_one(database: CourtDatabase) -> None:
    async with database.transaction() as tx:
        await tx.execute(accounts.update().values(balance=accounts.c.balance + 1))


async def write_and_fail(database: CourtDatabase) -> None:
    async with database.transaction() as tx:
        await tx.execute(accounts.update().values(balance=9))
        raise ZeroDivisionError


async def test_it_is_told_which_tables_were_written_before_anybody_is_woken(database: CourtDatabase) -> None:
    heard: list[object] = []
    database.on_commit(lambda: heard.append("woken"))
    database.on_written(heard.append)

    await add_one(database)

    assert heard == [frozenset({"accounts"}), "woken"]


async def test_what_settles_is_told_under_no_table(database: CourtDatabase) -> None:
    heard: list[frozenset[str]] = []
    database.on_written(heard.append)

    async with database.transaction() as tx:
        await tx.execute(accounts.update().values(balance=3), execution_options={"settles": True})
    await add_one(database)

    assert heard == [frozenset({"settled"}), frozenset({"accounts"})]


async def test_after_a_statement_that_nobody_can_read_any_table_may_have_been_written(
    database: CourtDatabase,
) -> None:
    heard: list[frozenset[str]] = []
    database.on_written(heard.append)

    async with database.transaction() as tx:
        await tx.exec_driver_sql("UPDATE accounts SET balance = 4")

    assert heard == [frozenset()]


async def test_a_text_of_sql_is_a_statement_that_nobody_can_read(database: CourtDatabase) -> None:
    heard: list[frozenset[str]] = []
    database.on_written(heard.append)

    async with database.transaction() as tx:
        await tx.execute(text("UPDATE accounts SET balance = 5"))

    assert heard == [frozenset()]


async def test_two_who_only_lock_rows_do_not_keep_one_another_awake(database: CourtDatabase) -> None:
    heard: list[object] = []
    database.on_commit(lambda: heard.append("woken"))
    database.on_written(heard.append)

    async with database.transaction() as tx:
        await tx.execute(select(accounts).with_for_update())

    assert heard == []


async def test_what_was_rolled_back_is_not_told_with_the_next_commit(database: CourtDatabase) -> None:
    heard: list[frozenset[str]] = []
    database.on_written(heard.append)
    with pytest.raises(ZeroDivisionError):
        await write_and_fail(database)

    async with database.transaction() as tx:
        await tx.execute(accounts.update().values(balance=3), execution_options={"settles": True})

    assert heard == [frozenset({"settled"})]


async def test_another_process_is_told_which_tables_were_written(servers: Servers) -> None:
    url = await new_url(servers)
    here, there = await PostgresDatabase.open(url), await PostgresDatabase.open(url)
    heard: list[frozenset[str]] = []
    told = asyncio.Event()
    async with there.transaction() as tx:
        await tx.run_sync(metadata.create_all)
    here.on_written(heard.append)
    here.on_commit(told.set)

    async with there.transaction() as tx:
        await tx.execute(accounts.insert().values(name="case", balance=0))
    await asyncio.wait_for(told.wait(), timeout=5)
    await here.close()
    await there.close()

    assert heard[-1] == frozenset({"accounts"})


async def test_another_process_is_told_with_the_commit_itself(servers: Servers) -> None:
    connection = await asyncpg.connect(await plain_url(servers), connection_class=TellingConnection)
    asked: list[str] = []
    connection.add_query_logger(lambda query: asked.append(query.query))

    transaction = connection.transaction()
    await transaction.start()
    connection.tell_with_commit("court_changed", "it's me")
    await transaction.commit()
    await connection.close()

    assert asked == ["BEGIN; SET LOCAL cpu_operator_cost = 0.05", "NOTIFY court_changed, 'it''s me'; COMMIT"]


async def test_where_telling_is_refused_nothing_is_committed_and_the_connection_is_free(
    servers: Servers,
) -> None:
    connection = await asyncpg.connect(await plain_url(servers), connection_class=TellingConnection)
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute("CREATE TABLE made_in_vain (id int)")
    connection.tell_with_commit("court_changed", "x" * 9000)

    with pytest.raises(asyncpg.PostgresError, match="too long"):
        await transaction.commit()

    assert not connection.is_in_transaction()
    assert await connection.fetchval("SELECT to_regclass('made_in_vain')") is None
    await connection.close()


async def plain_url(servers: Servers) -> str:
    url = make_url(await new_url(servers)).set(drivername="postgresql")
    return url.render_as_string(hide_password=False)
