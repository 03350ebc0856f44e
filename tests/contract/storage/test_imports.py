"""An import's rows are unreadable at rest, come back as they were written, and leave nothing when purged."""

from dataclasses import replace
from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from notifications.channels.port import ChannelKind
from notifications.texts import TextId
from schemas.measures import Measure
from scripts import cast
from scripts.desk import court_time
from scripts.stage import Registration, form_of
from tests.contract.storage.books import BEGINS, Books
from tracker.domain.due import DueKind
from tracker.domain.errors import Problem
from tracker.domain.ids import BatchId, LeaseToken
from tracker.domain.imports import READ_WITHIN, ROWS_KEPT, Batch, BatchState, ImportRow, RowState
from tracker.services.due_work import do_due_work
from tracker.services.entries.import_notices import tell_of_listed
from tracker.services.entries.imports import add_read_rows, begin_import, start_check
from tracker.storage import due_work, imports, people
from tracker.storage.tables import alerts, notices

TOKEN = LeaseToken("one:1")
BATCH = Batch(
    batch_id=BatchId("batch-1"),
    court_id=cast.COURT.court_id,
    state=BatchState.READING,
    uploaded_by=cast.CLERK.person_id,
    uploaded_at=BEGINS,
)
A_ROW = ImportRow(
    number=2, form=form_of(Registration(case=cast.A_CASE, wanted=cast.A, measure=Measure.SERVE), ())
)
AGAIN = replace(A_ROW, number=3)
B_ROW = ImportRow(
    number=4, form=form_of(Registration(case=cast.B_CASE, wanted=cast.B, measure=Measure.SERVE), ())
)
BROKEN = ImportRow(number=5, form=None, problems=(Problem(field="", zh="坏行", en="is broken"),))


async def keep_rows(books: Books) -> None:
    async with books.registry.transaction() as tx:
        await imports.add_batch(tx, BATCH)
        await imports.add_rows(tx, BATCH.batch_id, [A_ROW, AGAIN, B_ROW, BROKEN])


async def test_rows_come_back_as_they_were_written(books: Books) -> None:
    await keep_rows(books)

    async with books.registry.reading() as tx:
        rows = await imports.list_rows(tx, BATCH.batch_id, RowState.UNCHECKED, 10)
        findings = await imports.list_findings(tx, BATCH.batch_id, 0, 10)

    assert rows == (A_ROW, AGAIN, B_ROW, BROKEN)
    assert findings == (BROKEN,)
    assert repr(rows[0]) == "ImportRow(2)"


@pytest.mark.parametrize("personal", [cast.A.name, cast.A.number, cast.B.name, cast.B.number, cast.B.phone])
async def test_nothing_of_a_row_is_readable_at_rest(books: Books, personal: str) -> None:
    await keep_rows(books)

    written = await books.engine.at_rest(books.folder)

    assert b"unchecked" in written, "what is not personal is there in the clear"
    assert personal.encode() not in written


async def test_the_first_row_of_a_document_is_found(books: Books) -> None:
    await keep_rows(books)

    async with books.registry.reading() as tx:
        firsts = await imports.find_first_rows(tx, BATCH.batch_id, [A_ROW, AGAIN, B_ROW, BROKEN])

    assert firsts == {3: A_ROW}


async def test_what_is_found_about_rows_is_written(books: Books) -> None:
    await keep_rows(books)
    right = replace(A_ROW, state=RowState.RIGHT)
    wrong = replace(AGAIN, state=RowState.WRONG, same_as=2, problems=BROKEN.problems)

    async with books.registry.transaction() as tx:
        await imports.record_rows(tx, BATCH.batch_id, [right, wrong])

    async with books.registry.reading() as tx:
        assert await imports.list_rows(tx, BATCH.batch_id, RowState.WRONG, 10) == (wrong,)
        assert await imports.sample_rows(tx, BATCH.batch_id, 3) == (right,)


async def test_rows_are_deleted_a_few_at_a_time(books: Books) -> None:
    await keep_rows(books)

    async with books.registry.transaction() as tx:
        more = [
            await imports.delete_rows(tx, BATCH.batch_id, 3),
            await imports.delete_rows(tx, BATCH.batch_id, 3),
        ]
        left = await imports.list_rows(tx, BATCH.batch_id, RowState.UNCHECKED, 10)

    assert more == [True, False]
    assert left == ()


async def test_nobody_decides_on_a_batch_of_their_own(books: Books) -> None:
    await keep_rows(books)

    with pytest.raises(IntegrityError, match="four_eyes_on_a_batch"):
        async with books.registry.transaction() as tx:
            await imports.record_batch(tx, replace(BATCH, decided_by=cast.CLERK.person_id))


async def purges_of(books: Books, batch_id: BatchId) -> list[datetime]:
    """When the batch is to be purged."""
    column = alerts.due_work.c
    purge = sa.and_(column.about == batch_id, column.kind == DueKind.IMPORT_PURGE)
    async with books.registry.reading() as tx:
        return [row.due_at for row in await tx.rows(sa.select(column.due_at).where(purge))]


async def begins(books: Books) -> BatchId:
    """The clerk's file is read, and its first row is kept."""
    async with books.registry.transaction() as tx:
        batch = await begin_import(tx, await people.get_actor(tx, cast.CLERK.person_id))
        await add_read_rows(tx, batch.batch_id, [A_ROW])
    return batch.batch_id


async def test_a_file_whose_reader_died_is_deleted_within_the_hour(books: Books) -> None:
    batch_id = await begins(books)
    books.clock.move_to(BEGINS + READ_WITHIN)

    async with books.registry.transaction() as tx:
        claimed = await due_work.claim_due(tx, TOKEN, is_patient=True)
        assert claimed is not None
        await do_due_work(tx, claimed, TOKEN)

    async with books.registry.reading() as tx:
        batch = await imports.get_batch(tx, batch_id)
        left = await imports.list_rows(tx, batch_id, RowState.UNCHECKED, 10)
    assert (batch.state, batch.purged_at, left) == (BatchState.DISCARDED, BEGINS + READ_WITHIN, ())


async def test_a_file_that_was_read_to_its_end_is_kept_for_thirty_days(books: Books) -> None:
    batch_id = await begins(books)
    while_it_is_read = await purges_of(books, batch_id)

    async with books.registry.transaction() as tx:
        await start_check(tx, await people.get_actor(tx, cast.CLERK.person_id), batch_id)

    assert while_it_is_read == [BEGINS + READ_WITHIN]
    assert await purges_of(books, batch_id) == [BEGINS + ROWS_KEPT]


async def test_the_clerk_is_told_by_day_and_once_that_a_file_is_done(books: Books) -> None:
    books.clock.move_to(court_time(2, 25, 23, 30))
    done = replace(BATCH, state=BatchState.LISTING, right=3, listed=2, refused=1)
    async with books.registry.transaction() as tx:
        await tell_of_listed(tx, done)

    async with books.registry.reading() as tx:
        (told,) = await tx.rows(sa.select(notices.notice))
    assert (told.text_id, told.channel, told.silent) == (TextId.IMPORT_LISTED, ChannelKind.PUSH, True)
    assert (told.person_id, told.due_at) == (cast.CLERK.person_id, court_time(2, 26, 7, 0))
