"""Rows of an import that are put on the list together end as if each had been registered by itself."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from schemas.measures import Measure
from scripts import cast
from scripts.stage import Registration
from tests.contract.storage.asked import asked
from tests.contract.storage.books import BEGINS, Books, Engine, open_books
from tests.contract.storage.listing import acts, form_for, lists
from tracker.domain.ids import AgencyId, BatchId
from tracker.domain.imports import Batch, BatchState, ImportRow, RowState
from tracker.services.entries import import_steps
from tracker.services.entries.cases import CaseForm, open_case
from tracker.services.entries.import_steps import LISTED_FOR_THE_SAME, list_next_rows
from tracker.storage import cases, imports
from tracker.storage.cases import CaseReceipt
from tracker.storage.engine import one_trip
from tracker.storage.registry import Registry
from tracker.storage.tables import alerts, feeds, plumbing
from tracker.storage.tables import cases as t

BATCH_ID = BatchId("batch-1")
STATEMENTS_OF_A_STEP = {"postgresql": 34, "sqlite": 54}
"""By the database: one writes new rows of many tables at once, and answers several queries in one trip."""
FIRST_BORN = date(1970, 1, 1)


def serves(position: int, case: str = cast.A_CASE, release_fen: int = 1_000_000) -> Registration:
    """Something is to be served on one of many invented people."""
    number = cast.resident_number(FIRST_BORN + timedelta(days=position), 20)
    wanted = cast.Wanted(name=f"张{position}", number=number, phone=cast.demo_phone(30 + position))
    return Registration(case=case, wanted=wanted, measure=Measure.SERVE, release_fen=release_fen)


LISTED_BEFORE = serves(0)
REPORTED = Registration(
    case=cast.B_CASE,
    wanted=serves(3).wanted,
    measure=Measure.REPORT_WHEREABOUTS,
    agencies=(AgencyId("rail"),),
)
FILE = (
    serves(0, cast.B_CASE),
    serves(1),
    serves(2, cast.B_CASE, release_fen=400_000),
    serves(1, cast.B_CASE),
    REPORTED,
    LISTED_BEFORE,
    serves(4, cast.B_CASE),
)
"""Somebody whom another case lists, somebody twice, a debt that is paid, an entry for the second time."""


async def approve_file(registry: Registry, rows: Sequence[Registration]) -> None:
    """A file about two cases, one of which got money since it was checked, is to be put on the list."""
    async with registry.transaction() as tx:
        clerk = await acts(tx, cast.CLERK)
        form = CaseForm(
            number=cast.B_CASE,
            debtor_name=cast.B.name,
            debtor_kind="person",
            judge_id=cast.JUDGE.person_id,
            team_id=cast.TEAM,
            amount_fen=cast.B_DEBT_FEN,
        )
        case = await cases.get_case(tx, await open_case(tx, clerk, form))
        await cases.add_receipt(tx, case, CaseReceipt(receipt_number="1", amount_fen=500_000, at=BEGINS))
        await lists(tx, LISTED_BEFORE)
        batch = Batch(
            batch_id=BATCH_ID,
            court_id=cast.COURT.court_id,
            state=BatchState.LISTING,
            uploaded_by=cast.CLERK.person_id,
            uploaded_at=BEGINS,
            decided_by=cast.LEADER.person_id,
            decided_at=BEGINS,
            rows=len(rows),
            right=len(rows),
        )
        await imports.add_batch(tx, batch)
        forms = [await form_for(tx, what) for what in rows]
        right = [
            ImportRow(number=number, form=form, state=RowState.RIGHT) for number, form in enumerate(forms, 2)
        ]
        await imports.add_rows(tx, BATCH_ID, right)


async def take_step(registry: Registry) -> Batch:
    async with registry.transaction() as tx:
        await list_next_rows(tx, await imports.lock_batch(tx, BATCH_ID))
        return await imports.get_batch(tx, BATCH_ID)


async def list_all(registry: Registry) -> Batch:
    while (batch := await take_step(registry)).state is BatchState.LISTING:
        pass
    return batch


ENTRY, SUBJECT, ASKED = t.watch_entry.c, t.subject.c, feeds.instruction.c
OUTCOMES = (
    sa.select(
        SUBJECT.name_index, ENTRY.case_id, ENTRY.measure, ENTRY.capacity, ENTRY.state, ENTRY.valid_until,
        ENTRY.release_amount_fen, ENTRY.registered_by, ENTRY.registered_at, ENTRY.approved_by,
        ENTRY.approved_at, ENTRY.validate_by, ENTRY.version, t.paper.c.kind, t.paper.c.number,
        t.entry_agency.c.agency_id,
    )
    .join(t.subject, SUBJECT.id == ENTRY.subject_id)
    .join(t.entry_paper, t.entry_paper.c.entry_id == ENTRY.id)
    .join(t.paper, t.paper.c.id == t.entry_paper.c.paper_id)
    .join(t.entry_agency, t.entry_agency.c.entry_id == ENTRY.id),
    sa.select(
        SUBJECT.name_index, t.subject_document.c.number_index, t.identity_evidence.c.kind, ENTRY.case_id
    )
    .join(t.subject_document, t.subject_document.c.subject_id == SUBJECT.id)
    .join(t.identity_evidence, t.identity_evidence.c.document_id == t.subject_document.c.id)
    .join(t.entry_document, t.entry_document.c.document_id == t.subject_document.c.id)
    .join(t.watch_entry, ENTRY.id == t.entry_document.c.entry_id),
    sa.select(
        SUBJECT.name_index, ASKED.agency_id, ASKED.measure, ASKED.version, ASKED.valid_until,
        ASKED.changed_at, feeds.listing.c.epoch, feeds.feed_change.c.version.label("told"),
        feeds.feed_change.c.lane, feeds.feed_change.c.operation,
    )
    .join(t.subject, SUBJECT.id == ASKED.subject_id)
    .join(feeds.listing, feeds.listing.c.instruction_id == ASKED.id)
    .join(
        feeds.feed_change,
        sa.and_(
            feeds.feed_change.c.agency_id == feeds.listing.c.agency_id,
            feeds.feed_change.c.reference == feeds.listing.c.reference,
        ),
    ),
    sa.select(SUBJECT.name_index, ENTRY.case_id, alerts.due_work.c.kind, alerts.due_work.c.due_at)
    .join(t.watch_entry, ENTRY.id == alerts.due_work.c.about)
    .join(t.subject, SUBJECT.id == ENTRY.subject_id),
    sa.select(
        SUBJECT.name_index, ENTRY.case_id, plumbing.audit_event.c.action, plumbing.audit_event.c.actor,
        plumbing.audit_event.c.at,
    )
    .join(t.watch_entry, ENTRY.id == plumbing.audit_event.c.about)
    .join(t.subject, SUBJECT.id == ENTRY.subject_id),
)  # fmt: skip
"""Entries with what they stand on, documents, what agencies are asked and told, what is due, who did what."""


async def outcome(registry: Registry) -> list[list[str]]:
    """Everything that follows from the file, without drawn ids."""
    async with registry.reading() as tx:
        by_case = {one.case_id: one.number for one in await tx.rows(sa.select(t.case_number))}
        found = [await tx.rows(query) for query in OUTCOMES]
        rows = [
            await imports.list_rows(tx, BATCH_ID, state, 100) for state in (RowState.LISTED, RowState.REFUSED)
        ]
    told = [[repr([by_case.get(value, value) for value in row]) for row in rows] for rows in found]
    fates = [f"{row.number} {row.state} {[one.en for one in row.problems]}" for some in rows for row in some]
    return [*[sorted(some) for some in told], fates]


async def test_together_is_as_one_by_one(
    books: Books, moved_in: Path, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await engine.copy(moved_in, tmp_path / "other")
    other, database = await open_books(engine, tmp_path / "other")
    await approve_file(books.registry, FILE)
    await approve_file(other.registry, FILE)

    await list_all(books.registry)
    monkeypatch.setattr(import_steps, "LISTED_AT_ONCE", 1)
    await list_all(other.registry)

    together, one_by_one = await outcome(books.registry), await outcome(other.registry)
    await database.close()
    assert together == one_by_one
    assert [len(some) for some in together[:-1]] == [22, 20, 21, 18, 18]
    assert together[-1] == [
        "2 listed []",
        "3 listed []",
        "5 listed []",
        "6 listed []",
        "8 listed []",
        "4 refused ['its release amount was received: end the entry']",
        f"7 refused ['{LISTED_FOR_THE_SAME.en}']",
    ]


async def test_whoever_stands_in_a_second_row_comes_with_the_next_step(books: Books) -> None:
    await approve_file(books.registry, [serves(1), serves(1, cast.B_CASE), serves(2)])

    first = await take_step(books.registry)
    second = await take_step(books.registry)

    assert (first.state, first.listed) == (BatchState.LISTING, 2)
    assert (second.state, second.listed) == (BatchState.LISTED, 3)


async def test_statements_do_not_grow_with_the_set(
    books: Books, moved_in: Path, engine: Engine, tmp_path: Path
) -> None:
    await engine.copy(moved_in, tmp_path / "other")
    other, database = await open_books(engine, tmp_path / "other")
    await approve_file(books.registry, [serves(position) for position in range(5, 7)])
    await approve_file(other.registry, [serves(position) for position in range(5, 15)])

    with asked() as for_two:
        two = await take_step(books.registry)
    with asked() as for_ten:
        ten = await take_step(other.registry)

    async with books.registry.reading() as tx:
        at_most = STATEMENTS_OF_A_STEP[tx.db.dialect.name]
    await database.close()
    assert (two.listed, ten.listed) == (2, 10)
    assert len(for_ten) == len(for_two) <= at_most


async def test_the_next_step_asks_by_the_statements_of_the_last(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_steps, "LISTED_AT_ONCE", 2)
    await approve_file(books.registry, [serves(position) for position in range(5, 11)])
    await take_step(books.registry)

    made = one_trip._trip.cache_info().misses
    await take_step(books.registry)

    assert one_trip._trip.cache_info().misses == made
