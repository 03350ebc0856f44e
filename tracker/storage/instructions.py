"""What each agency is asked about each subject, and since when it knows."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import sqlalchemy as sa

from schemas.measures import Measure
from tracker.domain.ids import AgencyId, CourtId, DocumentId, EntryId, InstructionId, SubjectId
from tracker.storage.memory import read_once
from tracker.storage.sets import by_column, is_one_of
from tracker.storage.tables import feeds as t
from tracker.storage.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """`measure` None: nothing is asked any more (gone). `reference` is random per agency and epoch, and
    `epoch` that of the list it is on; `basis` are the entries it stands on, `documents` the numbers.
    """

    instruction_id: InstructionId
    agency_id: AgencyId
    subject_id: SubjectId
    reference: int
    version: int
    epoch: int
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
        epoch=row.epoch,
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
        epoch=instruction.epoch,
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
            reference=instruction.reference,
            version=instruction.version,
            epoch=instruction.epoch,
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


NO_NUMBER_YET: Final = 2**63 - 1
"""Where a change stands on the feed that was not numbered yet: past every replica."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """When the instructions were changed that an agency has just said are in force, or gone."""

    in_force: tuple[datetime, ...]
    gone: tuple[datetime, ...]


# An instance that was never heard has shown nobody yet.
_HEARD: Final = sa.and_(
    t.agency_instance.c.agency_id == sa.bindparam("of_agency"), t.agency_instance.c.heard_at.is_not(None)
)
_NEWEST_EPOCH: Final = (
    sa.select(sa.func.max(t.feed.c.epoch))
    .where(t.feed.c.agency_id == sa.bindparam("of_agency"))
    .scalar_subquery()
)
# What has its number on a list that has ended was never reached on the present one.
_IS_ON_PRESENT_LIST: Final = t.instruction.c.epoch == _NEWEST_EPOCH
_REACHED_BY_ALL: Final = sa.and_(
    _IS_ON_PRESENT_LIST,
    t.instruction.c.agency_id == sa.bindparam("of_agency"),
    t.instruction.c.feed_sequence
    <= sa.select(sa.func.min(t.agency_instance.c.replica_sequence)).where(_HEARD).scalar_subquery(),
)
_IN_FORCE: Final = (
    sa.update(t.instruction)
    .where(_REACHED_BY_ALL, t.instruction.c.measure.is_not(None), t.instruction.c.in_force_since.is_(None))
    .values(in_force_since=sa.bindparam("at"))
    .returning(t.instruction.c.changed_at)
)
_GONE: Final = (
    sa.update(t.instruction)
    .where(_REACHED_BY_ALL, t.instruction.c.measure.is_(None), t.instruction.c.gone_since.is_(None))
    .values(gone_since=sa.bindparam("at"))
    .returning(t.instruction.c.changed_at, t.instruction.c.reference)
)


async def record_reached(tx: Tx, agency_id: AgencyId) -> Reached:
    """What is numbered up to where all replicas of an agency stand is in force there, or gone."""
    in_force = await tx.rows(_IN_FORCE, of_agency=agency_id, at=tx.at)
    gone = await _end(tx, agency_id, await tx.rows(_GONE, of_agency=agency_id, at=tx.at))
    return Reached(in_force=tuple(row.changed_at for row in in_force), gone=gone)


_ITS_ID: Final = (
    sa.select(t.agency_instance.c.id)
    .where(
        t.agency_instance.c.agency_id == sa.bindparam("of_agency"),
        t.agency_instance.c.name == sa.bindparam("of_instance"),
    )
    .scalar_subquery()
)
_FORMER_RECEIPTS: Final = sa.delete(t.withdrawal_receipt).where(
    t.withdrawal_receipt.c.instance_id == _ITS_ID, is_one_of(t.withdrawal_receipt.c.reference, "refs")
)
_HAS_TOLD: Final = sa.exists().where(
    t.withdrawal_receipt.c.instance_id == t.agency_instance.c.id,
    t.withdrawal_receipt.c.reference == t.instruction.c.reference,
    t.withdrawal_receipt.c.version >= t.instruction.c.version,
)
_HAS_PASSED: Final = sa.and_(
    _IS_ON_PRESENT_LIST,
    sa.func.coalesce(t.instruction.c.feed_sequence, NO_NUMBER_YET) <= t.agency_instance.c.replica_sequence,
)
_STILL_SHOWN: Final = sa.exists().where(_HEARD, sa.not_(sa.or_(_HAS_PASSED, _HAS_TOLD)))
_OF_AGENCY: Final = t.withdrawal_receipt.c.instance_id.in_(
    sa.select(t.agency_instance.c.id).where(t.agency_instance.c.agency_id == sa.bindparam("of_agency"))
)
_TOLD: Final = sa.select(t.withdrawal_receipt.c.reference).where(_OF_AGENCY).distinct()
_TOLD_OF: Final = sa.delete(t.withdrawal_receipt).where(
    _OF_AGENCY, is_one_of(t.withdrawal_receipt.c.reference, "refs")
)
_GONE_BY_TOMBSTONE: Final = (
    sa.update(t.instruction)
    .where(
        t.instruction.c.agency_id == sa.bindparam("of_agency"),
        is_one_of(t.instruction.c.reference, "refs"),
        t.instruction.c.measure.is_(None),
        t.instruction.c.gone_since.is_(None),
        sa.not_(_STILL_SHOWN),
    )
    .values(gone_since=sa.bindparam("at"))
    .returning(t.instruction.c.changed_at, t.instruction.c.reference)
)


async def record_gone(
    tx: Tx, agency_id: AgencyId, instance: str, gone: Mapping[int, int]
) -> tuple[datetime, ...]:
    """An instance has applied tombstones: references and the version up to which each hides. When those
    instructions were changed that no instance of the agency shows any more.
    """
    if not gone:
        return ()
    instance_id = (await tx.rows(sa.select(_ITS_ID), of_agency=agency_id, of_instance=instance))[0][0]
    await tx.run(_FORMER_RECEIPTS, of_agency=agency_id, of_instance=instance, refs=list(gone))
    receipts = [
        {"instance_id": instance_id, "reference": reference, "version": version}
        for reference, version in gone.items()
    ]
    await tx.insert_many(t.withdrawal_receipt, receipts)
    rows = await tx.rows(_GONE_BY_TOMBSTONE, of_agency=agency_id, refs=list(gone), at=tx.at)
    return await _end(tx, agency_id, rows)


async def record_one_less(tx: Tx, agency_id: AgencyId) -> None:
    """An instance was put out: what waited for it alone is in force, or gone."""
    await record_reached(tx, agency_id)
    told = await tx.rows(_TOLD, of_agency=agency_id)
    refs = [row.reference for row in told]
    await _end(tx, agency_id, await tx.rows(_GONE_BY_TOMBSTONE, of_agency=agency_id, refs=refs, at=tx.at))


async def _end(tx: Tx, agency_id: AgencyId, gone: Sequence[sa.Row[Any]]) -> tuple[datetime, ...]:
    """Nobody need tell of these any more."""
    if gone:
        await tx.run(_TOLD_OF, of_agency=agency_id, refs=[row.reference for row in gone])
    return tuple(row.changed_at for row in gone)


async def list_not_on_present_list(tx: Tx, agency_id: AgencyId, limit: int) -> tuple[SubjectId, ...]:
    """Subjects whom the present list of an agency does not tell of yet: who is listed, and who was withdrawn
    before every adapter had said that the person is gone.
    """
    column = t.instruction.c
    rows = await tx.rows(
        sa.select(column.subject_id)
        .where(column.agency_id == sa.bindparam("of_agency"), column.epoch < _NEWEST_EPOCH)
        .where(sa.or_(column.measure.is_not(None), column.gone_since.is_(None)))
        .order_by(column.id)
        .limit(limit),
        of_agency=agency_id,
    )
    return tuple(SubjectId(row.subject_id) for row in rows)


async def forget_numbers(tx: Tx, agency_id: AgencyId) -> None:
    """The list of an agency begins anew: what was numbered on the former one is in force nowhere yet."""
    its_own = sa.update(t.instruction).where(t.instruction.c.agency_id == agency_id)
    await tx.run(its_own.values(feed_sequence=None, in_force_since=None))


async def list_subjects_asked_about(
    tx: Tx, court_id: CourtId, after: SubjectId | None, limit: int
) -> tuple[SubjectId, ...]:
    """Subjects whom agencies of a court are or were asked about, in the order of their ids."""
    column = t.instruction.c
    of_court = sa.select(t.agency.c.id).where(t.agency.c.court_id == court_id)
    rows = await tx.rows(
        sa.select(column.subject_id)
        .where(column.agency_id.in_(of_court), column.subject_id > (after or ""))
        .distinct()
        .order_by(column.subject_id)
        .limit(limit)
    )
    return tuple(SubjectId(row.subject_id) for row in rows)


async def list_missing_receipts(tx: Tx, subject_id: SubjectId) -> tuple[AgencyId, ...]:
    """Agencies that were told that a subject is gone and have not said so yet."""
    column = t.instruction.c
    rows = await tx.rows(
        sa.select(column.agency_id)
        .where(column.subject_id == subject_id, column.measure.is_(None), column.gone_since.is_(None))
        .order_by(column.agency_id)
    )
    return tuple(AgencyId(row.agency_id) for row in rows)
