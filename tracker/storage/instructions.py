"""What each agency is asked about each subject, what its lists call the subject, and since when it knows."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import sqlalchemy as sa

from schemas.measures import Measure
from tracker.domain.ids import AgencyId, CourtId, DocumentId, EntryId, InstructionId, SubjectId
from tracker.storage.engine.memory import read_once
from tracker.storage.engine.one_trip import in_one_trip
from tracker.storage.engine.sets import by_column, is_found_by, is_one_of
from tracker.storage.tables import feeds as t
from tracker.storage.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What the list of one epoch calls the subject: random per agency and epoch."""

    epoch: int
    reference: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """`measure` None: nothing is asked any more (gone). `listings` are those of the epochs in force, the
    oldest first, and none where the only list that told of the subject has ended; `version` is the same on
    all of them. `former`: what ended lists called the subject. `basis` are the entries it stands on,
    `documents` the numbers.
    """

    instruction_id: InstructionId
    agency_id: AgencyId
    subject_id: SubjectId
    listings: tuple[Listing, ...]
    version: int
    measure: Measure | None
    valid_until: date | None
    basis: tuple[EntryId, ...]
    documents: tuple[DocumentId, ...]
    changed_at: datetime
    in_force_since: datetime | None
    gone_since: datetime | None
    former: tuple[int, ...] = ()

    @property
    def is_listed(self) -> bool:
        return self.measure is not None

    @property
    def references(self) -> tuple[int, ...]:
        """All that an adapter may call the subject: by the lists in force, the oldest first, and by those of
        which it may not have heard yet that they have ended.
        """
        return (*(one.reference for one in self.listings), *self.former)

    @property
    def epochs(self) -> frozenset[int]:
        return frozenset(one.epoch for one in self.listings)


_IS_IN_FORCE: Final = sa.exists().where(
    t.feed.c.agency_id == t.listing.c.agency_id,
    t.feed.c.epoch == t.listing.c.epoch,
    t.feed.c.ended_at.is_(None),
)
_LISTINGS_SHOWN: Final = sa.select(
    t.listing.c.instruction_id,
    t.listing.c.epoch,
    t.listing.c.reference,
    _IS_IN_FORCE.label("is_in_force"),
).order_by(t.listing.c.epoch)
_LISTINGS: Final = _LISTINGS_SHOWN.where(is_one_of(t.listing.c.instruction_id, "instruction_ids"))


_LISTINGS_OF_SUBJECTS: Final = _LISTINGS_SHOWN.where(
    is_found_by(
        t.listing.c.instruction_id,
        sa.select(t.instruction.c.id).where(is_one_of(t.instruction.c.subject_id, "subject_ids")),
    )
)


async def _with_listings(tx: Tx, rows: Sequence[sa.Row[Any]]) -> tuple[Instruction, ...]:
    # Read after the rows, which may have been waited for: whoever held them has written listings, too. And in
    # one statement the database may look through the listings of everybody.
    ids = [row.id for row in rows]
    listed = by_column(await tx.rows(_LISTINGS, instruction_ids=ids) if ids else (), "instruction_id")
    return tuple(_instruction(row, listed[row.id]) for row in rows)


def _instruction(row: sa.Row[Any], listings: Sequence[sa.Row[Any]]) -> Instruction:
    return Instruction(
        instruction_id=InstructionId(row.id),
        agency_id=AgencyId(row.agency_id),
        subject_id=SubjectId(row.subject_id),
        listings=tuple(
            Listing(epoch=one.epoch, reference=one.reference) for one in listings if one.is_in_force
        ),
        former=tuple(one.reference for one in listings if not one.is_in_force),
        version=row.version,
        measure=Measure(row.measure) if row.measure else None,
        valid_until=row.valid_until,
        basis=tuple(EntryId(one) for one in row.basis),
        documents=tuple(DocumentId(one) for one in row.documents),
        changed_at=row.changed_at,
        in_force_since=row.in_force_since,
        gone_since=row.gone_since,
    )


INSTRUCTION_TABLES = (t.instruction, t.listing, t.feed)
_OF_SUBJECTS: Final = (
    sa.select(t.instruction)
    .where(is_one_of(t.instruction.c.subject_id, "subject_ids"))
    .order_by(t.instruction.c.agency_id)
)
_LOCKED: Final = _OF_SUBJECTS.with_for_update(key_share=True)


