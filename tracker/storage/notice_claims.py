"""Claims the notices that are due. A row that cannot be read keeps no other from going out."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Final

import sqlalchemy as sa

from notifications.delivery import NoticeState
from tracker.domain.ids import LeaseToken, NoticeId
from tracker.storage.engine.news import settling
from tracker.storage.engine.sets import is_found_by, is_one_of
from tracker.storage.leases import is_free, leased, leased_from_now
from tracker.storage.notices import Notice, as_row, is_unfinished, next_notice_due, read_notice
from tracker.storage.tables import notices as t
from tracker.storage.tables.alerts import alert
from tracker.storage.transaction import Tx
from tracker.storage.unreadable import read_each


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The notices that were leased, the most urgent first. `unreadable`: those whose rows cannot be read,
    each with its error.
    """

    notices: tuple[Notice, ...] = ()
    unreadable: Mapping[NoticeId, Exception] = field(default_factory=dict)


_OLDEST_WAITING: Final = sa.select(sa.func.min(t.notice.c.due_at)).where(
    t.notice.c.state.in_([NoticeState.DUE, NoticeState.LEASED]),
    sa.or_(t.notice.c.state == NoticeState.DUE, is_free(t.notice)),
)


async def oldest_waiting_at(tx: Tx) -> datetime | None:
    """Since when the oldest notice has waited, or will wait, what was put off among them."""
    row = await tx.row(_OLDEST_WAITING)
    return None if row is None else row[0]


_IS_DUE: Final = sa.and_(is_unfinished(), t.notice.c.due_at <= sa.bindparam("at"))
_DUE: Final = (
    sa.select(t.notice.c.id, t.notice.c.alert_id)
    .where(_IS_DUE)
    .order_by(t.notice.c.priority, t.notice.c.due_at, t.notice.c.id)
    .limit(sa.bindparam("at_most", type_=sa.Integer()))
    .with_for_update(skip_locked=True, key_share=True)
    .cte("due")
)
# Those that nobody is moving, locked before their notices: whoever moves an alert goes on to its notices.
# Notices of the others wait for the next round: what is being decided is not yet to be sent.
_IDLE: Final = (
    sa.select(alert.c.id)
    .where(is_found_by(alert.c.id, sa.select(_DUE.c.alert_id)))
    .order_by(alert.c.id)
    .with_for_update(skip_locked=True, key_share=True)
    .cte("idle")
)
_FREE: Final = sa.select(_DUE.c.id).where(
    sa.or_(_DUE.c.alert_id.is_(None), _DUE.c.alert_id.in_(sa.select(_IDLE.c.id)))
)
_CLAIM: Final = settling(
    sa.update(t.notice)
    .where(is_found_by(t.notice.c.id, _FREE))
    .values(state=NoticeState.LEASED, **leased(sa.bindparam("token")))
    .returning(t.notice)
)


async def claim_due_notices(tx: Tx, token: LeaseToken, limit: int) -> Claim:
    """Lease what is due, the most urgent first; what a late worker left behind is looked up before it is
    sent again. The alerts of what was claimed stay locked until the transaction ends.
    """
    rows = await tx.rows(_CLAIM, at=tx.at, at_most=limit, token=token)
    found, unreadable = read_each(rows, partial(read_notice, tx))
    in_order = sorted(found, key=lambda one: (one.priority, one.due_at, one.notice_id))
    return Claim(notices=tuple(in_order), unreadable={NoticeId(row.id): error for row, error in unreadable})


async def add_claimed_notices(tx: Tx, written: Sequence[Notice], token: LeaseToken) -> None:
    """Write notices as claimed from the beginning, beside those of `add_notices`."""
    claim = {"state": NoticeState.LEASED, **await leased_from_now(tx, token)}
    await tx.insert_many(t.notice, [{**as_row(tx, notice), **claim} for notice in written])


def expect_more_due(tx: Tx) -> None:
    """After a claim of as many as it might take: to look for the next is to look through all."""
    tx.memory.keep(next_notice_due.__name__, [t.notice], tx.at)


_PUT_OFF: Final = settling(
    sa.update(t.notice)
    .where(is_one_of(t.notice.c.id, "notice_ids"), t.notice.c.lease_token == sa.bindparam("token"))
    .values(state=NoticeState.DUE)
)


async def put_off_notices(tx: Tx, notice_ids: Collection[NoticeId], token: LeaseToken) -> None:
    """Leased notices wait again, as late as they are. Their lease stays, so that nobody claims them before it
    runs out.
    """
    await tx.run(_PUT_OFF, notice_ids=list(notice_ids), token=token)
