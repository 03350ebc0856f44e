"""A line to the database on which nothing comes any more, though it never ended."""

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import Column, MetaData, Table, Text

from tests.engines import Servers
from tests.proxy import Proxy
from tracker.storage.engine import postgresql
from tracker.storage.engine.postgresql import PostgresDatabase

marks = Table("marks", MetaData(), Column("name", Text, primary_key=True))


async def test_a_commit_is_seen_though_the_line_that_listens_died_without_a_word(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or a sighting waits at a court that believes it listens."""
    monkeypatch.setattr(postgresql, "ECHO_EVERY_S", 0.1)
    server = await servers.postgres()
    name = f"contract_{uuid4().hex}"
    url = await server.create_database(name)
    async with Proxy.before(server.port) as line:
        there, here = (
            await PostgresDatabase.open(url),
            await PostgresDatabase.open(server.url(name, line.port)),
        )
        async with there.transaction() as tx:
            await tx.run_sync(marks.create)
        line.stall()
        is_told = asyncio.Event()
        here.on_commit(is_told.set)

        async with there.transaction() as tx:
            await tx.execute(marks.insert().values(name="case"))
        async with asyncio.timeout(30):
            await is_told.wait()

        assert not here.is_listening
        await line.cut()
        await here.close()
        await there.close()


async def test_no_error_of_the_client_ends_the_listening(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = await (await servers.postgres()).create_database(f"contract_{uuid4().hex}")
    execute = asyncpg.Connection.execute
    failures = [asyncpg.InternalClientError("another operation is in progress")]

    async def fail_once(connection: Any, query: str, *values: Any, **more: Any) -> str:
        if failures and "pg_notify" in query:
            raise failures.pop()
        return str(await execute(connection, query, *values, **more))

    monkeypatch.setattr(asyncpg.Connection, "execute", fail_once)

    database = await PostgresDatabase.open(url)

    assert (failures, database.is_listening) == ([], True)
    await database.close()