@read_once(*INSTRUCTION_TABLES)
async def list_instructions(tx: Tx, subject_id: SubjectId) -> tuple[Instruction, ...]:
    """Every agency's instruction on a subject."""
    return await _with_listings(tx, await tx.rows(_OF_SUBJECTS, subject_ids=[subject_id]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """An instruction that lists nobody any more. `gone_since` None: an adapter may still show the person."""

    withdrawn_at: datetime
    gone_since: datetime | None


async def list_withdrawn(tx: Tx, agency_id: AgencyId, limit: int) -> tuple[Withdrawn, ...]:
    """What an agency was last told to forget, newest first."""
    column = t.instruction.c
    rows = await tx.rows(
        sa.select(column.changed_at, column.gone_since)
        .where(column.agency_id == agency_id, column.measure.is_(None))
        .order_by(column.changed_at.desc())
        .limit(limit)
    )
    return tuple(Withdrawn(withdrawn_at=row.changed_at, gone_since=row.gone_since) for row in rows)


async def remember_instructions(tx: Tx, subject_ids: Collection[SubjectId]) -> None:
    """Read those of several subjects at once, for `list_instructions`."""
    if not subject_ids:
        return
    ids = list(subject_ids)
    rows, listings = await in_one_trip(
        tx, tx.rows(_OF_SUBJECTS, subject_ids=ids), tx.rows(_LISTINGS_OF_SUBJECTS, subject_ids=ids)
    )
    of_instruction = by_column(listings, "instruction_id")
    listed = [_instruction(row, of_instruction[row.id]) for row in rows]
    for subject_id in subject_ids:
        own = tuple(one for one in listed if one.subject_id == subject_id)
        tx.memory.keep((list_instructions.__name__, subject_id), INSTRUCTION_TABLES, own)


async def lock_instructions(tx: Tx, subject_id: SubjectId) -> tuple[Instruction, ...]:
    """The same, locked until the transaction ends: for who is about to change them. Once locked they are not
    read again. The caller has locked the subject: there will be no other ones.
    """
    return (await lock_instructions_of(tx, [subject_id]))[subject_id]


async def lock_instructions_of(
    tx: Tx, subject_ids: Collection[SubjectId]
) -> dict[SubjectId, tuple[Instruction, ...]]:
    """The same of several subjects."""
    unknown = tx.memory.unknown(lock_instructions, subject_ids)
    if unknown:
        locked = await _with_listings(tx, await tx.rows(_LOCKED, subject_ids=unknown))
        theirs: dict[SubjectId, list[Instruction]] = {subject_id: [] for subject_id in unknown}
        for one in locked:
            theirs[one.subject_id].append(one)
        for subject_id, listed in theirs.items():
            key = (lock_instructions.__name__, subject_id)
            tx.memory.keep_locked(key, INSTRUCTION_TABLES, tuple(listed))
    found = {one: tx.memory.find((lock_instructions.__name__, one)) for one in subject_ids}
    return {subject_id: tuple(known[0]) for subject_id, known in found.items() if known is not None}


async def find_instruction(tx: Tx, agency_id: AgencyId, reference: int) -> Instruction | None:
    """The instruction an agency speaks of, by what any of its lists calls or called the subject."""
    listing = t.listing.c
    query = sa.select(t.instruction).join(t.listing, listing.instruction_id == t.instruction.c.id)
    row = await tx.row(query.where(listing.agency_id == agency_id, listing.reference == reference))
    return None if row is None else (await _with_listings(tx, [row]))[0]


async def add_instruction(tx: Tx, instruction: Instruction) -> None:
    await tx.insert(
        t.instruction,
        id=instruction.instruction_id,
        agency_id=instruction.agency_id,
        subject_id=instruction.subject_id,
        version=instruction.version,
        measure=instruction.measure,
        valid_until=instruction.valid_until,
        basis=list(instruction.basis),
        documents=list(instruction.documents),
        changed_at=instruction.changed_at,
    )
    await add_listings(tx, instruction, instruction.listings)


async def add_listings(tx: Tx, instruction: Instruction, listings: Sequence[Listing]) -> None:
    """The list of another epoch tells of the subject as well."""
    rows = [
        {
            "instruction_id": instruction.instruction_id,
            "agency_id": instruction.agency_id,
            "epoch": one.epoch,
            "reference": one.reference,
        }
        for one in listings
    ]
    await tx.insert_many(t.listing, rows)


_CHANGES: Final = ("version", "measure", "valid_until", "basis", "documents", "changed_at")
_UNNUMBERED: Final = (
    sa.update(t.listing)
    .where(is_one_of(t.listing.c.instruction_id, "instruction_ids"))
    .values(feed_sequence=None)
)
_RECORDED: Final = (
    sa.update(t.instruction)
    .where(t.instruction.c.id == sa.bindparam("of_instruction"))
    .values(
        {column: sa.bindparam(f"to_{column}") for column in _CHANGES}
        | {"in_force_since": None, "gone_since": None}
    )
)


async def record_instructions(tx: Tx, changed: Collection[Instruction]) -> None:
    """Write changed instructions; what agencies said of the former versions no longer counts, nor where those
    stood on their feeds.
    """
    if not changed:
        return
    await tx.run(_UNNUMBERED, instruction_ids=[one.instruction_id for one in changed])
    changes = [
        {"of_instruction": one.instruction_id}
        | {f"to_{column}": _plain(getattr(one, column)) for column in _CHANGES}
        for one in changed
    ]
    await tx.run_many(_RECORDED, changes)


def _plain(value: object) -> object:
    """As it stands in a column of JSON."""
    return list(value) if isinstance(value, tuple) else value


@dataclass(frozen=True, slots=True, kw_only=True)
class ToCopy:
    """Subjects whom the newest list of an agency does not tell of, and the last instruction looked at."""

    subject_ids: tuple[SubjectId, ...]
    last: InstructionId


_NEWEST_EPOCH: Final = (
    sa.select(sa.func.max(t.feed.c.epoch))
    .where(t.feed.c.agency_id == sa.bindparam("of_agency"))
    .scalar_subquery()
)
_ON_NEWEST: Final = sa.exists().where(
    t.listing.c.instruction_id == t.instruction.c.id, t.listing.c.epoch == _NEWEST_EPOCH
)
_ON_ANY: Final = sa.exists().where(t.listing.c.instruction_id == t.instruction.c.id, _IS_IN_FORCE)
_TO_COPY: Final = (
    sa.select(t.instruction.c.id, t.instruction.c.subject_id)
    .where(t.instruction.c.agency_id == sa.bindparam("of_agency"), t.instruction.c.id > sa.bindparam("after"))
    .where(
        sa.or_(
            sa.and_(t.instruction.c.measure.is_not(None), sa.not_(_ON_NEWEST)),
            sa.and_(
                t.instruction.c.measure.is_(None), t.instruction.c.gone_since.is_(None), sa.not_(_ON_ANY)
            ),
        )
    )
    .order_by(t.instruction.c.id)
    .limit(sa.bindparam("at_most"))
)


async def list_to_copy(tx: Tx, agency_id: AgencyId, after: str, limit: int) -> ToCopy | None:
    """The next subjects whom the newest list of an agency does not tell of yet, past an instruction: who is
    listed, and who was withdrawn from a list that has ended before every adapter had said that the person is
    gone. None: there are no more.
    """
    rows = await tx.rows(_TO_COPY, of_agency=agency_id, after=after, at_most=limit)
    if not rows:
        return None
    subject_ids = tuple(SubjectId(row.subject_id) for row in rows)
    return ToCopy(subject_ids=subject_ids, last=InstructionId(rows[-1].id))


async def forget_numbers(tx: Tx, agency_id: AgencyId) -> None:
    """The lists of an agency begin anew: what was numbered on the former ones is in force nowhere yet."""
    numbered = sa.update(t.listing).where(t.listing.c.agency_id == agency_id)
    await tx.run(numbered.values(feed_sequence=None))
    its_own = sa.update(t.instruction).where(t.instruction.c.agency_id == agency_id)
    await tx.run(its_own.values(in_force_since=None))


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
    return await _list_not_gone(tx, subject_id, t.instruction.c.measure.is_(None))


async def list_not_gone(tx: Tx, subject_id: SubjectId) -> tuple[AgencyId, ...]:
    """Those agencies, and those that list the subject."""
    return await _list_not_gone(tx, subject_id)


async def _list_not_gone(
    tx: Tx, subject_id: SubjectId, *further: sa.ColumnElement[bool]
) -> tuple[AgencyId, ...]:
    column = t.instruction.c
    rows = await tx.rows(
        sa.select(column.agency_id)
        .where(column.subject_id == subject_id, column.gone_since.is_(None), *further)
        .order_by(column.agency_id)
    )
    return tuple(AgencyId(row.agency_id) for row in rows)
