"""Alerts with their plan and the entries they stand on."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from schemas.messages import Itinerary, SightingKind
from tracker.domain.alerts import Alert, AlertState, Outcome, Side
from tracker.domain.errors import NotFound
from tracker.domain.ids import AlertId, CourtId, EntryId, SubjectId
from tracker.domain.plans import DEFAULT_LEAD, Plan, Urgency
from tracker.storage.engine.memory import read_once
from tracker.storage.engine.sets import by_column, is_one_of
from tracker.storage.entry_locks import lock_entries_of_subjects
from tracker.storage.tables import alerts as t
from tracker.storage.tables.cases import watch_entry
from tracker.storage.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAlert:
    """How an open alert stands. `is_taken`: as a whole, or by both sides."""

    urgency: Urgency
    is_taken: bool


def _plan_as_json(plan: Plan) -> dict[str, Any]:
    return {
        "kind": plan.kind,
        "itinerary": plan.itinerary.model_dump(mode="json") if plan.itinerary else None,
        "seen_at": plan.seen_at.isoformat(),
        "seen_place": plan.seen_place,
        "seen_city": plan.seen_city,
        "act_place": plan.act_place,
        "act_at": plan.act_at.isoformat(),
        "useful_until": plan.useful_until.isoformat(),
        "lead_s": plan.lead.total_seconds(),
    }


def _plan_from_json(value: dict[str, Any]) -> Plan:
    journey = value["itinerary"]
    return Plan(
        kind=SightingKind(value["kind"]),
        itinerary=Itinerary.model_validate(journey, strict=False) if journey else None,
        seen_at=datetime.fromisoformat(value["seen_at"]),
        seen_place=value["seen_place"],
        seen_city=value["seen_city"],
        act_place=value["act_place"],
        act_at=datetime.fromisoformat(value["act_at"]),
        useful_until=datetime.fromisoformat(value["useful_until"]),
        # Plans from before a lead could be chosen have none.
        lead=timedelta(seconds=value["lead_s"]) if "lead_s" in value else DEFAULT_LEAD,
    )


async def add_alert(tx: Tx, alert: Alert) -> None:
    """Open an alert; `one_open_alert_per_subject` refuses a second."""
    await tx.insert(
        t.alert,
        id=alert.alert_id,
        court_id=alert.court_id,
        subject_id=alert.subject_id,
        is_drill=alert.is_drill,
        **_values(tx, alert),
    )
    await add_entries(tx, alert.alert_id, alert.entry_ids)


async def add_entries(tx: Tx, alert_id: AlertId, entry_ids: tuple[EntryId, ...]) -> None:
    for entry_id in entry_ids:
        await tx.insert(t.alert_entry, alert_id=alert_id, entry_id=entry_id)


def _values(tx: Tx, alert: Alert) -> dict[str, Any]:
    return {
        "state": alert.state,
        "paused": alert.paused,
        "plan": tx.seal_json(_plan_as_json(alert.plan), f"alert.plan:{alert.alert_id}"),
        "plan_version": alert.plan_version,
        "urgency": alert.urgency,
        "ladder": alert.ladder,
        "act_from": alert.plan.act_from,
        "useful_until": alert.plan.useful_until,
        "raised_at": alert.raised_at,
        "closed_at": alert.closed_at,
        "outcome": alert.outcome,
        "version": alert.version,
        "correlation": alert.correlation,
    }


async def record_alert(tx: Tx, alert: Alert) -> bool:
    """Write a moved alert; False when it moved meanwhile (its version went on)."""
    column = t.alert.c
    moved = sa.update(t.alert).where(column.id == alert.alert_id, column.version == alert.version - 1)
    return await tx.run(moved.values(**_values(tx, alert))) == 1


@read_once(t.alert, t.alert_entry)
async def get_alert(tx: Tx, alert_id: AlertId) -> Alert:
    return _only(await _read(tx, _select(t.alert.c.id == alert_id)))


async def lock_alert(tx: Tx, alert_id: AlertId) -> Alert:
    """The alert, locked until the transaction ends: for who is about to move it.

    Its subject is locked before it, as everywhere: two who lock the same in another order wait for ever.
    """
    await _lock_subject(tx, sa.select(t.alert.c.subject_id).where(t.alert.c.id == alert_id))
    return _only(await _read(tx, _select(t.alert.c.id == alert_id).with_for_update(key_share=True)))


_SUBJECTS_OF: Final = sa.select(t.alert.c.subject_id).where(is_one_of(t.alert.c.id, "alert_ids"))
_THESE: Final = (
    sa.select(t.alert)
    .where(is_one_of(t.alert.c.id, "alert_ids"))
    .order_by(t.alert.c.id)
    .with_for_update(key_share=True)
)


async def lock_alerts(tx: Tx, alert_ids: Collection[AlertId]) -> dict[AlertId, Alert]:
    """Several alerts, locked in the one order, the entries of all their subjects before them. Raises NotFound
    when one is not there.
    """
    rows = await tx.rows(_SUBJECTS_OF, alert_ids=list(alert_ids))
    await lock_entries_of_subjects(tx, {row.subject_id for row in rows if row.subject_id is not None})
    found = {alert.alert_id: alert for alert in await _read(tx, _THESE, alert_ids=list(alert_ids))}
    if not found.keys() >= set(alert_ids):
        raise NotFound("alert")
    return found


async def _lock_subject(tx: Tx, subject_id: sa.Select[tuple[str]]) -> None:
    entry = watch_entry.c
    of_subject = sa.select(entry.id).where(entry.subject_id == subject_id.scalar_subquery())
    await tx.rows(of_subject.order_by(entry.id).with_for_update(key_share=True))


def _only(found: tuple[Alert, ...]) -> Alert:
    if not found:
        raise NotFound("alert")
    return found[0]


async def lock_open_alert(tx: Tx, subject_id: SubjectId) -> Alert | None:
    """The one open alert of a subject, locked until the transaction ends."""
    known = tx.memory.find((lock_open_alert.__name__, subject_id))
    if known is not None:
        return known[0]  # type: ignore[no-any-return]
    found = await _read(tx, _OPEN_ONE, of_subject=subject_id)
    return found[0] if found else None


async def remember_open_alerts(tx: Tx, subject_ids: Collection[SubjectId]) -> None:
    """Lock them for `lock_open_alert` and `lock_open_alerts`. The caller has locked the subjects: nobody else
    opens one meanwhile.
    """
    alert_of = await lock_open_alerts(tx, subject_ids)
    for one in subject_ids:
        key = (lock_open_alert.__name__, one)
        tx.memory.keep_locked(key, (t.alert, t.alert_entry), alert_of.get(one))


# The state in the text, so that a plan that PostgreSQL keeps may use the index of open ones; and one subject,
# no set of them, for which it makes a plan anew each time.
_OPEN_ONE: Final = (
    sa.select(t.alert)
    .where(t.alert.c.subject_id == sa.bindparam("of_subject"))
    .where(t.alert.c.state == sa.literal(AlertState.OPEN, literal_execute=True))
    .with_for_update(key_share=True)
)
_OPEN_ONES: Final = (
    sa.select(t.alert)
    .where(is_one_of(t.alert.c.subject_id, "subject_ids"), t.alert.c.state == AlertState.OPEN)
    .order_by(t.alert.c.id)
    .with_for_update(key_share=True)
)


async def lock_open_alerts(tx: Tx, subject_ids: Collection[SubjectId]) -> dict[SubjectId, Alert]:
    """The open alerts of several subjects, locked in the one order."""
    if subject_ids and not tx.memory.unknown(lock_open_alert, subject_ids):
        known = [tx.memory.find((lock_open_alert.__name__, one)) for one in subject_ids]
        found = tuple(one[0] for one in known if one is not None and one[0] is not None)
    else:
        found = await _read(tx, _OPEN_ONES, subject_ids=list(subject_ids)) if subject_ids else ()
    return {alert.subject_id: alert for alert in found}


_WITH_OPEN_ONE: Final = sa.select(t.alert.c.subject_id).where(
    is_one_of(t.alert.c.subject_id, "subject_ids"), t.alert.c.state == AlertState.OPEN
)


async def list_with_open_alert(tx: Tx, subject_ids: Collection[SubjectId]) -> frozenset[SubjectId]:
    """Those of the subjects that have one. Nobody opens or ends one of a subject that is locked."""
    rows = await tx.rows(_WITH_OPEN_ONE, subject_ids=list(subject_ids))
    return frozenset(SubjectId(row.subject_id) for row in rows)


_MISTAKEN: Final = sa.select(t.alert.c.subject_id).where(
    is_one_of(t.alert.c.subject_id, "subject_ids"), t.alert.c.outcome == Outcome.WRONG_PERSON
)


async def list_mistaken(tx: Tx, subject_ids: Collection[SubjectId]) -> frozenset[SubjectId]:
    """Those of the subjects for whom somebody else was met before."""
    rows = await tx.rows(_MISTAKEN, subject_ids=list(subject_ids))
    return frozenset(SubjectId(row.subject_id) for row in rows)


_TAKEN: Final = (
    sa.select(t.taking.c.alert_id)
    .where(is_one_of(t.taking.c.alert_id, "alert_ids"), t.taking.c.lapsed_at.is_(None))
    .group_by(t.taking.c.alert_id)
    .having(sa.or_(sa.func.count() > 1, sa.func.max(t.taking.c.side) == Side.WHOLE))
    .subquery()
)
_STILL_OPEN: Final = (
    sa.select(t.alert.c.id, t.alert.c.urgency, _TAKEN.c.alert_id.is_not(None).label("is_taken"))
    .join(_TAKEN, _TAKEN.c.alert_id == t.alert.c.id, isouter=True)
    .where(is_one_of(t.alert.c.id, "alert_ids"), t.alert.c.state == AlertState.OPEN)
)


async def list_open(tx: Tx, alert_ids: Collection[AlertId]) -> dict[AlertId, OpenAlert]:
    """Those of the alerts that are open."""
    rows = await tx.rows(_STILL_OPEN, alert_ids=list(alert_ids))
    return {AlertId(row.id): OpenAlert(urgency=Urgency(row.urgency), is_taken=row.is_taken) for row in rows}


async def find_correlation(tx: Tx, alert_id: AlertId) -> str | None:
    """Of the card use that the alert's present plan comes from."""
    row = await tx.row(sa.select(t.alert.c.correlation).where(t.alert.c.id == alert_id))
    return None if row is None else row.correlation


