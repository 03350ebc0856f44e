"""Notices that wait, for their first try or for another: cancelled, given the newest seat, or let go once the
receipts are in.

What must not break: of a notice that may have gone out nobody writes that it was not sent. Cancelled, it goes
back to whoever sends, is looked up where it is in doubt, and is not sent again.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from notifications.channels.port import ChannelKind
from notifications.delivery import DEFINITELY_NOT_TOLD, NoticeState
from notifications.texts import TextId
from tracker.domain.ids import AlertId, EntryId, NoticeId, PersonId, SubjectId
from tracker.storage.engine.news import settling
from tracker.storage.engine.sets import is_one_of
from tracker.storage.facts_json import facts_as_json, facts_from_json
from tracker.storage.tables import notices as t
from tracker.storage.tables.alerts import alert
from tracker.storage.transaction import Tx

_MAY_HAVE_COME: Final = sa.exists().where(
    t.attempt.c.notice_id == t.notice.c.id,
    t.attempt.c.state.not_in([state.value for state in DEFINITELY_NOT_TOLD]),
)
# Nobody wants it any more; what may have come to somebody all the same is ended by whoever sends.
_CANCELLED: Final = {
    "state": sa.case((_MAY_HAVE_COME, t.notice.c.state), else_=NoticeState.CANCELLED.value),
    "cancelled_at": sa.bindparam("now"),
}


_MAY_BE_TRIED: Final = [NoticeState.DUE, NoticeState.LEASED, NoticeState.DONE, NoticeState.CARRIED]


async def cancel_waiting(
    tx: Tx, alert_id: AlertId, keep: Sequence[TextId] = (), of: Collection[PersonId] | None = None
) -> None:
    """Cancel what has not been sent for an alert, but for the texts to keep. `of` some people: that is not
    tried again to them either which is being sent just now, or was sent; for them the alert goes on.
    """
    column = t.notice.c
    theirs = sa.and_(column.alert_id == alert_id, column.text_id.not_in(list(keep)))
    if of is not None:
        await _call_off(tx, sa.and_(theirs, column.person_id.in_(sorted(of))))
        return
    await tx.run(sa.update(t.notice).where(theirs, _is_waiting()).values(_CANCELLED), now=tx.at)


async def reseat_waiting(tx: Tx, alert_id: AlertId, coach: str | None, seat: str | None) -> None:
    """What has not been sent of an alert says where the person sits now."""
    column = t.notice.c
    waiting = sa.and_(column.alert_id == alert_id, _is_waiting())
    rows = await tx.rows(sa.select(column.id, column.facts).where(waiting).order_by(column.id))
    written = []
    for row in rows:
        context = f"notice.facts:{row.id}"
        facts = facts_from_json(tx.unseal_json(row.facts, context), tx.at)
        told = tx.seal(facts_as_json(replace(facts, coach=coach, berth=seat)), context)
        written.append({"of_notice": row.id, "told": told})
    changed = sa.update(t.notice).where(column.id == sa.bindparam("of_notice"), _is_waiting())
    await tx.run_many(changed.values(facts=sa.bindparam("told")), written)


def _is_waiting() -> sa.ColumnElement[bool]:
    """The notice is to be tried, or is carried by one that nobody has tried to send."""
    column = t.notice.c
    carrier = t.notice.alias("carrier")
    tried = sa.exists().where(t.attempt.c.notice_id == carrier.c.id)
    carried = sa.exists().where(
        carrier.c.id == column.carried_by, carrier.c.state == NoticeState.DUE, sa.not_(tried)
    )
    return sa.or_(column.state == NoticeState.DUE, sa.and_(column.state == NoticeState.CARRIED, carried))


class Told(NamedTuple):
    """What one person is told of one alert by one channel."""

    alert_id: AlertId
    person_id: PersonId
    channel: ChannelKind


_MAY_STILL_BE_TRIED: Final = sa.and_(t.notice.c.cancelled_at.is_(None), t.notice.c.state.in_(_MAY_BE_TRIED))
_OF_ALERTS: Final = sa.select(
    t.notice.c.id, t.notice.c.alert_id, t.notice.c.person_id, t.notice.c.channel
).where(
    is_one_of(t.notice.c.alert_id, "alert_ids"), is_one_of(t.notice.c.text_id, "texts"), _MAY_STILL_BE_TRIED
)


async def cancel_waiting_by(tx: Tx, told: Collection[Told], texts: Sequence[TextId]) -> None:
    """Cancel what was written of these texts to these people by these channels. What is being sent just now,
    or was sent, keeps its state and is not tried again, whatever becomes of it.
    """
    alert_ids = list({one.alert_id for one in told})
    rows = await tx.rows(_OF_ALERTS, alert_ids=alert_ids, texts=list(texts))
    ids = [row.id for row in rows if (row.alert_id, row.person_id, row.channel) in told]
    if ids:
        await _call_off(tx, is_one_of(t.notice.c.id, "notice_ids"), notice_ids=ids)


_CALLED_OFF: Final = (
    sa.update(t.notice)
    .where(is_one_of(t.notice.c.id, "locked_ids"))
    .values({**_CANCELLED, "state": sa.case((_is_waiting(), _CANCELLED["state"]), else_=t.notice.c.state)})
)


async def _call_off(tx: Tx, theirs: sa.ColumnElement[bool], **values: Any) -> None:
    """Whatever it is doing, it is not tried again. `values`: of the parameters of the condition."""
    # In the order of those who record what became of several.
    in_order = sa.select(t.notice.c.id).where(theirs, _MAY_STILL_BE_TRIED).order_by(t.notice.c.id)
    locked = await tx.rows(in_order.with_for_update(key_share=True), **values)
    await tx.run(_CALLED_OFF, locked_ids=[row.id for row in locked], now=tx.at)


async def cancel_untried(tx: Tx, notice_ids: Collection[NoticeId]) -> int:
    """Cancel those of the notices that nobody has tried to send; how many they were."""
    column = t.notice.c
    tried = sa.exists().where(t.attempt.c.notice_id == column.id)
    untried = sa.and_(column.id.in_(sorted(notice_ids)), column.state == NoticeState.DUE, sa.not_(tried))
    return await tx.run(settling(sa.update(t.notice).where(untried).values(_CANCELLED)), now=tx.at)


_IS_OF_MOVED: Final = is_one_of(t.notice.c.entry_id, "moved_ids")
_FOR_ENTRY: Final = settling(
    sa.update(t.notice)
    .where(is_one_of(t.notice.c.entry_id, "entry_ids"), t.notice.c.state == NoticeState.DUE)
    .where(sa.or_(_IS_OF_MOVED, t.notice.c.subject_id.is_not(None)))
    .values(_CANCELLED)
)


async def cancel_waiting_for_entries(
    tx: Tx, moved: Collection[EntryId], others: Collection[EntryId] = ()
) -> None:
    """The entries have moved: what was still to be said about them is not true any more, nor what was to be
    said to their subjects about the other entries.
    """
    await tx.run_late(_FOR_ENTRY, moved_ids=list(moved), entry_ids=[*moved, *others], now=tx.at)


async def release_awaiting_receipts(tx: Tx, subject_id: SubjectId) -> None:
    """All receipts are in: what waited for them is due now."""
    column = t.notice.c
    alerts_of = sa.select(alert.c.id).where(alert.c.subject_id == subject_id)
    await tx.run(
        sa.update(t.notice)
        .where(column.state == NoticeState.DUE, column.awaits_receipts, column.due_at > tx.at)
        .where(sa.or_(column.subject_id == subject_id, column.alert_id.in_(alerts_of)))
        .values(due_at=tx.at)
    )


async def list_subjects_awaiting_receipts(tx: Tx) -> tuple[SubjectId, ...]:
    """Whose notices wait for the receipts of a withdrawal."""
    column = t.notice.c
    rows = await tx.rows(
        sa.select(sa.func.coalesce(column.subject_id, alert.c.subject_id).label("subject_id"))
        .distinct()
        .join(alert, alert.c.id == column.alert_id, isouter=True)
        .where(column.state == NoticeState.DUE, column.awaits_receipts, column.due_at > tx.at)
    )
    return tuple(SubjectId(row.subject_id) for row in rows)
