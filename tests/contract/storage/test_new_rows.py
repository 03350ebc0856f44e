"""New rows go to the database together, and nobody inside their transaction can tell."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError

from adapters.commits import written_tables
from scripts import cast
from tests.contract.storage.books import TONG, Books
from tracker.domain.due import DueKind, DueWork
from tracker.domain.ids import DocumentId
from tracker.storage import due_work, subjects
from tracker.storage.engine.news import settling
from tracker.storage.tables import alerts, cases, plumbing
from tracker.storage.transaction import Tx


def due(tx: Tx, key: str, *, after_s: int = 0) -> DueWork:
    at = tx.at + timedelta(seconds=after_s)
    return DueWork(due_id=key, kind=DueKind.LADDER_STEP, about="a-1", due_at=at, detail={})


def inbox_row(tx: Tx, key: str, **more: Any) -> dict[str, Any]:
    return {
        "id": key,
        "source": "rail",
        "message_id": key,
        "kind": "sighting",
        "body_hash": b"h",
        "state": "waiting",
        "received_at": tx.at,
        "due_at": tx.at,
        **more,
    }


SELECT = "SELECT subject_document.id"


async def statements(tx: Tx) -> list[str]:
    """Every statement from now on."""
    written: list[str] = []

    def note(_connection: object, statement: object, *_more: object) -> None:
        written.append(str(statement).split("(")[0].split("\n")[0].strip())

    sa.event.listen(tx.db.sync_connection, "before_execute", note)
    return written


async def test_rows_of_a_table_are_one_statement(books: Books) -> None:
    async with books.registry.transaction() as tx:
        written = await statements(tx)
        for position in range(3):
            await due_work.add_due(tx, due(tx, f"d-{position}"))
        await tx.flush()
        assert written == ["INSERT INTO due_work"]

    async with books.registry.reading() as tx:
        assert await due_work.next_due_at(tx) is not None


WRITTEN_TOGETHER = {"postgresql": [{"due_work", "inbox"}], "sqlite": [{"due_work"}, {"inbox"}]}
"""By the database: which tables each statement writes."""


async def test_rows_of_several_tables_are_one_statement_where_the_database_can(books: Books) -> None:
    written: list[set[str]] = []

    def note(_connection: object, statement: object, *_more: object) -> None:
        written.append(set(re.findall(r"INSERT INTO (\w+)", str(statement))))

    async with books.registry.transaction() as tx:
        sa.event.listen(tx.db.sync_connection, "before_execute", note)
        await due_work.add_due(tx, due(tx, "d-1"), due(tx, "d-2", after_s=3))
        await tx.insert(plumbing.inbox, **inbox_row(tx, "m-1"))
        await tx.flush()

        assert written == WRITTEN_TOGETHER[tx.db.dialect.name]
        assert written_tables(tx.db) == frozenset({"due_work", "inbox"})


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_rows_that_can_wait_wake_only_who_works_on_what_can_wait(books: Books) -> None:
    async with books.registry.transaction() as tx:
        await due_work.add_due(tx, replace(due(tx, "d-1"), kind=DueKind.ENTRY_EXPIRES))
        await tx.insert(plumbing.inbox, **inbox_row(tx, "m-1"))
        await tx.flush()
        patient = written_tables(tx.db)
        await due_work.add_due(tx, replace(due(tx, "d-2"), kind=DueKind.ENTRY_EXPIRES), due(tx, "d-3"))
        await tx.insert(plumbing.inbox, **inbox_row(tx, "m-2"))
        await tx.flush()

        assert patient == frozenset({alerts.PATIENT_WORK, "inbox"})
        assert written_tables(tx.db) == frozenset({alerts.PATIENT_WORK, "due_work", "inbox"})


async def test_rows_that_go_together_arrive_as_they_were_given(books: Books) -> None:
    async with books.registry.transaction() as tx:
        await due_work.add_due(tx, replace(due(tx, "d-1"), detail={"step": 2, "of": ["a", None]}))
        await tx.insert(plumbing.inbox, **inbox_row(tx, "m-1", body=None))
        await tx.insert(plumbing.inbox, **inbox_row(tx, "m-2", body=b"\x00"))

    async with books.registry.reading() as tx:
        clock = await tx.row(sa.select(alerts.due_work))
        came = await tx.rows(sa.select(plumbing.inbox).order_by(plumbing.inbox.c.id))
    assert clock is not None
    assert (clock.detail, clock.tries, clock.is_patient) == ({"step": 2, "of": ["a", None]}, 0, False)
    assert [(one.body_hash, one.body, one.received_at, one.tries) for one in came] == [
        (b"h", None, tx.at, 0),
        (b"h", b"\x00", tx.at, 0),
    ]


async def test_a_read_sees_what_was_inserted_before_it(books: Books) -> None:
    async with books.registry.transaction() as tx:
        await due_work.add_due(tx, due(tx, "d-1", after_s=7))
        assert await due_work.next_due_at(tx) == tx.at + timedelta(seconds=7)


async def test_rows_wait_for_what_concerns_them(books: Books) -> None:
    row, document = alerts.due_work.c, cases.subject_document.c
    own = sa.select(document.id).where(sa.exists().where(row.about == document.id))
    async with books.registry.transaction() as tx:
        written = await statements(tx)
        await due_work.add_due(tx, due(tx, "d-1"))
        await tx.rows(sa.select(document.id))
        assert written == [SELECT]
        await tx.rows(own)
        assert written == [SELECT, "INSERT INTO due_work", SELECT]
        await due_work.add_due(tx, due(tx, "d-2"))
        await tx.rows(sa.select(document.id).with_for_update())
        assert written[3:] == ["INSERT INTO due_work", SELECT]
        await due_work.add_due(tx, due(tx, "d-3"))
        await tx.rows(sa.text("SELECT id FROM due_work"))
        assert written[5] == "INSERT INTO due_work"


async def test_what_is_referred_to_goes_first_in_whatever_order_it_came(books: Books) -> None:
    document_id = DocumentId("document-1")
    async with books.registry.transaction() as tx:
        await subjects.add_evidence(tx, document_id, "visit", cast.CLERK.person_id)  # type: ignore[arg-type]
        await tx.insert(
            cases.subject_document,
            id=document_id,
            court_id=TONG.court_id,
            subject_id=TONG.subject_id,
            kind="passport",
            issuing_state="CHN",
            number=b"n",
            number_index=b"i",
        )
        await subjects.add_subject(tx, TONG)

    async with books.registry.reading() as tx:
        assert await tx.row(sa.select(cases.identity_evidence)) is not None


async def test_rows_that_name_other_columns_are_written_as_well(books: Books) -> None:
    async with books.registry.transaction() as tx:
        await tx.insert(plumbing.inbox, **inbox_row(tx, "m-1"))
        await tx.insert(plumbing.inbox, **inbox_row(tx, "m-2", tries=3))
        rows = await tx.rows(sa.select(plumbing.inbox.c.tries).order_by(plumbing.inbox.c.id))

    assert [row.tries for row in rows] == [0, 3]


async def test_a_row_that_the_database_refuses_undoes_the_transaction(books: Books) -> None:
    with pytest.raises(IntegrityError):
        async with books.registry.transaction() as tx:
            await due_work.add_due(tx, due(tx, "d-1"), due(tx, "d-1"))

    async with books.registry.reading() as tx:
        assert await due_work.next_due_at(tx) is None


class GivenUp(Exception):
    """The inner work fails."""


async def works_in_vain(tx: Tx) -> None:
    async with tx.savepoint():
        await due_work.add_due(tx, due(tx, "d-2", after_s=1))
        assert await due_work.next_due_at(tx) == tx.at + timedelta(seconds=1)
        await due_work.add_due(tx, due(tx, "d-3", after_s=2))
        raise GivenUp


async def test_a_savepoint_undoes_its_own_rows_and_no_others(books: Books) -> None:
    async with books.registry.transaction() as tx:
        await due_work.add_due(tx, due(tx, "d-1", after_s=5))
        with pytest.raises(GivenUp):
            await works_in_vain(tx)
        async with tx.savepoint():
            await due_work.add_due(tx, due(tx, "d-4", after_s=6))

    async with books.registry.reading() as tx:
        rows = await tx.rows(sa.select(alerts.due_work.c.id).order_by(alerts.due_work.c.id))
    assert [row.id for row in rows] == ["d-1", "d-4"]


async def test_what_only_reads_may_not_insert(books: Books) -> None:
    with pytest.raises(DBAPIError):
        async with books.registry.reading() as tx:
            await due_work.add_due(tx, due(tx, "d-1"))


async def kept(books: Books, word: str) -> str:
    """What becomes of a word in many new rows."""
    try:
        async with books.registry.transaction() as tx:
            rows = [inbox_row(tx, f"m-{position}", source=word) for position in range(4)]
            await tx.insert_many(plumbing.inbox, rows)
    except DBAPIError:
        return "refused"
    async with books.registry.reading() as tx:
        found = await tx.rows(sa.select(plumbing.inbox.c.source))
    return "as it is" if {row.source for row in found} == {word} else "cut"


IF_TOO_LONG = {"postgresql": "refused", "sqlite": "as it is"}


async def test_what_is_too_long_is_never_cut_in_silence(books: Books) -> None:
    async with books.registry.reading() as tx:
        expected = IF_TOO_LONG[tx.db.dialect.name]

    assert await kept(books, "x" * 80) == "as it is"
    async with books.registry.transaction() as tx:
        await tx.run(sa.delete(plumbing.inbox))
    assert await kept(books, "x" * 81) == expected


CHANGED_IN = {"postgresql": 1, "sqlite": 5}
"""By the database: how many statements change five rows."""


async def test_changes_of_many_rows_are_one_statement_where_the_database_can(books: Books) -> None:
    numbers: list[int] = []

    def note(*told: Any) -> None:
        numbers.append(len(told[3]) if told[5] else 1)

    async with books.registry.transaction() as tx:
        await tx.insert_many(plumbing.inbox, [inbox_row(tx, f"m-{number}", body=b"b") for number in range(6)])
        await tx.flush()
        sa.event.listen(tx.db.sync_connection, "before_cursor_execute", note)
        later = tx.at + timedelta(seconds=3)
        rows = [{"id": f"m-{number}", "body": None, "tries": number, "due_at": later} for number in range(5)]
        await tx.change_rows(plumbing.inbox, rows)
        assert sum(numbers) == CHANGED_IN[tx.db.dialect.name]
        assert written_tables(tx.db) == frozenset({"inbox"})

    async with books.registry.reading() as reading:
        found = await reading.rows(sa.select(plumbing.inbox).order_by(plumbing.inbox.c.id))
    assert [(row.id, row.body, row.tries, row.due_at) for row in found] == [
        ("m-0", None, 0, later),
        ("m-1", None, 1, later),
        ("m-2", None, 2, later),
        ("m-3", None, 3, later),
        ("m-4", None, 4, later),
        ("m-5", b"b", 0, tx.at),
    ]


DUE_AT = (
    sa.update(alerts.due_work)
    .where(alerts.due_work.c.id == sa.bindparam("of_row"))
    .values(due_at=sa.bindparam("later", type_=alerts.due_work.c.due_at.type))
)
SENDER = (
    sa.update(plumbing.inbox)
    .where(plumbing.inbox.c.id == sa.bindparam("of_row"))
    .values(source=sa.bindparam("sender", type_=plumbing.inbox.c.source.type))
)
LATE_TOGETHER = {"postgresql": 1, "sqlite": 3}


async def has_two_rows(books: Books) -> None:
    async with books.registry.transaction() as tx:
        await due_work.add_due(tx, due(tx, "d-1"), due(tx, "d-2", after_s=1))
        await tx.insert(plumbing.inbox, **inbox_row(tx, "m-1"))


async def test_late_changes_go_with_the_new_rows(books: Books) -> None:
    await has_two_rows(books)
    async with books.registry.transaction() as tx:
        written = await statements(tx)
        at = tx.at + timedelta(hours=1)
        await tx.run_many_late(
            DUE_AT, [{"of_row": "d-1", "later": at}, {"of_row": "d-2", "later": at + timedelta(hours=1)}]
        )
        await tx.run_late(SENDER, of_row="m-1", sender="police")
        await tx.insert(plumbing.inbox, **inbox_row(tx, "m-2"))
        await tx.flush()
        assert len(written) == LATE_TOGETHER[tx.db.dialect.name]

        assert [one.due_at - at for one in await dues(tx)] == [timedelta(0), timedelta(hours=1)]
        assert await senders(tx) == ["police", "rail"]


async def test_nobody_can_tell_that_a_change_is_late(books: Books) -> None:
    await has_two_rows(books)
    async with books.registry.transaction() as tx:
        await tx.run_late(SENDER, of_row="m-1", sender="police")
        assert await senders(tx) == ["police"]

        await tx.insert(plumbing.inbox, **inbox_row(tx, "m-2"))
        await tx.run_late(SENDER, of_row="m-2", sender="border")
        await tx.run_late(SENDER, of_row="m-2", sender="exit-entry")
    async with books.registry.reading() as tx:
        assert await senders(tx) == ["police", "exit-entry"]


async def test_a_late_change_is_undone_with_its_savepoint(books: Books) -> None:
    await has_two_rows(books)
    async with books.registry.transaction() as tx:
        with pytest.raises(ZeroDivisionError):
            await gives_up_after(tx, SENDER, of_row="m-1", sender="police")
        assert await senders(tx) == ["rail"]


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_late_changes_that_leave_nobody_anything_to_do_wake_nobody(books: Books) -> None:
    await has_two_rows(books)
    async with books.registry.transaction() as tx:
        await tx.run_late(settling(SENDER), of_row="m-1", sender="police")
        await tx.run_many_late(settling(DUE_AT), [{"of_row": "d-1", "later": tx.at}])
        await tx.flush()
        settled = written_tables(tx.db)
        await tx.run_late(SENDER, of_row="m-1", sender="police")
        await due_work.add_due(tx, due(tx, "d-3"))
        await tx.flush()

        assert settled == frozenset({"settled"})
        assert written_tables(tx.db) == frozenset({"settled", "inbox", "due_work"})


async def gives_up_after(tx: Tx, change: sa.Update, **values: str) -> None:
    async with tx.savepoint():
        await tx.run_late(change, **values)
        raise ZeroDivisionError


async def dues(tx: Tx) -> list[sa.Row[Any]]:
    return list(await tx.rows(sa.select(alerts.due_work).order_by(alerts.due_work.c.id)))


async def senders(tx: Tx) -> list[str]:
    column = plumbing.inbox.c
    return [row.source for row in await tx.rows(sa.select(column.source).order_by(column.id))]
