"""The line to each adapter: when its canary last came back, and since when it is silent."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from tracker.domain.due import DueKind
from tracker.domain.errors import NotFound
from tracker.domain.ids import AgencyId, CourtId
from tracker.storage.sets import is_one_of
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


async def get_line(tx: Tx, agency_id: AgencyId, instance: str) -> Line:
    column = t.agency_instance.c
    row = await tx.row(
        sa.select(t.agency_instance).where(column.agency_id == agency_id, column.name == instance)
    )
    if row is None:
        raise NotFound("instance")
    return _line(row)


async def list_silent(tx: Tx) -> tuple[Line, ...]:
    """Every line whose silence the desk was told of and that has not been heard since."""
    column = t.agency_instance.c
    silent = sa.select(t.agency_instance).where(column.silent_since.is_not(None))
    return tuple(_line(row) for row in await tx.rows(silent.order_by(column.agency_id, column.name)))


async def list_unwatched(tx: Tx, court_id: CourtId) -> tuple[Line, ...]:
    """Lines that are not silent and for which no row is due that would notice it."""
    column = t.agency_instance.c
    is_watched = sa.exists().where(due_work.c.about == column.id, due_work.c.kind == DueKind.LINE_SILENT)
    unwatched = (
        sa.select(t.agency_instance)
        .join(t.agency, t.agency.c.id == column.agency_id)
        .where(t.agency.c.court_id == court_id, column.silent_since.is_(None), sa.not_(is_watched))
        .order_by(column.id)
    )
    return tuple(_line(row) for row in await tx.rows(unwatched))


async def record_heard(tx: Tx, heard: Sequence[Line]) -> None:
    """The canary came back by these lines."""
    ids = [line.line_id for line in heard]
    its_own = sa.update(t.agency_instance).where(t.agency_instance.c.id.in_(ids))
    await tx.run(its_own.values(canary_at=tx.at, silent_since=None))


async def record_silent(tx: Tx, line_id: str, since: datetime) -> None:
    its_own = sa.update(t.agency_instance).where(t.agency_instance.c.id == line_id)
    await tx.run(its_own.values(silent_since=since))
