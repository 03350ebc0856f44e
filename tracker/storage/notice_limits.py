"""How often a person may be paged, by court and channel; and how often people were, lately."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final, NamedTuple

import sqlalchemy as sa

from notifications.channels.port import ChannelKind
from notifications.delivery import NoticeState
from notifications.texts import TextId
from notifications.throttle import DEFAULT_LIMITS, OF_DRILLS, Limits
from tracker.domain.ids import AlertId, CourtId, NoticeId, PersonId
from tracker.storage.engine.memory import read_once
from tracker.storage.engine.sets import is_one_of
from tracker.storage.notices import Notice, read_notice
from tracker.storage.tables import notices as t
from tracker.storage.tables.court import person
from tracker.storage.transaction import Tx


class Way(NamedTuple):
    """One person on one channel."""

    person_id: PersonId
    channel: ChannelKind


async def list_limits(tx: Tx, court_id: CourtId) -> Mapping[ChannelKind, Limits]:
    """The court's own, and the defaults where it has none."""
    rows = await tx.rows(sa.select(t.notice_limit).where(t.notice_limit.c.court_id == court_id))
    own = {
        ChannelKind(row.channel): Limits(
            a_day=row.a_day, alone=row.alone, burst_s=row.burst_s, wait_s=row.wait_s
        )
        for row in rows
    }
    return {**DEFAULT_LIMITS, **own}


async def put_limits(tx: Tx, court_id: CourtId, channel: ChannelKind, limits: Limits) -> None:
    """The court's own limits of a channel from now on."""
    column = t.notice_limit.c
    await tx.run(sa.delete(t.notice_limit).where(column.court_id == court_id, column.channel == channel))
    await tx.insert(
        t.notice_limit,
        court_id=court_id,
        channel=channel,
        a_day=limits.a_day,
        alone=limits.alone,
        burst_s=limits.burst_s,
        wait_s=limits.wait_s,
    )


_GOES_OUT: Final = t.notice.c.state.in_([NoticeState.DUE, NoticeState.LEASED, NoticeState.DONE])
_IS_COUNTED: Final = sa.and_(
    t.notice.c.text_id.not_in(sorted(OF_DRILLS)),
    t.notice.c.due_at > sa.bindparam("since"),
    t.notice.c.due_at <= sa.bindparam("at"),
)
_LATELY: Final = sa.and_(is_one_of(t.notice.c.person_id, "person_ids"), _GOES_OUT, _IS_COUNTED)
_BY: Final = (
    sa.select(t.notice.c.person_id, t.notice.c.channel, t.notice.c.alert_id)
    .distinct()
    .where(_LATELY, t.notice.c.alert_id.is_not(None))
    .subquery("by")
)
_NUMBERED: Final = sa.select(
    _BY, sa.func.row_number().over(partition_by=(_BY.c.person_id, _BY.c.channel)).label("number")
).subquery("numbered")
_PAGED: Final = sa.select(_NUMBERED).where(_NUMBERED.c.number <= sa.bindparam("at_most", type_=sa.Integer()))
_FIRST: Final = (
    sa.select(t.notice.c.id)
    .where(
        t.notice.c.person_id == person.c.id,
        t.notice.c.channel == sa.bindparam("by_channel"),
        _GOES_OUT,
        _IS_COUNTED,
    )
    .limit(sa.bindparam("at_most", type_=sa.Integer()))
    .correlate(person)
    .subquery("first")
)
_SENT: Final = sa.select(
    person.c.id, sa.select(sa.func.count()).select_from(_FIRST).scalar_subquery().label("sent")
).where(is_one_of(person.c.id, "person_ids"))


async def list_paged(
    tx: Tx, person_ids: Collection[PersonId], since: datetime, at_most: int
) -> dict[Way, frozenset[AlertId]]:
    """Which alerts have paged people since a moment, so many of each person on a channel at most: of
    thousands the rest would change nothing.
    """
    paged: dict[Way, set[AlertId]] = {}
    asked = {"person_ids": list(person_ids), "since": since, "at": tx.at, "at_most": at_most}
    for row in await tx.rows(_PAGED, **asked):
        paged.setdefault(Way(row.person_id, ChannelKind(row.channel)), set()).add(AlertId(row.alert_id))
    return {way: frozenset(alerts) for way, alerts in paged.items()}


async def count_sent(
    tx: Tx, channel: ChannelKind, person_ids: Collection[PersonId], since: datetime, at_most: int
) -> dict[Way, int]:
    """How many messages people have got by a channel since a moment, or are about to get: of each person as
    many as that at most.
    """
    asked = {"person_ids": list(person_ids), "by_channel": channel, "since": since, "at": tx.at}
    rows = await tx.rows(_SENT, **asked, at_most=at_most)
    return {Way(PersonId(row.id), channel): row.sent for row in rows}


async def lock_carrier(tx: Tx, way: Way) -> NoticeId | None:
    """The text to this person that waits to stand for several, if nobody else is at it.

    What was tried may have come without those that are written now: it takes no more.
    """
    column = t.notice.c
    tried = sa.exists().where(t.attempt.c.notice_id == column.id)
    waiting = sa.and_(
        column.person_id == way.person_id,
        column.channel == way.channel,
        column.text_id == TextId.MORE_ALERTS,
        column.state == NoticeState.DUE,
        sa.not_(tried),
    )
    query = sa.select(column.id).where(waiting).order_by(column.id).limit(1)
    row = await tx.row(query.with_for_update(skip_locked=True, key_share=True))
    return None if row is None else NoticeId(row.id)


_CARRIED: Final = (
    sa.select(t.notice)
    .where(t.notice.c.carried_by == sa.bindparam("carrier"), t.notice.c.state == NoticeState.CARRIED)
    .order_by(t.notice.c.id)
)


@read_once(t.notice)
async def list_carried(tx: Tx, carrier: NoticeId) -> tuple[Notice, ...]:
    """The notices for which another stands, and which are wanted still: thousands, when that many page one
    person at once.
    """
    return tuple([read_notice(tx, row) for row in await tx.rows(_CARRIED, carrier=carrier)])
