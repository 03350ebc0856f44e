"""The line to each adapter: when its canary last came back, and since when it is silent."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from tracker.domain.due import DueKind
from tracker.domain.ids import AgencyId, CourtId
from tracker.storage.engine.sets import is_one_of
from tracker.storage.tables import feeds as t
from tracker.storage.tables.alerts import due_work
from tracker.storage.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """`silent_since` is set while the desk has been told that the line is silent."""

    line_id: str
    agency_id: AgencyId
    instance: str
    canary_at: datetime | None
    silent_since: datetime | None


def _line(row: sa.Row[Any]) -> Line:
    return Line(
        line_id=row.id,
        agency_id=AgencyId(row.agency_id),
        instance=row.name,
        canary_at=row.canary_at,
        silent_since=row.silent_since,
    )


_LOCKED: Final = sa.select(t.agency_instance).order_by(t.agency_instance.c.id).with_for_update(key_share=True)
_BY_ID: Final = _LOCKED.where(t.agency_instance.c.id == sa.bindparam("line_id"))
_BY_NAME: Final = _LOCKED.where(
    t.agency_instance.c.agency_id == sa.bindparam("of_agency"), is_one_of(t.agency_instance.c.name, "names")
)


async def lock_line(tx: Tx, line_id: str) -> Line | None:
    """None when the adapter was put out meanwhile."""
    row = await tx.row(_BY_ID, line_id=line_id)
    return None if row is None else _line(row)


async def lock_lines(tx: Tx, agency_id: AgencyId, instances: Collection[str]) -> tuple[Line, ...]:
    """The lines to some adapters of an agency, locked in one order."""
    rows = await tx.rows(_BY_NAME, of_agency=agency_id, names=list(instances))
    return tuple(_line(row) for row in rows)


async def list_silent(tx: Tx) -> tuple[Line, ...]:
    """Every line whose silence the desk was told of and that has not been heard since."""
    column = t.agency_instance.c
    silent = sa.select(t.agency_instance).where(column.silent_since.is_not(None))
    return tuple(_line(row) for row in await tx.rows(silent.order_by(column.agency_id, column.name)))


_OF_COURT: Final = t.agency_instance.c.agency_id.in_(
    sa.select(t.agency.c.id).where(t.agency.c.court_id == sa.bindparam("of_court"))
)
_LOCKED_ALL: Final = _LOCKED.where(_OF_COURT)
_IS_WATCHED: Final = sa.exists().where(
    due_work.c.about == t.agency_instance.c.id, due_work.c.kind == DueKind.LINE_SILENT
)
_UNWATCHED: Final = (
    sa.select(t.agency_instance)
    .where(
        _OF_COURT,
        t.agency_instance.c.closed_at.is_(None),
        t.agency_instance.c.silent_since.is_(None),
        sa.not_(_IS_WATCHED),
    )
    .order_by(t.agency_instance.c.id)
)


async def lock_all_lines(tx: Tx, court_id: CourtId) -> None:
    """Until the transaction ends nobody else hears, judges or watches any line of the court."""
    await tx.rows(_LOCKED_ALL, of_court=court_id)


async def list_unwatched(tx: Tx, court_id: CourtId) -> tuple[Line, ...]:
    """Open lines that are not silent and for which no row is due that would notice it."""
    return tuple(_line(row) for row in await tx.rows(_UNWATCHED, of_court=court_id))


async def put_off_judgement(tx: Tx, agency_id: AgencyId, until: datetime) -> None:
    """No line of the agency is judged before a moment."""
    early = sa.and_(_watches(agency_id), due_work.c.due_at < until)
    await tx.run(sa.update(due_work).where(early).values(due_at=until))


async def stop_watching(tx: Tx, agency_id: AgencyId) -> None:
    """No line of the agency is held to be silent, nor will be; its lines are locked by now."""
    await tx.run(sa.delete(due_work).where(_watches(agency_id)))
    its_lines = sa.update(t.agency_instance).where(t.agency_instance.c.agency_id == agency_id)
    await tx.run(its_lines.values(silent_since=None))


def _watches(agency_id: AgencyId) -> sa.ColumnElement[bool]:
    """The rows that would notice that a line of the agency is silent."""
    its_lines = sa.select(t.agency_instance.c.id).where(t.agency_instance.c.agency_id == agency_id)
    return sa.and_(due_work.c.kind == DueKind.LINE_SILENT, due_work.c.about.in_(its_lines))


async def record_heard(tx: Tx, heard: Sequence[Line]) -> None:
    """The canary came back by these lines."""
    ids = [line.line_id for line in heard]
    its_own = sa.update(t.agency_instance).where(t.agency_instance.c.id.in_(ids))
    await tx.run(its_own.values(canary_at=tx.at, silent_since=None))


async def record_silent(tx: Tx, line_id: str, since: datetime) -> None:
    its_own = sa.update(t.agency_instance).where(t.agency_instance.c.id == line_id)
    await tx.run(its_own.values(silent_since=since))
