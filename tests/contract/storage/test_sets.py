"""A set of values is one parameter of one statement, whatever its size, and finds rows by their index."""

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect

from tests.contract.storage.books import Books
from tracker.storage.sets import is_one_of
from tracker.storage.tables.feeds import agency

NAMED = sa.select(agency.c.id).where(is_one_of(agency.c.id, "ids")).order_by(agency.c.id)
POSTGRESQL: Dialect = postgresql.asyncpg.dialect()  # type: ignore[no-untyped-call]
SQLITE: Dialect = sqlite.dialect()


@pytest.mark.parametrize(
    ("asked", "found"),
    [([], []), (["rail"], ["rail"]), (["rail", "police", "rail", "nobody"], ["police", "rail"])],
)
async def test_rows_of_the_set_are_found(books: Books, asked: list[str], found: list[str]) -> None:
    async with books.registry.reading() as tx:
        assert [row.id for row in await tx.rows(NAMED, ids=asked)] == found


async def test_the_negation_finds_the_others(books: Books) -> None:
    others = sa.select(agency.c.id).where(~is_one_of(agency.c.id, "ids")).order_by(agency.c.id)
    async with books.registry.reading() as tx:
        rows = await tx.rows(others, ids=["rail", "police"])

    assert [row.id for row in rows] == ["border", "exit-entry"]


def test_on_postgresql_it_is_one_parameter() -> None:
    assert "agency.id = ANY ($1::VARCHAR(36)[])" in str(NAMED.compile(dialect=POSTGRESQL))


def test_on_sqlite_nothing_hides_the_column_from_its_index() -> None:
    assert "WHERE agency.id IN (__[POSTCOMPILE_ids]) ORDER BY" in str(NAMED.compile(dialect=SQLITE))
