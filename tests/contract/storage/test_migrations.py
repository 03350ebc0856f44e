"""What migrations make is what the code expects."""

from collections.abc import Awaitable, Callable
from datetime import time
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
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

    async def before(self, title: str, *statements: str) -> None:
        """The schema as it was before the migration that begins with these words, with something in it."""
        scripts = ScriptDirectory.from_config(upgrade.migration_config())
        former = next(one.down_revision for one in scripts.walk_revisions() if one.doc.startswith(title))
        async with self._engine.begin() as connection:
            await connection.run_sync(lambda one: command.upgrade(upgrade.migration_config(one), str(former)))
            for statement in statements:
                await connection.execute(sa.text(statement))

    async def rows(self, table: str) -> list[dict[str, object]]:
        async with self._engine.connect() as connection:
            found = await connection.execute(sa.select(metadata.tables[table]))
            return [dict(row._mapping) for row in found]

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


async def test_a_roster_of_whole_days_stays_what_it_was(database: Migrating) -> None:
    await database.before(
        "Rosters",
        "INSERT INTO court (id, code, name, sms_name, desk_phone)"
        " VALUES ('yunhe', '京0199', '法院', '法院', '0')",
        "INSERT INTO person (id, court_id, login, password_hash, language, name, phone, phone_index)"
        " VALUES ('person-gao', 'yunhe', 'gao', '', 'zh', '', '', '')",
        "INSERT INTO roster_rule (id, court_id, duty, person_id, days, first_day, last_day)"
        " VALUES ('rule-1', 'yunhe', 'desk', 'person-gao', 'workdays', '2026-01-01', '2026-12-31')",
    )

    await database.upgrade()

    (rule,) = await database.rows("roster_rule")
    assert rule["people"] == ["person-gao"]
    assert (rule["begins"], rule["ends"]) == (time(0), time(0))
    assert (rule["turn"], rule["turns_from"]) == ("never", None)


async def test_what_waits_for_its_number_still_waits(database: Migrating) -> None:
    """A change that is lost on the way leaves somebody on the list who has paid."""
    await database.before(
        "A change has a row",
        "INSERT INTO court (id, code, name, sms_name, desk_phone)"
        " VALUES ('yunhe', '京0199', '法院', '法院', '0')",
        "INSERT INTO agency"
        " (id, court_id, kind, name, name_en, profile, hold_for_s, channel_basis, sealing_key)"
        " VALUES ('rail', 'yunhe', 'rail', '铁路公安', '', 'tokens', 7200, '', '')",
        "INSERT INTO feed_change"
        " (id, agency_id, epoch, reference, version, lane, operation, committed_at, taken)"
        " VALUES ('numbered', 'rail', 1, 7, 1, 1, 'put', '2026-03-02 08:00:00', true),"
        " ('waiting', 'rail', 1, 7, 2, 0, 'remove', '2026-03-02 09:00:00', false)",
    )

    await database.upgrade()

    assert [(row["id"], row["operation"]) for row in await database.rows("feed_change")] == [
        ("waiting", "remove")
    ]
