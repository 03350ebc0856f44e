"""What migrations make is what the code expects."""

from pathlib import Path

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from tracker.migrations.upgrade import upgrade_sqlite
from tracker.storage.tables import metadata


def differences(file: Path) -> list[object]:
    engine = sa.create_engine(f"sqlite:///{file}", poolclass=sa.NullPool)
    with engine.connect() as connection:
        found: list[object] = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()
    return found


async def test_the_migrated_schema_is_the_one_of_the_tables(tmp_path: Path) -> None:
    await upgrade_sqlite(tmp_path / "court.sqlite")

    assert differences(tmp_path / "court.sqlite") == []


async def test_migrating_again_changes_nothing(tmp_path: Path) -> None:
    await upgrade_sqlite(tmp_path / "court.sqlite")
    before = (tmp_path / "court.sqlite").read_bytes()

    await upgrade_sqlite(tmp_path / "court.sqlite")

    assert (tmp_path / "court.sqlite").read_bytes() == before
