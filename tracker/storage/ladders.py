"""Ladders in the versions that a court saved; none is ever changed or removed. Before the first, the default
is in force, as version 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from notifications.ladders import DEFAULT_LADDERS, Ladder, Urgency, ladder_from_json, ladder_to_json
from tracker.domain.ids import CourtId, PersonId
from tracker.storage.engine.memory import read_once
from tracker.storage.tables.ladders import ladder as t
from tracker.storage.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedLadder:
    """A ladder with who saved it, when and why."""

    ladder: Ladder
    reason: str
    saved_by: PersonId
    saved_at: datetime


async def add_ladder(tx: Tx, court_id: CourtId, saved: SavedLadder) -> bool:
    """False when somebody else has saved this version."""
    return await tx.insert_once(
        t,
        id=tx.entropy.new_id(),
        court_id=court_id,
        urgency=saved.ladder.urgency,
        version=saved.ladder.version,
        body=ladder_to_json(saved.ladder),
        reason=saved.reason,
        saved_by=saved.saved_by,
        saved_at=saved.saved_at,
    )


_OF_COURT: Final = (
    sa.select(t)
    .where(t.c.court_id == sa.bindparam("of_court"), t.c.urgency == sa.bindparam("of_urgency"))
    .order_by(t.c.version.desc())
)
_IN_FORCE: Final = _OF_COURT.where(t.c.saved_at <= sa.bindparam("as_of")).limit(1)


async def get_ladder(tx: Tx, court_id: CourtId, urgency: Urgency, as_of: datetime | None = None) -> Ladder:
    """The one in force now, or at a moment: the newest that the court had saved by then, else the default."""
    return await _ladder_in_force(tx, (court_id, urgency, as_of or tx.at))


@read_once(t)
async def _ladder_in_force(tx: Tx, key: tuple[CourtId, Urgency, datetime]) -> Ladder:
    court_id, urgency, as_of = key
    row = await tx.row(_IN_FORCE, of_court=court_id, of_urgency=urgency, as_of=as_of)
    return DEFAULT_LADDERS[urgency] if row is None else ladder_from_json(row.body)


async def list_versions(tx: Tx, court_id: CourtId, urgency: Urgency) -> tuple[SavedLadder, ...]:
    """Every saved version, newest first."""
    return _saved(await tx.rows(_OF_COURT, of_court=court_id, of_urgency=urgency))


def _saved(rows: Sequence[sa.Row[Any]]) -> tuple[SavedLadder, ...]:
    return tuple(
        SavedLadder(
            ladder=ladder_from_json(row.body),
            reason=row.reason,
            saved_by=PersonId(row.saved_by),
            saved_at=row.saved_at,
        )
        for row in rows
    )
