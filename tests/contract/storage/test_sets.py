"""A set of values is one parameter of one statement, whatever its size, and finds rows by their index."""

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect

from tests.contract.storage.books import Books
from tracker.storage.engine.sets import is_found_by, is_one_of
from tracker.storage.tables.feeds import agency

NAMED = sa.select(agency.c.id).where(is_one_of(agency.c.id, "ids")).order_by(agency.c.id)
SAME = agency.alias("same")
FOUND = sa.select(agency.c.id).where(
    is_found_by(agency.c.id, sa.select(SAME.c.id).where(is_one_of(SAME.c.id, "ids")))
)
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


async def test_what_another_query_finds_is_a_set_as_well(books: Books) -> None:
    async with books.registry.reading() as tx:
        assert [row.id for row in await tx.rows(FOUND, ids=["rail", "nobody"])] == ["rail"]
        assert await tx.rows(FOUND, ids=[]) == []


def test_on_postgresql_another_query_is_asked_once_and_before() -> None:
    written = " ".join(str(FOUND.compile(dialect=POSTGRESQL)).split())

    assert "agency.id = ANY (array((SELECT same.id FROM agency AS same WHERE same.id = ANY ($1" in written


def test_on_postgresql_it_is_one_parameter() -> None:
    assert "agency.id = ANY ($1::VARCHAR(36)[])" in str(NAMED.compile(dialect=POSTGRESQL))


def test_on_sqlite_nothing_hides_the_column_from_its_index() -> None:
    assert "WHERE agency.id IN (__[POSTCOMPILE_ids]) ORDER BY" in str(NAMED.compile(dialect=SQLITE))
