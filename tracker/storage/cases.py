"""Enforcement cases: a family of numbers with one current, a judge, a team, and the money received."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from schemas.case_numbers import CaseNumber, CaseNumberRefused, parse_case_number
from tracker.domain.entries import EntryState
from tracker.domain.errors import CallUs, NotFound
from tracker.domain.ids import AgencyId, CaseId, CourtId, EntryId, PersonId, TeamId
from tracker.storage.engine.memory import read_once
from tracker.storage.engine.sets import is_one_of
from tracker.storage.tables import cases as t
from tracker.storage.transaction import Tx

CASE_TABLES = (t.case, t.case_number, t.case_receipt)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`number` is the current one; `received_fen` the receipts less the reversals. The repr shows no name."""

    case_id: CaseId
    court_id: CourtId
    team_id: TeamId
    judge_id: PersonId
    number: CaseNumber
    debtor_name: str
    debtor_kind: str
    amount_fen: int
    received_fen: int

    def __repr__(self) -> str:
        return f"Case({self.case_id})"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseReceipt:
    """Money in (or, when it reverses an earlier receipt, out again), in fen."""

    receipt_number: str
    amount_fen: int
    at: datetime
    reverses: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamReader:
    """Somebody who sees the cases of some teams and those they are the judge of."""

    person_id: PersonId
    team_ids: tuple[TeamId, ...]


async def add_case(tx: Tx, case: Case) -> None:
    await tx.insert(
        t.case,
        id=case.case_id,
        court_id=case.court_id,
        team_id=case.team_id,
        judge_id=case.judge_id,
        debtor_name=tx.seal(case.debtor_name, f"case.debtor_name:{case.case_id}"),
        debtor_kind=case.debtor_kind,
        amount_fen=case.amount_fen,
        opened_at=tx.at,
    )
    await tx.insert(
        t.case_number, id=tx.entropy.new_id(), case_id=case.case_id, number=case.number.full, is_current=True
    )


def _signed_fen() -> sa.Select[tuple[int]]:
    receipt = t.case_receipt.c
    signed = sa.case((receipt.reverses.is_(None), receipt.amount_fen), else_=-receipt.amount_fen)
    return sa.select(sa.func.coalesce(sa.func.sum(signed), 0))


_CASES: Final = (
    sa.select(
        t.case,
        t.case_number.c.number,
        _signed_fen().where(t.case_receipt.c.case_id == t.case.c.id).scalar_subquery().label("received_fen"),
    )
    .join(t.case_number, t.case_number.c.case_id == t.case.c.id)
    .where(t.case_number.c.is_current)
    .order_by(t.case.c.id)
)
_BY_IDS: Final = _CASES.where(is_one_of(t.case.c.id, "case_ids"))
# For a set PostgreSQL makes a plan anew each time.
_BY_ID: Final = _CASES.where(t.case.c.id == sa.bindparam("of_case"))


@read_once(*CASE_TABLES)
async def get_case(tx: Tx, case_id: CaseId) -> Case:
    found = await tx.rows(_BY_ID, of_case=case_id)
    if not found:
        raise NotFound("case")
    return _case(tx, found[0])


async def list_judges_with_listed(tx: Tx, agency_id: AgencyId) -> tuple[PersonId, ...]:
    """The judges of all cases with an active entry at an agency."""
    judge, entry, asked = t.case.c.judge_id, t.watch_entry.c, t.entry_agency.c
    query = (
        sa.select(judge)
        .distinct()
        .join(t.watch_entry, entry.case_id == t.case.c.id)
        .join(t.entry_agency, asked.entry_id == entry.id)
        .where(asked.agency_id == agency_id, entry.state == EntryState.ACTIVE)
        .order_by(judge)
    )
    return tuple(PersonId(row.judge_id) for row in await tx.rows(query))


async def remember_cases(tx: Tx, case_ids: Collection[CaseId]) -> None:
    """Read those not known yet of several at once, for `get_case`."""
    unknown = tx.memory.unknown(get_case, case_ids)
    for row in await tx.rows(_BY_IDS, case_ids=unknown) if unknown else ():
        tx.memory.keep((get_case.__name__, row.id), CASE_TABLES, _case(tx, row))


def _case(tx: Tx, row: sa.Row[Any]) -> Case:
    return Case(
        case_id=CaseId(row.id),
        court_id=CourtId(row.court_id),
        team_id=TeamId(row.team_id),
        judge_id=PersonId(row.judge_id),
        number=_stored_number(row.number),
        debtor_name=tx.unseal(row.debtor_name, f"case.debtor_name:{row.id}"),
        debtor_kind=row.debtor_kind,
        amount_fen=row.amount_fen,
        received_fen=int(row.received_fen),
    )


