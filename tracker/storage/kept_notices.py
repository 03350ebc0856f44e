"""Notices for those who look at what is kept: what cannot be read is listed as such."""

from collections.abc import Collection
from functools import partial
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from notifications.channels.port import ChannelKind
from notifications.delivery import NoticeState
from tracker.domain.ids import AlertId, NoticeId
from tracker.storage.notices import Notice, read_notice
from tracker.storage.tables import notices as t
from tracker.storage.tables.court import person
from tracker.storage.transaction import Tx
from tracker.storage.unreadable import Unreadable, read_each


class Addressee(NamedTuple):
    """Where a notice goes, whether the rest of it can be read or not. `phone`: of one of the court's people;
    `correlation`: of the card use that it comes from.
    """

    channel: ChannelKind
    phone: str | None
    correlation: str | None


_ADDRESSEE: Final = (
    sa.select(t.notice.c.channel, t.notice.c.correlation, t.notice.c.person_id, person.c.phone)
    .join(person, person.c.id == t.notice.c.person_id, isouter=True)
    .where(t.notice.c.id == sa.bindparam("of_notice"))
)


async def get_addressee(tx: Tx, notice_id: NoticeId) -> Addressee:
    (row,) = await tx.rows(_ADDRESSEE, of_notice=notice_id)
    phone = None if row.phone is None else tx.unseal(row.phone, f"person.phone:{row.person_id}")
    return Addressee(ChannelKind(row.channel), phone, row.correlation)


async def list_unreadable(tx: Tx, alert_id: AlertId) -> tuple[Unreadable, ...]:
    """The notices of an alert that cannot be read, in the order they were made."""
    _, unreadable = await _list(tx, t.notice.c.alert_id == alert_id)
    return unreadable


_PUT_OFF: Final = sa.and_(t.notice.c.state == NoticeState.DUE, t.notice.c.lease_token.is_not(None))
"""Who put it off left the lease on it."""


async def list_to_come(tx: Tx, alert_id: AlertId) -> tuple[Notice, ...]:
    """The notices of an alert that still go out by themselves; not what could not be read or said."""
    column = t.notice.c
    waits = sa.and_(column.alert_id == alert_id, column.state == NoticeState.DUE, sa.not_(_PUT_OFF))
    found, _ = await _list(tx, sa.and_(waits, column.cancelled_at.is_(None)))
    return found


async def list_carriers(
    tx: Tx, carried: Collection[Notice]
) -> tuple[tuple[Notice, ...], tuple[Unreadable, ...]]:
    """The notices that stand for some of these, and those of them that cannot be read."""
    ids = sorted({one.carried_by for one in carried if one.carried_by is not None})
    return await _list(tx, t.notice.c.id.in_(ids))


async def _list(tx: Tx, which: sa.ColumnElement[bool]) -> tuple[tuple[Notice, ...], tuple[Unreadable, ...]]:
    rows = await tx.rows(sa.select(t.notice).where(which).order_by(t.notice.c.id))
    found, unreadable = read_each(rows, partial(read_notice, tx))
    return found, tuple(_unreadable(row) for row, _ in unreadable)


def _unreadable(row: sa.Row[Any]) -> Unreadable:
    notice_id = NoticeId(row.id)
    return Unreadable(
        at=row.created_at, kind="notice", key=row.id, person_id=row.person_id, notice_id=notice_id
    )
