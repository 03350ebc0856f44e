"""Import batches and their rows. What a row says of a person is sealed until the row is purged."""

from collections.abc import Collection, Sequence
from dataclasses import astuple
from typing import Any, Final

import sqlalchemy as sa
from pydantic import TypeAdapter

from schemas.documents import IdentityDocument
from schemas.measures import Measure
from tracker.domain.errors import NotFound, Problem
from tracker.domain.ids import BatchId, CourtId, EntryId, PersonId
from tracker.domain.imports import Batch, BatchState, ImportRow, RowState
from tracker.domain.registration import EntryForm, normalised
from tracker.storage.engine.sets import is_one_of
from tracker.storage.subjects import document_index
from tracker.storage.tables import imports as t
from tracker.storage.transaction import Tx

_FORMS: Final = TypeAdapter(EntryForm)
_FOUND: Final = ("state", "problems", "warnings", "same_as", "listed_already", "has_findings", "entry_id")
"""What changes of a row."""
_FIRSTS: Final = (
    sa.select(t.import_row.c.document_index, sa.func.min(t.import_row.c.number).label("first"))
    .where(
        t.import_row.c.batch_id == sa.bindparam("of_batch"),
        is_one_of(t.import_row.c.document_index, "indexes"),
    )
    .group_by(t.import_row.c.document_index)
)
_NUMBERED: Final = sa.select(t.import_row).where(
    t.import_row.c.batch_id == sa.bindparam("of_batch"), is_one_of(t.import_row.c.number, "numbers")
)
_RECORDED: Final = (
    sa.update(t.import_row)
    .where(
        t.import_row.c.batch_id == sa.bindparam("of_batch"),
        t.import_row.c.number == sa.bindparam("of_number"),
    )
    .values({column: sa.bindparam(f"new_{column}") for column in _FOUND})
)


async def add_batch(tx: Tx, batch: Batch) -> None:
    await tx.insert(
        t.import_batch,
        id=batch.batch_id,
        court_id=batch.court_id,
        uploaded_by=batch.uploaded_by,
        uploaded_at=batch.uploaded_at,
        **_changing(batch),
    )


def _changing(batch: Batch) -> dict[str, Any]:
    return {
        "state": batch.state,
        "decided_by": batch.decided_by,
        "decided_at": batch.decided_at,
        "row_count": batch.rows,
        "right_count": batch.right,
        "wrong_count": batch.wrong,
        "listed_count": batch.listed,
        "refused_count": batch.refused,
        "measures": dict(batch.measures),
        "purged_at": batch.purged_at,
    }


def _batch(row: sa.Row[Any]) -> Batch:
    return Batch(
        batch_id=BatchId(row.id),
        court_id=CourtId(row.court_id),
        state=BatchState(row.state),
        uploaded_by=PersonId(row.uploaded_by),
        uploaded_at=row.uploaded_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        rows=row.row_count,
        right=row.right_count,
        wrong=row.wrong_count,
        listed=row.listed_count,
        refused=row.refused_count,
        measures={Measure(measure): count for measure, count in row.measures.items()},
        purged_at=row.purged_at,
    )


async def get_batch(tx: Tx, batch_id: BatchId) -> Batch:
    return await _read_batch(tx, sa.select(t.import_batch).where(t.import_batch.c.id == batch_id))


async def lock_batch(tx: Tx, batch_id: BatchId) -> Batch:
    """The same, as it stands now; nobody moves it before the transaction ends."""
    query = sa.select(t.import_batch).where(t.import_batch.c.id == batch_id)
    return await _read_batch(tx, query.with_for_update(key_share=True))


async def _read_batch(tx: Tx, query: sa.Select[tuple[object, ...]]) -> Batch:
    row = await tx.row(query)
    if row is None:
        raise NotFound("import")
    return _batch(row)


async def list_batches(
    tx: Tx, court_id: CourtId, limit: int, *, state: BatchState | None = None
) -> tuple[Batch, ...]:
    """The newest of a court's batches; in one state where one is named."""
    column = t.import_batch.c
    query = sa.select(t.import_batch).where(column.court_id == court_id)
    if state is not None:
        query = query.where(column.state == state)
    rows = await tx.rows(query.order_by(column.uploaded_at.desc(), column.id.desc()).limit(limit))
    return tuple(_batch(row) for row in rows)


async def record_batch(tx: Tx, batch: Batch) -> None:
    """Write a batch that this transaction has locked."""
    column = t.import_batch.c
    await tx.run(sa.update(t.import_batch).where(column.id == batch.batch_id).values(**_changing(batch)))


def _index(tx: Tx, form: EntryForm | None) -> bytes | None:
    """The blind index of the row's first document, where that is one."""
    document = normalised(form.documents[0]) if form is not None and form.documents else None
    return document_index(tx, document) if isinstance(document, IdentityDocument) else None


def _seal_name(batch_id: BatchId, number: int) -> str:
    return f"import_row.form:{batch_id}:{number}"


