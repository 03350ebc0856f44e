"""The statements of a court's day find what they look for by an index, though PostgreSQL planned them while
their tables were empty, and nobody has analysed the tables since.
"""

from collections.abc import AsyncIterator, Awaitable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import make_url

from scripts.chance import ScriptedEntropy
from scripts.clocks import JumpingClock
from tests.contract.storage.books import BEGINS, KEYS, move_in
from tests.contract.storage.day import MINE, Day
from tests.contract.storage.many_rows import copy_rows, tables_with_rows
from tests.contract.storage.test_leases import NOTICE
from tests.engines import Servers
from tracker.migrations.upgrade import upgrade_postgresql
from tracker.storage import notice_claims, notices
from tracker.storage.engine.postgresql import PostgresDatabase
from tracker.storage.engine.postgresql_driver import PLANS_KEPT
from tracker.storage.registry import Registry

FIRST_DAYS = 7
"""PostgreSQL plans a statement anew five times before it thinks of keeping the plan."""
COPIES = 1500
MOST_BLOCKS = 2000
"""Of one table and its indexes, in a day; of that of notices it takes 1,100, with their seven indexes."""
BLOCKS_OF_A_CLAIM = 100
"""Of the table of notices, to claim one of many; of that and its indexes it takes some sixty."""
WAITING = 5000
MOST_PLANNED = 10
"""Of some seventy statements of a day; at PostgreSQL's own prices it is 37."""
BLOCKS = """
SELECT relname AS table, heap_blks_hit + heap_blks_read + coalesce(idx_blks_hit + idx_blks_read, 0) AS blocks
FROM pg_statio_user_tables
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grown:
    """A court on PostgreSQL, on one connection of its own, and an administrator beside it."""

    day: Day
    registry: Registry
    administrator: Any
    at_first: Mapping[str, int]
    """How many rows each table had."""

    async def days_pass(self, count: int) -> None:
        for _ in range(count):
            await self.day.passes()

    async def transactions_pass(self, count: int) -> None:
        for _ in range(count):
            async with self.registry.transaction() as tx:
                await tx.db.exec_driver_sql("SELECT 1")

    async def grows(self, times: int) -> None:
        """All that days leave behind is there many times over."""
        counted = await tables_with_rows(self.administrator)
        grown = [table for table, rows in counted.items() if rows > self.at_first.get(table, 0)]
        await copy_rows(self.administrator, grown, times)

    async def blocks_of(self, work: Awaitable[None]) -> dict[str, int]:
        """How many blocks of each table some work reads."""
        before = await self._blocks()
        await work
        after = await self._blocks()
        return {table: blocks - before[table] for table, blocks in after.items()}

    async def many_wait(self) -> None:
        """Notices, all of them due."""
        async with self.registry.transaction() as tx:
            await notices.add_notice(tx, NOTICE)
        await copy_rows(self.administrator, ["notice"], WAITING)

    async def claims_one(self) -> None:
        async with self.registry.transaction() as tx:
            claim = await notice_claims.claim_due_notices(tx, MINE, 1)
        # It is a copy, which nobody can read.
        assert len(claim.unreadable) == 1

    async def size_of(self, index: str) -> int:
        """In bytes; an empty one has a page of 8192, which says where it begins."""
        async with self.registry.transaction() as tx:
            counted = await tx.db.exec_driver_sql(f"SELECT pg_relation_size('{index}')")
            return int(counted.scalar_one())

    async def planned_for_one_execution(self) -> int:
        """How often the connection has made a plan for the values given, which it did not keep."""
        async with self.registry.transaction() as tx:
            counted = await tx.db.exec_driver_sql("SELECT sum(custom_plans) FROM pg_prepared_statements")
            return int(counted.scalar_one())

    async def _blocks(self) -> dict[str, int]:
        async with self.registry.transaction() as tx:
            await tx.db.exec_driver_sql("SELECT pg_stat_force_next_flush()")
        return {row["table"]: row["blocks"] for row in await self.administrator.fetch(BLOCKS)}


@pytest.fixture
async def court(servers: Servers, tmp_path: Path) -> AsyncIterator[Grown]:
    server, name = await servers.postgres(), f"plans_{uuid4().hex}"
    url = await server.create_database(name)
    await upgrade_postgresql(url)
    database, clock = await PostgresDatabase.open(url), JumpingClock(BEGINS)
    registry = Registry(database=database, keys=KEYS, entropy=ScriptedEntropy(), now=clock.now)
    await move_in(registry)
    day = await Day.begun(registry, clock, tmp_path / "bus.sqlite")
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    administrator = await asyncpg.connect(plain)
    at_first = await tables_with_rows(administrator)
    yield Grown(day=day, registry=registry, administrator=administrator, at_first=at_first)
    await administrator.close()
    await day.ends()
    await database.close()
    await server.drop_database(name)


async def test_no_table_is_read_from_end_to_end_once_it_has_grown(court: Grown) -> None:
    await court.days_pass(FIRST_DAYS)
    await court.grows(COPIES)
    await court.transactions_pass(PLANS_KEPT)

    read = await court.blocks_of(court.day.passes())

    assert {table: blocks for table, blocks in read.items() if blocks > MOST_BLOCKS} == {}


async def test_a_claim_does_not_look_through_all_that_wait(court: Grown) -> None:
    await court.many_wait()

    read = await court.blocks_of(court.claims_one())

    assert read["notice"] <= BLOCKS_OF_A_CLAIM


async def test_a_notice_is_in_no_index_of_what_it_lacks(court: Grown) -> None:
    await court.many_wait()

    assert await court.size_of("notice_by_carrier") == 8192
    assert await court.size_of("notice_by_entry") == 8192


async def test_few_statements_are_planned_anew_each_time(court: Grown) -> None:
    await court.days_pass(2 * FIRST_DAYS)

    before = await court.planned_for_one_execution()
    await court.day.passes()

    assert await court.planned_for_one_execution() - before <= MOST_PLANNED
