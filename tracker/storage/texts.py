"""Texts in the words that a court saved, by version; none is ever changed or removed. Before the first, and
in each part that a version leaves empty, the built-in words are in force, as version 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from notifications.texts import Language, TextId
from notifications.texts.catalogue import Phrasing
from tracker.domain.ids import CourtId, PersonId
from tracker.storage.engine.memory import read_once
from tracker.storage.tables.texts import edited_text as t
from tracker.storage.transaction import Tx


class TextKey(NamedTuple):
    """One text in one language."""

    text_id: TextId
    language: Language


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedText:
    """A version of a text with who saved it, when and why. `phrasing`: its empty parts are built in."""

    version: int
    phrasing: Phrasing
    reason: str
    saved_by: PersonId
    saved_at: datetime


async def add_text(tx: Tx, court_id: CourtId, key: TextKey, saved: SavedText) -> bool:
    """False when somebody else has saved this version."""
    return await tx.insert_once(
        t,
        id=tx.entropy.new_id(),
        court_id=court_id,
        text_id=key.text_id,
        language=key.language,
        version=saved.version,
        sms=saved.phrasing.sms or None,
        voice=saved.phrasing.voice or None,
        push_title=saved.phrasing.push_title or None,
        push_body=saved.phrasing.push_body or None,
        reason=saved.reason,
        saved_by=saved.saved_by,
        saved_at=saved.saved_at,
    )


_NEWER: Final = t.alias("newer")
_IN_FORCE: Final = sa.select(t).where(
    t.c.court_id == sa.bindparam("of_court"),
    ~sa.exists().where(
        _NEWER.c.court_id == t.c.court_id,
        _NEWER.c.text_id == t.c.text_id,
        _NEWER.c.language == t.c.language,
        _NEWER.c.version > t.c.version,
    ),
)


@read_once(t)
async def list_texts(tx: Tx, court_id: CourtId) -> Mapping[tuple[str, str], SavedText]:
    """The newest version of every text that the court has ever saved, by its `TextKey`."""
    # A text of a later release is kept for it, though this one does not know it.
    return {(row.text_id, row.language): _saved(row) for row in await tx.rows(_IN_FORCE, of_court=court_id)}


_VERSIONS: Final = (
    sa.select(t)
    .where(
        t.c.court_id == sa.bindparam("of_court"),
        t.c.text_id == sa.bindparam("of_text"),
        t.c.language == sa.bindparam("of_language"),
    )
    .order_by(t.c.version.desc())
)


async def list_versions(tx: Tx, court_id: CourtId, key: TextKey) -> tuple[SavedText, ...]:
    """Every saved version, newest first."""
    values = {"of_court": court_id, "of_text": key.text_id, "of_language": key.language}
    return tuple(_saved(row) for row in await tx.rows(_VERSIONS, **values))


def _saved(row: sa.Row[Any]) -> SavedText:
    return SavedText(
        version=row.version,
        phrasing=Phrasing(
            sms=row.sms or "",
            voice=row.voice or "",
            push_title=row.push_title or "",
            push_body=row.push_body or "",
        ),
        reason=row.reason,
        saved_by=PersonId(row.saved_by),
        saved_at=row.saved_at,
    )
