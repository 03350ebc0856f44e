"""Notices and their attempts. Texts and facts are sealed; every final write filters on the lease."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

import sqlalchemy as sa

from notifications.channels.port import ChannelKind
from notifications.delivery import DEFINITELY_NOT_TOLD, NoticeState
from notifications.texts import Facts, Language, TextId
from tracker.domain.ids import AlertId, CourtId, EntryId, LeaseToken, NoticeId, PersonId, SubjectId
from tracker.storage.engine.memory import read_once
from tracker.storage.engine.news import settling
from tracker.storage.engine.sets import by_column, is_one_of
from tracker.storage.facts_json import facts_as_json, facts_from_json
from tracker.storage.leases import RELEASED, is_free
from tracker.storage.tables import notices as t
from tracker.storage.transaction import Tx
from tracker.storage.unreadable import read_each


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One message to one person on one channel. Either `person_id` or `subject_id` (who paid) is set, but of
    probes, and either `alert_id` or `entry_id` is what it is about.
    """

    notice_id: NoticeId
    court_id: CourtId
    alert_id: AlertId | None
    person_id: PersonId | None
    subject_id: SubjectId | None
    text_id: TextId
    channel: ChannelKind
    language: Language
    facts: Facts
    silent: bool
    priority: int
    state: NoticeState
    created_at: datetime
    due_at: datetime
    expires_at: datetime
    awaits_receipts: bool
    answered_at: datetime | None
    correlation: str | None = None
    entry_id: EntryId | None = None
    carried_by: NoticeId | None = None
    """The notice that stands for this one and others."""
    cancelled_at: datetime | None = None
    """Since when nobody wants it. What may have gone out by then keeps its state until that is found out."""


async def add_notice(tx: Tx, notice: Notice) -> None:
    await add_notices(tx, [notice])


async def add_notices(tx: Tx, written: Sequence[Notice]) -> None:
    await tx.insert_many(t.notice, [{**as_row(tx, notice), **RELEASED} for notice in written])


async def has_text(
    tx: Tx, person_id: PersonId, texts: Collection[TextId], channel: ChannelKind, since: datetime
) -> bool:
    """Whether one of these texts, due since a moment, goes or went to a person by a channel."""
    column = t.notice.c
    query = sa.select(column.id).where(
        column.state.in_([NoticeState.DUE, NoticeState.LEASED, NoticeState.DONE]),
        column.due_at >= since,
        column.person_id == person_id,
        column.text_id.in_(sorted(texts)),
        column.channel == channel,
    )
    return await tx.row(query.limit(1)) is not None


async def list_of_person(
    tx: Tx, person_id: PersonId, texts: Collection[TextId], since: datetime
) -> tuple[Notice, ...]:
    """The notices of these texts to a person, due since a moment, in the order they were made; those that can
    be read.
    """
    column = t.notice.c
    query = sa.select(t.notice).where(
        column.state.in_(list(NoticeState)),
        column.due_at >= since,
        column.person_id == person_id,
        column.text_id.in_(sorted(texts)),
    )
    return _readable(tx, await tx.rows(query.order_by(column.id)))


async def list_with_text(tx: Tx, court_id: CourtId, text_id: TextId, since: datetime) -> tuple[Notice, ...]:
    """A court's notices of one text, due since a moment, in the order they were made; those that can be
    read.
    """
    column = t.notice.c
    query = sa.select(t.notice).where(
        column.state.in_(list(NoticeState)),
        column.due_at >= since,
        column.court_id == court_id,
        column.text_id == text_id,
    )
    return _readable(tx, await tx.rows(query.order_by(column.created_at, column.id)))


def as_row(tx: Tx, notice: Notice) -> dict[str, Any]:
    """Without its lease."""
    key = notice.notice_id
    return {
        "id": key,
        "court_id": notice.court_id,
        "alert_id": notice.alert_id,
        "person_id": notice.person_id,
        "subject_id": notice.subject_id,
        "entry_id": notice.entry_id,
        "text_id": notice.text_id,
        "channel": notice.channel,
        "language": notice.language,
        "facts": tx.seal(facts_as_json(notice.facts), f"notice.facts:{key}"),
        "silent": notice.silent,
        "priority": notice.priority,
        "state": notice.state,
        "created_at": notice.created_at,
        "due_at": notice.due_at,
        "expires_at": notice.expires_at,
        "awaits_receipts": notice.awaits_receipts,
        "correlation": notice.correlation,
        "carried_by": notice.carried_by,
    }


