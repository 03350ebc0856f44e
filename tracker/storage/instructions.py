"""What each agency is asked about each subject, and since when it knows."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import sqlalchemy as sa

from schemas.measures import Measure
from tracker.domain.ids import AgencyId, DocumentId, EntryId, InstructionId, SubjectId
from tracker.storage.memory import read_once
from tracker.storage.sets import by_column, is_one_of
from tracker.storage.tables import feeds as t
from tracker.storage.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """`measure` None: nothing is asked any more (gone). `reference` is random per agency; `basis` are the
    entries it stands on, `documents` the numbers it names."""

    instruction_id: InstructionId
    agency_id: AgencyId
    subject_id: SubjectId
    reference: int
    version: int
    measure: Measure | None
    valid_until: date | None
    basis: tuple[EntryId, ...]
    documents: tuple[DocumentId, ...]
    changed_at: datetime
    in_force_since: datetime | None
    gone_since: datetime | None

    @property
    def is_listed(self) -> bool:
        return self.measure is not None


def _instruction(row: sa.Row[tuple[object, ...]]) -> Instruction:
    return Instruction(
        instruction_id=InstructionId(row.id),
        agency_id=AgencyId(row.agency_id),
        subject_id=SubjectId(row.subject_id),
        reference=row.reference,
        version=row.version,
        measure=Measure(row.measure) if row.measure else None,
        valid_until=row.valid_until,
        basis=tuple(EntryId(one) for one in row.basis),
        documents=tuple(DocumentId(one) for one in row.documents),
        changed_at=row.changed_at,
        in_force_since=row.in_force_since,
        gone_since=row.gone_since,
    )


@read_once(t.instruction)
async def list_instructions(tx: Tx, subject_id: SubjectId) -> tuple[Instruction, ...]:
    """Every agency's instruction on a subject."""
    return tuple(_instruction(row) for row in await tx.rows(_of_subject(subject_id)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """An instruction that lists nobody any more. `gone_since` None: an adapter may still show the person."""

    reference: int
    withdrawn_at: datetime
    gone_since: datetime | None


async def list_withdrawn(tx: Tx, agency_id: AgencyId, limit: int) -> tuple[Withdrawn, ...]:
    """What an agency was last told to forget, newest first."""
    column = t.instruction.c
    rows = await tx.rows(
        sa.select(column.reference, column.changed_at, column.gone_since)
        .where(column.agency_id == agency_id, column.measure.is_(None))
        .order_by(column.changed_at.desc())
        .limit(limit)
    )
    return tuple(
        Withdrawn(reference=row.reference, withdrawn_at=row.changed_at, gone_since=row.gone_since)
        for row in rows
    )


_OF_SUBJECTS: Final = (
    sa.select(t.instruction)
    .where(is_one_of(t.instruction.c.subject_id, "subject_ids"))
    .order_by(t.instruction.c.agency_id)
)


async def remember_instructions(tx: Tx, subject_ids: Collection[SubjectId]) -> None:
    """Read those of several subjects at once, for `list_instructions`."""
    listed = by_column(await tx.rows(_OF_SUBJECTS, subject_ids=list(subject_ids)), "subject_id")
    for subject_id in subject_ids:
        own = tuple(_instruction(row) for row in listed[subject_id])
        tx.memory.keep((list_instructions.__name__, subject_id), [t.instruction], own)


async def lock_instructions(tx: Tx, subject_id: SubjectId) -> tuple[Instruction, ...]:
    """The same, locked until the transaction ends: for who is about to change them."""
    return tuple(
        _instruction(row) for row in await tx.rows(_of_subject(subject_id).with_for_update(key_share=True))
    )


def _of_subject(subject_id: SubjectId) -> sa.Select[tuple[object, ...]]:
    column = t.instruction.c
    return sa.select(t.instruction).where(column.subject_id == subject_id).order_by(column.agency_id)


async def find_instruction(tx: Tx, agency_id: AgencyId, reference: int) -> Instruction | None:
    """The instruction an agency speaks of."""
    column = t.instruction.c
    row = await tx.row(
        sa.select(t.instruction).where(column.agency_id == agency_id, column.reference == reference)
    )
    return None if row is None else _instruction(row)


async def add_instruction(tx: Tx, instruction: Instruction) -> None:
    await tx.insert(
        t.instruction,
        id=instruction.instruction_id,
        agency_id=instruction.agency_id,
        subject_id=instruction.subject_id,
        reference=instruction.reference,
        version=instruction.version,
        measure=instruction.measure,
        valid_until=instruction.valid_until,
        basis=list(instruction.basis),
        documents=list(instruction.documents),
        changed_at=instruction.changed_at,
    )


async def record_instruction(tx: Tx, instruction: Instruction) -> None:
    """Write a changed instruction; what agencies said of the former version no longer counts."""
    await tx.run(
        sa.update(t.instruction)
        .where(t.instruction.c.id == instruction.instruction_id)
        .values(
            version=instruction.version,
            measure=instruction.measure,
            valid_until=instruction.valid_until,
            basis=list(instruction.basis),
            documents=list(instruction.documents),
            feed_sequence=None,
            changed_at=instruction.changed_at,
            in_force_since=None,
            gone_since=None,
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """A change that the feed writer has numbered."""

    reference: int
    version: int
    is_listed: bool
    sequence: int


async def record_numbered(tx: Tx, agency_id: AgencyId, numbered: Sequence[Numbered]) -> None:
    """The newest change of each instruction has its number. A removal keeps the version of its put: the
    number of an overtaken put must not pass for the removal's.
    """
    column = t.instruction.c
    rows = [
        {
            "of_reference": one.reference,
            "of_version": one.version,
            "lists": one.is_listed,
            "number": one.sequence,
        }
        for one in numbered
    ]
    same_operation = column.measure.is_not(None) == sa.bindparam("lists", type_=sa.Boolean())
    await tx.run_many(
        sa.update(t.instruction)
        .where(column.agency_id == agency_id, column.reference == sa.bindparam("of_reference"))
        .where(column.version == sa.bindparam("of_version"), same_operation)
        .values(feed_sequence=sa.bindparam("number")),
        rows,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """When the instructions were changed that an agency has just said are in force, or gone."""

    in_force: tuple[datetime, ...]
    gone: tuple[datetime, ...]


async def record_reached(tx: Tx, agency_id: AgencyId, sequence: int) -> Reached:
    """The agency's replica stands at `sequence`: what is numbered up to it is in force (or gone) there."""
    column = t.instruction.c
    reached = sa.and_(column.agency_id == agency_id, column.feed_sequence <= sequence)
    in_force = await tx.rows(
        sa.update(t.instruction)
        .where(reached, column.measure.is_not(None), column.in_force_since.is_(None))
        .values(in_force_since=tx.at)
        .returning(column.changed_at)
    )
    gone = await tx.rows(
        sa.update(t.instruction)
        .where(reached, column.measure.is_(None), column.gone_since.is_(None))
        .values(gone_since=tx.at)
        .returning(column.changed_at)
    )
    return Reached(
        in_force=tuple(row.changed_at for row in in_force), gone=tuple(row.changed_at for row in gone)
    )


async def record_gone(tx: Tx, agency_id: AgencyId, reference: int, version: int) -> tuple[datetime, ...]:
    """The agency applied the tombstone of an instruction that asks nothing any more; when it was changed."""
    column = t.instruction.c
    rows = await tx.rows(
        sa.update(t.instruction)
        .where(column.agency_id == agency_id, column.reference == reference, column.version <= version)
        .where(column.measure.is_(None), column.gone_since.is_(None))
        .values(gone_since=tx.at)
        .returning(column.changed_at)
    )
    return tuple(row.changed_at for row in rows)


async def list_missing_receipts(tx: Tx, subject_id: SubjectId) -> tuple[AgencyId, ...]:
    """Agencies that were told that a subject is gone and have not said so yet."""
    column = t.instruction.c
    rows = await tx.rows(
        sa.select(column.agency_id)
        .where(column.subject_id == subject_id, column.measure.is_(None), column.gone_since.is_(None))
        .order_by(column.agency_id)
    )
    return tuple(AgencyId(row.agency_id) for row in rows)
