"""What a transaction on a file costs in trips to the file's thread, and what is called with its commit."""

from pathlib import Path
from queue import SimpleQueue

import aiosqlite.core
import pytest
from sqlalchemy import select

from adapters.commits import after_commit
from adapters.sqlite import SqliteDatabase
from adapters.sqlite_driver import OneTripConnection
from tests.contract.database.test_database import accounts, metadata


async def test_a_statement_on_a_file_goes_to_its_thread_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trips: list[object] = []

    class ToTheThread(SimpleQueue[object]):
        def put_nowait(self, work: object) -> None:
            trips.append(work)
            super().put_nowait(work)

    monkeypatch.setattr(aiosqlite.core, "SimpleQueue", ToTheThread)
    database = await SqliteDatabase.open(tmp_path / "court.sqlite")
    async with database.transaction() as tx:
        await tx.run_sync(metadata.create_all)
        await tx.execute(accounts.insert(), [{"name": "case", "balance": 0}, {"name": "fee", "balance": 1}])
        trips.clear()
        read = (await tx.execute(select(accounts.c.name).order_by(accounts.c.name))).scalars().all()
        changed = (await tx.execute(accounts.update().values(balance=2))).rowcount
        assert (read, changed, len(trips)) == (["case", "fee"], 2, 2)
    # And once for the commit.
    assert len(trips) == 3
    await database.close()


async def test_a_transaction_on_a_file_begins_with_its_first_statement(tmp_path: Path) -> None:
    asked: list[str] = []
    database = await SqliteDatabase.open(tmp_path / "court.sqlite")
    async with database.transaction() as tx:
        raw = (await tx.get_raw_connection()).driver_connection
        assert isinstance(raw, OneTripConnection)
        await raw.set_trace_callback(asked.append)
        await tx.run_sync(metadata.create_all)
        asked.clear()
    async with database.transaction():
        pass
    async with database.transaction() as tx:
        await tx.execute(accounts.insert().values(name="case", balance=0))
    await database.close()

    assert [one.split()[0] for one in asked] == ["COMMIT", "BEGIN", "INSERT", "COMMIT"]


async def test_what_waits_for_a_commit_is_called_before_anybody_is_woken_and_after_no_rollback(
    tmp_path: Path,
) -> None:
    heard: list[str] = []
    database = await SqliteDatabase.open(tmp_path / "court.sqlite")
    database.on_commit(lambda: heard.append("woken"))

    async def fail() -> None:
        async with database.transaction() as tx:
            after_commit(tx, lambda: heard.append("rolled back"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with database.transaction() as tx:
        await tx.run_sync(metadata.create_all)
        await tx.execute(accounts.insert().values(name="case", balance=0))
        after_commit(tx, lambda: heard.append("committed"))
    await database.close()

    assert heard == ["committed", "woken"]