def read_notice(tx: Tx, row: sa.Row[tuple[object, ...]]) -> Notice:
    """Its facts as they are said now. Raises when the row was sealed by a key that is not there, or written
    by another release.
    """
    return Notice(
        notice_id=NoticeId(row.id),
        court_id=CourtId(row.court_id),
        alert_id=row.alert_id,
        person_id=row.person_id,
        subject_id=row.subject_id,
        text_id=TextId(row.text_id),
        channel=ChannelKind(row.channel),
        language=Language(row.language),
        facts=facts_from_json(tx.unseal_json(row.facts, f"notice.facts:{row.id}"), tx.at),
        silent=row.silent,
        priority=row.priority,
        state=NoticeState(row.state),
        created_at=row.created_at,
        due_at=row.due_at,
        expires_at=row.expires_at,
        awaits_receipts=row.awaits_receipts,
        answered_at=row.answered_at,
        correlation=row.correlation,
        entry_id=row.entry_id,
        carried_by=row.carried_by,
        cancelled_at=row.cancelled_at,
    )


async def get_notice(tx: Tx, notice_id: NoticeId) -> Notice:
    rows = await tx.rows(sa.select(t.notice).where(t.notice.c.id == notice_id))
    return read_notice(tx, rows[0])


def is_unfinished() -> sa.ColumnElement[bool]:
    """Waiting, or left behind by a worker whose lease ran out."""
    return sa.and_(t.IS_WAITING, is_free(t.notice))


_NEXT_DUE: Final = sa.select(sa.func.min(t.notice.c.due_at)).where(is_unfinished())


async def next_notice_due(tx: Tx) -> datetime | None:
    """When the earliest notice that nobody works on is due. Read once, and again after a change of any."""
    known = tx.memory.find(next_notice_due.__name__)
    if known is None:
        row = await tx.row(_NEXT_DUE)
        known = (None if row is None else row[0],)
        tx.memory.keep(next_notice_due.__name__, [t.notice], known[0])
    due_at: datetime | None = known[0]
    return due_at


async def holds_lease(tx: Tx, notice_id: NoticeId, token: LeaseToken) -> bool:
    """Whether the lease is still mine; the row stays locked, so that it is until the transaction ends."""
    column = t.notice.c
    mine = sa.select(column.id).where(column.id == notice_id, column.lease_token == token)
    return await tx.row(mine.with_for_update(key_share=True)) is not None


_MINE: Final = sa.and_(is_one_of(t.notice.c.id, "notice_ids"), is_one_of(t.notice.c.lease_token, "tokens"))
_HELD: Final = (
    sa.select(t.notice.c.id, t.notice.c.lease_token)
    .where(_MINE)
    .order_by(t.notice.c.id)
    .with_for_update(key_share=True)
)
_DONE: Final = settling(sa.update(t.notice).where(_MINE).values(state=NoticeState.DONE, **RELEASED))


async def lock_held(tx: Tx, leases: Mapping[NoticeId, LeaseToken]) -> frozenset[NoticeId]:
    """Those of the notices whose lease is still ours; their rows stay locked until the transaction ends."""
    rows = await tx.rows(_HELD, notice_ids=list(leases), tokens=list(set(leases.values())))
    return frozenset(NoticeId(row.id) for row in rows if leases[NoticeId(row.id)] == row.lease_token)


async def record_done(tx: Tx, leases: Mapping[NoticeId, LeaseToken]) -> None:
    """End the work on leased notices."""
    await tx.run(_DONE, notice_ids=list(leases), tokens=list(set(leases.values())))


async def record_notice(tx: Tx, notice_id: NoticeId, state: NoticeState, token: LeaseToken) -> bool:
    """End the work on a leased notice; False when the lease went to somebody else."""
    column = t.notice.c
    mine = sa.and_(column.id == notice_id, column.lease_token == token)
    return await tx.run(sa.update(t.notice).where(mine).values(state=state, **RELEASED)) == 1


