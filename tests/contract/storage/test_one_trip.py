"""Readings of one trip find what each would find alone, with fewer statements where the database can."""

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa

from scripts import cast
from tests.contract.storage.books import Books
from tests.contract.storage.sighted import Sighted
from tracker.domain.errors import NotFound
from tracker.domain.ids import AgencyId
from tracker.storage import agencies, people
from tracker.storage.engine.one_trip import in_one_trip
from tracker.storage.tables import metadata
from tracker.storage.tables.court import court
from tracker.storage.tables.feeds import agency
from tracker.storage.transaction import Tx

NAMES = sa.select(agency.c.id).where(agency.c.id != "rail").order_by(agency.c.id.desc())
NAMED = sa.select(agency.c.id).where(agency.c.id == sa.bindparam("wanted"))
TRIPS = {"postgresql": 1, "sqlite": 2}


async def asked(tx: Tx) -> list[object]:
    """Every statement from now on."""
    statements: list[object] = []

    def note(_connection: object, statement: object, *_more: object) -> None:
        statements.append(statement)

    sa.event.listen(tx.db.sync_connection, "before_execute", note)
    return statements


def whole(table: sa.Table) -> sa.Select[Any]:
    return sa.select(table).order_by(*table.primary_key)


async def test_values_of_every_kind_come_as_they_do_alone(sighted: Sighted) -> None:
    async with sighted.books.registry.reading() as tx:
        alone = [await tx.rows(whole(table)) for table in metadata.sorted_tables]
        together = await in_one_trip(tx, *(tx.rows(whole(table)) for table in metadata.sorted_tables))

    assert [list(rows) for rows in together] == [list(rows) for rows in alone]
    assert [rows[0]._fields for rows in together if rows] == [rows[0]._fields for rows in alone if rows]
    assert sum(len(rows) > 0 for rows in together) > 20


async def test_they_are_one_statement_where_the_database_can(books: Books) -> None:
    async with books.registry.reading() as tx:
        statements = await asked(tx)
        found = await in_one_trip(tx, tx.rows(NAMES), people.get_court(tx, cast.COURT.court_id))

        assert len(statements) == TRIPS[tx.db.dialect.name]
    assert ([row.id for row in found[0]], found[1]) == (["police", "exit-entry", "border"], cast.COURT)


async def twice(tx: Tx) -> list[str]:
    first = await tx.row(NAMED, wanted="rail")
    second = await tx.rows(NAMED, wanted="police")
    return [str(row.id) for row in (first, *second) if row is not None]


async def test_a_reading_may_ask_again_and_the_others_have_what_they_found(books: Books) -> None:
    async with books.registry.reading() as tx:
        assert await in_one_trip(tx, twice(tx), tx.row(NAMED, wanted="nobody")) == (["rail", "police"], None)


async def test_readings_inside_a_reading_go_with_it(books: Books) -> None:
    async with books.registry.reading() as tx:
        statements = await asked(tx)
        found = await in_one_trip(tx, in_one_trip(tx, tx.rows(NAMES), tx.rows(NAMES)), tx.rows(NAMES))

        assert len(statements) == {"postgresql": 1, "sqlite": 3}[tx.db.dialect.name]
    assert found == ((found[1], found[1]), found[1])


async def test_what_waits_to_be_written_is_seen(books: Books) -> None:
    new = {"id": "c-2", "code": "鄂0111", "name": "远山县人民法院", "sms_name": "远山", "desk_phone": "027-1"}
    async with books.registry.transaction() as tx:
        await tx.insert(court, **new)
        found = await in_one_trip(tx, tx.rows(sa.select(court.c.code)), tx.rows(NAMES))

    assert "鄂0111" in {row.code for row in found[0]}


async def test_a_lock_goes_by_itself(books: Books) -> None:
    async with books.registry.transaction() as tx:
        with pytest.raises(RuntimeError, match="goes by itself"):
            await in_one_trip(tx, tx.rows(NAMES), people.lock_person(tx, cast.CLERK.person_id))
        assert len(await tx.rows(NAMES)) == 3


async def test_a_reading_that_awaits_something_else_is_refused(books: Books) -> None:
    async with books.registry.reading() as tx:
        with pytest.raises(RuntimeError, match="awaits nothing but its queries"):
            await in_one_trip(tx, tx.rows(NAMES), asyncio.sleep(1))


async def test_an_error_of_one_is_the_error_of_all_and_the_transaction_goes_on(books: Books) -> None:
    async with books.registry.reading() as tx:
        with pytest.raises(NotFound):
            await in_one_trip(tx, twice(tx), agencies.get_agency(tx, AgencyId("nobody")))
        assert await people.get_court(tx, cast.COURT.court_id) == cast.COURT