async def lock_case(tx: Tx, case_id: CaseId) -> None:
    """Whoever counts the money of a case counts alone until the transaction ends."""
    await tx.rows(sa.select(t.case.c.id).where(t.case.c.id == case_id).with_for_update(key_share=True))


_LOCKABLE: Final = sa.select(t.case.c.id).order_by(t.case.c.id).with_for_update(key_share=True, of=t.case)
_OF_ENTRIES: Final = sa.select(t.watch_entry.c.case_id).where(is_one_of(t.watch_entry.c.id, "entry_ids"))
_LOCKED_OF_ENTRIES: Final = _LOCKABLE.where(t.case.c.id.in_(_OF_ENTRIES))


async def lock_cases_of(tx: Tx, entry_ids: Collection[EntryId]) -> None:
    """The same of the cases of entries, which are always the same, in the one order."""
    await tx.rows(_LOCKED_OF_ENTRIES, entry_ids=list(entry_ids))


_BEARING: Final = sa.select(t.case_number.c.case_id).where(is_one_of(t.case_number.c.number, "numbers"))
_LOCKED_BEARING: Final = _LOCKABLE.where(t.case.c.id.in_(_BEARING))


async def lock_cases_numbered(tx: Tx, numbers: Collection[CaseNumber]) -> None:
    """The same of the cases that bear some numbers."""
    await tx.rows(_LOCKED_BEARING, numbers=[one.full for one in numbers])


def _stored_number(text: str) -> CaseNumber:
    number = parse_case_number(text)
    if isinstance(number, CaseNumberRefused):
        raise CallUs("a stored case number no longer parses: compare schemas/case_numbers.py with the data")
    return number


@read_once(t.case_number)
async def find_case(tx: Tx, number: CaseNumber) -> CaseId | None:
    """The case that bears a number, be it the current one or an earlier one."""
    return (await _find(tx, [number])).get(number.full)


_NUMBERED: Final = sa.select(t.case_number.c.number, t.case_number.c.case_id).where(
    is_one_of(t.case_number.c.number, "numbers")
)


async def _find(tx: Tx, numbers: Collection[CaseNumber]) -> dict[str, CaseId]:
    rows = await tx.rows(_NUMBERED, numbers=[one.full for one in numbers])
    return {row.number: CaseId(row.case_id) for row in rows}


async def remember_numbers(tx: Tx, numbers: Collection[CaseNumber]) -> None:
    """Look for those not known yet of several at once, for `find_case`."""
    unknown = tx.memory.unknown(find_case, numbers)
    found = await _find(tx, unknown) if unknown else {}
    for number in unknown:
        tx.memory.keep((find_case.__name__, number), [t.case_number], found.get(number.full))


async def find_receipt(tx: Tx, court_id: CourtId, receipt_number: str) -> tuple[CaseId, CaseReceipt] | None:
    """What the court has recorded under a receipt number, and for which case."""
    column = t.case_receipt.c
    row = await tx.row(
        sa.select(t.case_receipt).where(column.court_id == court_id, column.receipt_number == receipt_number)
    )
    if row is None:
        return None
    receipt = CaseReceipt(
        receipt_number=row.receipt_number, amount_fen=row.amount_fen, at=row.at, reverses=row.reverses
    )
    return CaseId(row.case_id), receipt


async def add_receipt(tx: Tx, case: Case, receipt: CaseReceipt) -> None:
    await tx.insert(
        t.case_receipt,
        id=tx.entropy.new_id(),
        court_id=case.court_id,
        case_id=case.case_id,
        receipt_number=receipt.receipt_number,
        amount_fen=receipt.amount_fen,
        reverses=receipt.reverses,
        at=receipt.at,
    )


async def find_unreversed_fen(tx: Tx, case_id: CaseId, receipt_number: str) -> int | None:
    """What reversals have left of a receipt of the case, in fen; None: the case has no such receipt."""
    receipt = t.case_receipt.c
    itself = sa.and_(receipt.receipt_number == receipt_number, receipt.reverses.is_(None))
    signed = sa.case((itself, receipt.amount_fen), else_=-receipt.amount_fen)
    row = await tx.row(
        sa.select(sa.func.sum(signed).label("left_fen"), sa.func.count().filter(itself).label("receipts"))
        .where(receipt.case_id == case_id)
        .where(sa.or_(itself, receipt.reverses == receipt_number))
    )
    return None if row is None or row.receipts == 0 else int(row.left_fen)


async def received_fen(tx: Tx, case_id: CaseId) -> int:
    """All receipts of the case less the reversals, in fen."""
    row = await tx.row(_signed_fen().where(t.case_receipt.c.case_id == case_id))
    return 0 if row is None else int(row[0])


def is_read_by(reader: TeamReader) -> sa.ColumnElement[bool]:
    """Whether a case, which the statement joins, is one that the reader sees."""
    case = t.case.c
    return sa.or_(case.team_id.in_(reader.team_ids), case.judge_id == reader.person_id)
