"""An import's rows are unreadable at rest, come back as they were written, and leave nothing when purged."""

from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError

from schemas.measures import Measure
from scripts import cast
from scripts.stage import Registration, form_of
from tests.contract.storage.books import BEGINS, Books
from tracker.domain.errors import Problem
from tracker.domain.ids import BatchId
from tracker.domain.imports import Batch, BatchState, ImportRow, RowState
from tracker.storage import imports

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
