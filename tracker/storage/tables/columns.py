"""Column types the tables share: aware UTC moments, sealed bytes, ids."""

from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

metadata = sa.MetaData(
    naming_convention={
        "ix": "%(table_name)s_by_%(column_0_N_name)s",
        "uq": "one_%(table_name)s_per_%(column_0_N_name)s",
        "fk": "%(table_name)s_%(column_0_name)s_is_known",
        "pk": "%(table_name)s_key",
        "ck": "%(constraint_name)s",
    }
)

TOLD_AS: Final = "told as"
"""What a table has in its `info` where loops hear of new rows under a word that depends on these."""


class Moment(TypeDecorator[datetime]):
    """An aware moment, kept in UTC on every engine; a naive one is refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without an offset: pass an aware datetime")
        return value if value.tzinfo is UTC else value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment: datetime = value
        if moment.tzinfo is UTC:
            return moment
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def row_id() -> sa.Column[str]:
    """The primary key of most tables: an id drawn by the service."""
    return sa.Column("id", sa.String(36), primary_key=True)


def refers(name: str, target: str, *, nullable: bool = False) -> sa.Column[str]:
    """A reference to another table's id."""
    return sa.Column(name, sa.String(36), sa.ForeignKey(f"{target}.id"), nullable=nullable)


def sealed(name: str, *, nullable: bool = False) -> sa.Column[bytes]:
    """A sealed column: readable only with the court's keys and its own row id."""
    return sa.Column(name, sa.LargeBinary, nullable=nullable)


def index_of(name: str, *, nullable: bool = False) -> sa.Column[bytes]:
    """A blind index: finds a sealed value by its exact term."""
    return sa.Column(name, sa.LargeBinary(32), nullable=nullable)


def moment(name: str, *, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, Moment, nullable=nullable)


def word(name: str, *, length: int = 64, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=nullable)


def lease() -> tuple[sa.Column[str], sa.Column[float]]:
    """Who works on a row, and until which second of the database's own clock."""
    return sa.Column("lease_token", sa.String(36)), sa.Column("lease_until", sa.Float)
