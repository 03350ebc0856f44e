"""Brings a court's database up to the newest schema; what is there stays."""

import asyncio
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

FOLDER = Path(__file__).parent


def migration_config(connection: sa.Connection) -> Config:
    """Alembic's settings for an open connection."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _upgrade(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(f"sqlite:///{path}", poolclass=sa.NullPool)
    with engine.begin() as connection:
        command.upgrade(migration_config(connection), "head")
    engine.dispose()


async def upgrade_sqlite(path: Path) -> None:
    """Migrate (or make) the database file at a path."""
    await asyncio.to_thread(_upgrade, path)
