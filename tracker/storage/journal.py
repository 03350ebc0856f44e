"""What the withdrawal journal says, as the database knows it, and the restores that begin its lives.

Business transactions add lines without a place; whoever writes the journal gives the places to what has
committed.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from tracker.domain.ids import CourtId
from tracker.domain.journal import BEFORE_ALL, FIRST_LIFE, JournalLine, LineKind, Place
from tracker.storage.engine.sets import is_one_of
from tracker.storage.tables.court import court
from tracker.storage.tables.journal import journal_line, restore
from tracker.storage.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Restore:
    """The court was restored from a backup; `done_at` None: `tracker restored` has not come to its end."""

    life: int
    began_at: datetime
    done_at: datetime | None


async def add_lines(tx: Tx, court_id: CourtId, lines: Sequence[JournalLine]) -> None:
    """Add lines that get their place later, whatever it was."""
    rows = [
        {
            "id": line.line_id,
            "court_id": court_id,
            "kind": line.kind,
            "about": line.about,
            "detail": dict(line.detail),
            "at": line.at,
        }
        for line in lines
    ]
    await tx.insert_many(journal_line, rows)


def _line(row: sa.Row[Any]) -> JournalLine:
    return JournalLine(
        line_id=row.id,
        place=BEFORE_ALL if row.life is None else Place(row.life, row.position),
        at=row.at,
        kind=LineKind(row.kind),
        about=row.about,
        detail=row.detail,
    )


_ITS_LINES: Final = sa.select(journal_line).where(journal_line.c.court_id == sa.bindparam("of_court"))
_WITHOUT_PLACE: Final = _ITS_LINES.where(journal_line.c.life.is_(None)).order_by(journal_line.c.id)


async def has_line_without_place(tx: Tx, court_id: CourtId) -> bool:
    return await tx.row(_WITHOUT_PLACE.limit(1), of_court=court_id) is not None


async def list_lines_without_place(tx: Tx, court_id: CourtId) -> tuple[JournalLine, ...]:
    """All of them, in the order in which they were added."""
    return tuple(_line(row) for row in await tx.rows(_WITHOUT_PLACE, of_court=court_id))


_NEWEST: Final = (
    _ITS_LINES.where(journal_line.c.life.is_not(None))
    .order_by(journal_line.c.life.desc(), journal_line.c.position.desc())
    .limit(1)
)


async def newest_place(tx: Tx, court_id: CourtId) -> Place:
    """Of the newest line that has one."""
    row = await tx.row(_NEWEST, of_court=court_id)
    return BEFORE_ALL if row is None else Place(row.life, row.position)


async def list_lines_after(tx: Tx, court_id: CourtId, place: Place, limit: int) -> tuple[JournalLine, ...]:
    """The lines behind a place, in their order."""
    column = journal_line.c
    later = sa.or_(
        column.life > place.life, sa.and_(column.life == place.life, column.position > place.position)
    )
    query = _ITS_LINES.where(later).order_by(column.life, column.position).limit(limit)
    return tuple(_line(row) for row in await tx.rows(query, of_court=court_id))


_KNOWN: Final = sa.select(journal_line.c.id).where(is_one_of(journal_line.c.id, "line_ids"))


async def list_known(tx: Tx, line_ids: Collection[str]) -> frozenset[str]:
    """Which of these lines the database has."""
    return frozenset(row.id for row in await tx.rows(_KNOWN, line_ids=list(line_ids)))


# Two who give places would give the same ones: the court's row lets one through at a time.
_TURN: Final = (
    sa.select(court.c.id).where(court.c.id == sa.bindparam("of_court")).with_for_update(key_share=True)
)
_GIVE: Final = (
    sa.update(journal_line)
    .where(journal_line.c.id == sa.bindparam("of_line"))
    .values(life=sa.bindparam("of_life"), position=sa.bindparam("number"))
)


async def give_places(tx: Tx, court_id: CourtId, limit: int) -> None:
    """The oldest lines without a place get the next ones."""
    await tx.rows(_TURN, of_court=court_id)
    life = await present_life(tx, court_id)
    newest = await newest_place(tx, court_id)
    first = newest.position + 1 if newest.life == life else 1
    rows = await tx.rows(_WITHOUT_PLACE.limit(limit), of_court=court_id)
    places = [
        {"of_line": row.id, "of_life": life, "number": number} for number, row in enumerate(rows, start=first)
    ]
    await tx.run_many(_GIVE, places)


async def present_life(tx: Tx, court_id: CourtId) -> int:
    latest = await find_latest_restore(tx, court_id)
    return FIRST_LIFE if latest is None else latest.life


async def find_latest_restore(tx: Tx, court_id: CourtId) -> Restore | None:
    its_own = sa.select(restore).where(restore.c.court_id == court_id)
    row = await tx.row(its_own.order_by(restore.c.life.desc()).limit(1))
    return None if row is None else Restore(life=row.life, began_at=row.began_at, done_at=row.done_at)


async def latest_restore_at(tx: Tx) -> datetime | None:
    """When any court of the database was last taken up again."""
    row = await tx.row(sa.select(sa.func.max(restore.c.done_at).label("at")))
    return None if row is None else row.at


async def add_restore(tx: Tx, court_id: CourtId, life: int) -> None:
    await tx.insert(restore, court_id=court_id, life=life, began_at=tx.at)


async def record_restore_done(tx: Tx, court_id: CourtId, life: int) -> None:
    column = restore.c
    its_own = sa.update(restore).where(column.court_id == court_id, column.life == life)
    await tx.run(its_own.values(done_at=tx.at))
