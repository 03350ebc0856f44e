"""What migrations make is what the code expects."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.ext.asyncio import create_async_engine

from tests.engines import Servers
from tracker.commands.migrate import migrate
from tracker.commands.start import CannotRun
from tracker.migrations import upgrade
from tracker.migrations.upgrade import Upgrade, newest_revision, upgrade_postgresql, upgrade_sqlite
from tracker.settings import TrackerSettings
from tracker.storage.tables import metadata


class Migrating:
    """One empty database; `url` is where its tables can be looked at."""

    def __init__(self, url: str, upgrade: Callable[[], Awaitable[Upgrade]]) -> None:
        self.upgrade = upgrade
        self._engine = create_async_engine(url, poolclass=sa.NullPool)

    async def differences(self) -> list[object]:
        async with self._engine.connect() as connection:
            return await connection.run_sync(_differences)


def _differences(connection: sa.Connection) -> list[object]:
    found: list[object] = compare_metadata(MigrationContext.configure(connection), metadata)
    return found


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path, servers: Servers) -> Migrating:
    if request.param == "sqlite":
        path = tmp_path / "court.sqlite"
        return Migrating(f"sqlite+aiosqlite:///{path}", lambda: upgrade_sqlite(path))
    url = await (await servers.postgres()).create_database(f"migrating_{uuid4().hex}")
    return Migrating(url, lambda: upgrade_postgresql(url))


async def test_the_migrated_schema_is_the_one_of_the_tables(database: Migrating) -> None:
    made = await database.upgrade()

    assert made == Upgrade(before=None, after=newest_revision())
    assert await database.differences() == []


async def test_a_table_that_somebody_holds_ends_the_migration_and_not_the_court(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everybody who wanted the table would wait behind a migration that waits."""
    url = await (await servers.postgres()).create_database(f"held_{uuid4().hex}")
    await upgrade_postgresql(url)
    monkeypatch.setattr(upgrade, "LOCK_TIMEOUT_S", 0.05)
    engine = create_async_engine(url, poolclass=sa.NullPool)

    async with engine.begin() as holder:
        await holder.execute(sa.text("LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(CannotRun) as told:
            await migrate(TrackerSettings.from_environment({"TRACKER_DATABASE_URL": url}))

    assert "another transaction held a table" in str(told.value)
    assert "then migrate again" in str(told.value)
    assert url not in str(told.value)


async def test_migrating_again_changes_nothing(database: Migrating) -> None:
    await database.upgrade()

    again = await database.upgrade()

    assert again == Upgrade(before=newest_revision(), after=newest_revision())
    assert await database.differences() == []