async def postpone_notice(tx: Tx, notice_id: NoticeId, due_at: datetime, token: LeaseToken) -> None:
    """Try a leased notice again later."""
    column = t.notice.c
    mine = sa.and_(column.id == notice_id, column.lease_token == token)
    await tx.run(sa.update(t.notice).where(mine).values(state=NoticeState.DUE, due_at=due_at, **RELEASED))


async def reopen_notice(tx: Tx, notice_id: NoticeId) -> None:
    """What was sent has not arrived: whoever claims the notice looks for another way."""
    column = t.notice.c
    ended = sa.and_(column.id == notice_id, column.state == NoticeState.DONE)
    await tx.run(sa.update(t.notice).where(ended).values(state=NoticeState.DUE, due_at=tx.at))


async def list_waiting(tx: Tx, alert_id: AlertId, text_id: TextId) -> tuple[Notice, ...]:
    """What nobody can have got yet of a text of an alert, oldest first."""
    column = t.notice.c
    waiting = sa.and_(column.alert_id == alert_id, column.text_id == text_id, column.state == NoticeState.DUE)
    waiting = sa.and_(waiting, column.cancelled_at.is_(None), sa.not_(_was_sent(t.notice)))
    return tuple(
        read_notice(tx, row) for row in await tx.rows(sa.select(t.notice).where(waiting).order_by(column.id))
    )


_LATER: Final = t.notice.alias("later")
_OVERTAKEN: Final = sa.select(t.notice.c.id).where(
    is_one_of(t.notice.c.id, "notice_ids"),
    sa.exists().where(
        _LATER.c.alert_id == t.notice.c.alert_id,
        _LATER.c.created_at > t.notice.c.created_at,
        is_one_of(_LATER.c.text_id, "texts"),
    ),
)


async def list_overtaken(tx: Tx, of: Sequence[Notice], texts: Collection[TextId]) -> frozenset[NoticeId]:
    """Those after which somebody was to be told one of these texts about the same alert."""
    if not of:
        return frozenset()
    ids = [one.notice_id for one in of]
    return frozenset(
        NoticeId(row.id) for row in await tx.rows(_OVERTAKEN, notice_ids=ids, texts=sorted(texts))
    )


async def list_notices(tx: Tx, alert_id: AlertId) -> tuple[Notice, ...]:
    """The notices of an alert that can be read, in the order they were made."""
    of_alert = sa.select(t.notice).where(t.notice.c.alert_id == alert_id).order_by(t.notice.c.id)
    return _readable(tx, await tx.rows(of_alert))


def _readable(tx: Tx, rows: Sequence[sa.Row[Any]]) -> tuple[Notice, ...]:
    return read_each(rows, partial(read_notice, tx))[0]


def _was_told() -> sa.ColumnElement[bool]:
    return _holds_of(lambda notice: sa.or_(notice.c.state == NoticeState.LEASED, _was_sent(notice)))


def _holds_of(is_so: Callable[[sa.FromClause], sa.ColumnElement[bool]]) -> sa.ColumnElement[bool]:
    """Of the notice itself, or of the one that stands for it."""
    carrier = t.notice.alias("carrier")
    carried = sa.exists().where(carrier.c.id == t.notice.c.carried_by, is_so(carrier))
    return sa.or_(is_so(t.notice), sa.and_(t.notice.c.state == NoticeState.CARRIED, carried))


def _was_sent(notice: sa.FromClause) -> sa.ColumnElement[bool]:
    """It has an attempt that did not definitely fail."""
    attempt = t.attempt.c
    lost = [state.value for state in DEFINITELY_NOT_TOLD]
    return sa.exists().where(attempt.notice_id == notice.c.id, attempt.state.not_in(lost))


async def list_sent(tx: Tx, alert_id: AlertId, person_id: PersonId) -> tuple[Notice, ...]:
    """What the person may have got of an alert, in the order it was made; not what is still to go out."""
    column = t.notice.c
    query = sa.select(t.notice).where(
        column.alert_id == alert_id, column.person_id == person_id, _holds_of(_was_sent)
    )
    return tuple(read_notice(tx, row) for row in await tx.rows(query.order_by(column.id)))


