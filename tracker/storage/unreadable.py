"""Rows that cannot be read: sealed by a key that is not there, or written by another release. Each is its own
trouble, and nobody else's.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa

from tracker.domain.ids import NoticeId, PersonId

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """What is still known of a row that cannot be read. `kind`: notice, attempt, reply or callback;
    `notice_id` of the first two.
    """

    at: datetime
    kind: str
    key: str
    person_id: PersonId | None = None
    notice_id: NoticeId | None = None


def read_each(
    rows: Iterable[sa.Row[Any]], read: Callable[[sa.Row[Any]], T]
) -> tuple[tuple[T, ...], tuple[tuple[sa.Row[Any], Exception], ...]]:
    """What can be read, in the order of the rows, and the rows that cannot be, each with its error."""
    found: list[T] = []
    unreadable: list[tuple[sa.Row[Any], Exception]] = []
    for row in rows:
        try:
            found.append(read(row))
        except Exception as error:
            # Whatever it is: reading a row that is here touches nothing but the row.
            unreadable.append((row, error))
    return tuple(found), tuple(unreadable)