async def add_rows(tx: Tx, batch_id: BatchId, rows: Sequence[ImportRow]) -> None:
    values = [
        {
            "batch_id": batch_id,
            "number": row.number,
            "form": None
            if row.form is None
            else tx.seal(_FORMS.dump_json(row.form).decode(), _seal_name(batch_id, row.number)),
            "document_index": _index(tx, row.form),
            **_found(row),
        }
        for row in rows
    ]
    await tx.insert_many(t.import_row, values)


def _found(row: ImportRow) -> dict[str, Any]:
    return {
        "state": row.state,
        "problems": [astuple(problem) for problem in row.problems],
        "warnings": [astuple(warning) for warning in row.warnings],
        "same_as": row.same_as,
        "listed_already": list(row.listed_already),
        "has_findings": row.has_findings,
        "entry_id": row.entry_id,
    }


def _row(tx: Tx, row: sa.Row[Any]) -> ImportRow:
    sealed = row.form
    name = _seal_name(row.batch_id, row.number)
    return ImportRow(
        number=row.number,
        form=None if sealed is None else _FORMS.validate_json(tx.unseal(sealed, name)),
        problems=_told(row.problems),
        warnings=_told(row.warnings),
        state=RowState(row.state),
        same_as=row.same_as,
        listed_already=tuple(EntryId(one) for one in row.listed_already),
        entry_id=row.entry_id,
    )


def _told(kept: Sequence[Sequence[str]]) -> tuple[Problem, ...]:
    return tuple(Problem(field=field, zh=zh, en=en) for field, zh, en in kept)


async def list_rows(tx: Tx, batch_id: BatchId, state: RowState, limit: int) -> tuple[ImportRow, ...]:
    """The first rows in a state, in the order of the file."""
    column = t.import_row.c
    return await _read_rows(tx, sa.and_(column.batch_id == batch_id, column.state == state), limit)


async def list_findings(
    tx: Tx, batch_id: BatchId, after: int, limit: int, states: Collection[RowState] = tuple(RowState)
) -> tuple[ImportRow, ...]:
    """The next rows past a number of which there is something to tell; of those in some states."""
    column = t.import_row.c
    told = sa.and_(column.batch_id == batch_id, column.has_findings, column.number > after)
    return await _read_rows(tx, sa.and_(told, column.state.in_(states)), limit)


async def _read_rows(tx: Tx, which: sa.ColumnElement[bool], limit: int) -> tuple[ImportRow, ...]:
    query = sa.select(t.import_row).where(which).order_by(t.import_row.c.number).limit(limit)
    return tuple(_row(tx, row) for row in await tx.rows(query))


async def sample_rows(tx: Tx, batch_id: BatchId, size: int) -> tuple[ImportRow, ...]:
    """Right rows, spread evenly over the file, at most so many."""
    column = t.import_row.c
    right = sa.and_(column.batch_id == batch_id, column.state == RowState.RIGHT)
    ends = await tx.row(_ends(right))
    if ends is None or ends.first is None:
        return ()
    steps = max(1, size - 1)
    sample: dict[int, ImportRow] = {}
    for step in range(size):
        at = ends.first + (ends.last - ends.first) * step // steps
        sample |= {row.number: row for row in await _read_rows(tx, sa.and_(right, column.number >= at), 1)}
    return tuple(sample.values())


def _ends(which: sa.ColumnElement[bool]) -> sa.Select[tuple[int, int]]:
    number = t.import_row.c.number
    return sa.select(sa.func.min(number).label("first"), sa.func.max(number).label("last")).where(which)


async def find_first_rows(tx: Tx, batch_id: BatchId, rows: Collection[ImportRow]) -> dict[int, ImportRow]:
    """For each of the rows whose document stands in an earlier row too: the first such row."""
    indexes = {row.number: index for row in rows if (index := _index(tx, row.form)) is not None}
    firsts = {
        row.document_index: row.first
        for row in await tx.rows(_FIRSTS, of_batch=batch_id, indexes=list(set(indexes.values())))
    }
    found = await tx.rows(_NUMBERED, of_batch=batch_id, numbers=list(set(firsts.values())))
    by_number = {row.number: _row(tx, row) for row in found}
    return {number: by_number[firsts[index]] for number, index in indexes.items() if firsts[index] < number}


async def record_rows(tx: Tx, batch_id: BatchId, rows: Sequence[ImportRow]) -> None:
    """Write what was found about rows, or what has become of them."""
    changes = [
        {"of_batch": batch_id, "of_number": row.number}
        | {f"new_{column}": value for column, value in _found(row).items()}
        for row in rows
    ]
    await tx.run_many(_RECORDED, changes)


async def delete_rows(tx: Tx, batch_id: BatchId, at_most: int) -> bool:
    """Delete the first rows; whether there are more."""
    column = t.import_row.c
    first = sa.select(column.number).where(column.batch_id == batch_id)
    numbers = [row.number for row in await tx.rows(first.order_by(column.number).limit(at_most))]
    if numbers:
        mine = sa.and_(column.batch_id == batch_id, column.number <= numbers[-1])
        await tx.run(sa.delete(t.import_row).where(mine))
    return len(numbers) == at_most