async def list_latest_alerts(tx: Tx, court_id: CourtId, limit: int) -> tuple[Alert, ...]:
    """All open alerts, then the newest of those that ended; drills are none of them."""
    column = t.alert.c
    of_court = sa.and_(column.court_id == court_id, column.is_drill.is_(False))
    ended = sa.select(column.id).where(of_court, column.state != AlertState.OPEN)
    latest = ended.order_by(column.id.desc()).limit(limit)
    open_first = sa.or_(column.state == AlertState.OPEN, column.id.in_(latest))
    return tuple(reversed(await _read(tx, _select(sa.and_(of_court, open_first)))))


async def list_open_alerts(tx: Tx, court_id: CourtId) -> tuple[Alert, ...]:
    """Every open alert of a court, in the order of their ids; drills are none of them."""
    column = t.alert.c
    of_court = sa.and_(column.court_id == court_id, column.is_drill.is_(False))
    return await _read(tx, _select(sa.and_(of_court, column.state == AlertState.OPEN)))


async def list_ended_since(tx: Tx, court_id: CourtId, since: datetime) -> tuple[Alert, ...]:
    """The alerts that ended at a moment or later, the newest first."""
    column = t.alert.c
    ended = sa.and_(column.court_id == court_id, column.closed_at >= since)
    return tuple(reversed(await _read(tx, _select(ended))))