_TOLD: Final = (
    sa.select(t.notice.c.alert_id, t.notice.c.person_id, sa.func.min(t.notice.c.id).label("first"))
    .where(is_one_of(t.notice.c.alert_id, "alert_ids"), t.notice.c.person_id.is_not(None), _was_told())
    .group_by(t.notice.c.alert_id, t.notice.c.person_id)
    .order_by("first")
)


@read_once(t.notice, t.attempt)
async def list_told(tx: Tx, alert_id: AlertId) -> tuple[PersonId, ...]:
    """Everyone with an attempt that did not definitely fail, leased and unknown included,
    first told first.
    """
    return tuple(PersonId(row.person_id) for row in await tx.rows(_TOLD, alert_ids=[alert_id]))


async def remember_told(tx: Tx, alert_ids: Collection[AlertId]) -> None:
    """Read several at once, for `list_told`."""
    told = by_column(await tx.rows(_TOLD, alert_ids=list(alert_ids)), "alert_id")
    for alert_id in alert_ids:
        people = tuple(PersonId(row.person_id) for row in told[alert_id])
        tx.memory.keep((list_told.__name__, alert_id), [t.notice, t.attempt], people)


async def list_told_ways(
    tx: Tx, alert_id: AlertId, *, but: Collection[TextId] = ()
) -> dict[PersonId, tuple[ChannelKind, ...]]:
    """The same people by texts other than these, with the channels by which they may have been told."""
    notice = t.notice.c
    rows = await tx.rows(
        sa.select(notice.person_id, notice.channel, sa.func.min(notice.id).label("first"))
        .where(notice.alert_id == alert_id, notice.person_id.is_not(None), _was_told())
        .where(notice.text_id.not_in(sorted(but)))
        .group_by(notice.person_id, notice.channel)
        .order_by("first")
    )
    ways: dict[PersonId, tuple[ChannelKind, ...]] = {}
    for row in rows:
        ways[row.person_id] = (*ways.get(row.person_id, ()), ChannelKind(row.channel))
    return ways


async def list_addressed(tx: Tx, alert_id: AlertId) -> tuple[PersonId, ...]:
    """Everyone who was told or is about to be, in the order they were written to."""
    notice = t.notice.c
    states = [NoticeState.DUE, NoticeState.LEASED, NoticeState.DONE, NoticeState.CARRIED]
    rows = await tx.rows(
        sa.select(notice.person_id, sa.func.min(notice.id).label("first"))
        .where(notice.alert_id == alert_id, notice.person_id.is_not(None), notice.state.in_(states))
        .group_by(notice.person_id)
        .order_by("first")
    )
    return tuple(PersonId(row.person_id) for row in rows)


async def last_written_at(tx: Tx, alert_id: AlertId, text_id: TextId) -> datetime | None:
    """When somebody was last to be told a text of an alert, whether it can be read or not."""
    of_text = sa.and_(t.notice.c.alert_id == alert_id, t.notice.c.text_id == text_id)
    row = await tx.row(sa.select(sa.func.max(t.notice.c.created_at)).where(of_text))
    return None if row is None else row[0]


async def last_sent_at(
    tx: Tx, alert_id: AlertId, person_id: PersonId, texts: Sequence[TextId]
) -> datetime | None:
    """When the person last got one of these texts of an alert."""
    notice, attempt = t.notice.c, t.attempt.c
    row = await tx.row(
        sa.select(sa.func.max(attempt.submitted_at))
        .join(t.notice, notice.id == attempt.notice_id)
        .where(notice.alert_id == alert_id, notice.person_id == person_id, notice.text_id.in_(list(texts)))
    )
    return None if row is None else row[0]


async def record_answered(tx: Tx, notice_ids: Collection[NoticeId]) -> None:
    """The person whom they were for answered these notices."""
    column = t.notice.c
    await tx.run(
        sa.update(t.notice)
        .where(is_one_of(column.id, "notice_ids"), column.answered_at.is_(None))
        .values(answered_at=tx.at),
        notice_ids=list(notice_ids),
    )