async def list_alerts_of_subject(tx: Tx, subject_id: SubjectId) -> tuple[Alert, ...]:
    """All alerts of a subject, newest first."""
    return tuple(reversed(await _read(tx, _select(t.alert.c.subject_id == subject_id))))


def _select(condition: sa.ColumnElement[bool]) -> sa.Select[tuple[object, ...]]:
    return sa.select(t.alert).where(condition).order_by(t.alert.c.id)


_LINKS: Final = (
    sa.select(t.alert_entry)
    .where(is_one_of(t.alert_entry.c.alert_id, "alert_ids"))
    .order_by(t.alert_entry.c.entry_id)
)


async def _read(tx: Tx, query: sa.Select[tuple[object, ...]], **values: object) -> tuple[Alert, ...]:
    rows = await tx.rows(query, **values)
    if not rows:
        return ()
    links = by_column(await tx.rows(_LINKS, alert_ids=[row.id for row in rows]), "alert_id")
    return tuple(
        Alert(
            alert_id=AlertId(row.id),
            court_id=CourtId(row.court_id),
            subject_id=SubjectId(row.subject_id),
            state=AlertState(row.state),
            paused=row.paused,
            plan=_plan_from_json(tx.unseal_json(row.plan, f"alert.plan:{row.id}")),
            plan_version=row.plan_version,
            urgency=Urgency(row.urgency),
            ladder=row.ladder,
            raised_at=row.raised_at,
            closed_at=row.closed_at,
            outcome=Outcome(row.outcome) if row.outcome else None,
            entry_ids=tuple(EntryId(one.entry_id) for one in links[row.id]),
            version=row.version,
            correlation=row.correlation,
            is_drill=row.is_drill,
        )
        for row in rows
    )
