"""The court's own table of workdays and rest days."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import sqlalchemy as sa

from tracker.domain.calendar import Calendar, NamedDay
from tracker.domain.ids import CourtId
from tracker.storage.engine.memory import read_once
from tracker.storage.tables.court import calendar_day
from tracker.storage.transaction import Tx

_CALENDAR: Final = (
    sa.select(calendar_day)
    .where(calendar_day.c.court_id == sa.bindparam("court_id"))
    .order_by(calendar_day.c.day)
)


@read_once(calendar_day)
async def get_calendar(tx: Tx, court_id: CourtId) -> Calendar:
    """The court's calendar: its own table before the national plan."""
    return Calendar(edited={one.day: one.is_workday for one in await list_days(tx, court_id)})


async def list_days(tx: Tx, court_id: CourtId) -> tuple[NamedDay, ...]:
    """The court's own table, by day."""
    rows = await tx.rows(_CALENDAR, court_id=court_id)
    return tuple(NamedDay(day=row.day, is_workday=row.is_workday, name=row.name) for row in rows)


async def put_days(tx: Tx, court_id: CourtId, days: Sequence[NamedDay]) -> None:
    """Write days down; one that is there already is replaced."""
    for one in days:
        await remove_day(tx, court_id, one.day)
    rows = [
        {"court_id": court_id, "day": one.day, "is_workday": one.is_workday, "name": one.name} for one in days
    ]
    await tx.insert_many(calendar_day, rows)


async def remove_day(tx: Tx, court_id: CourtId, day: date) -> bool:
    """The national plan decides again; False where the table does not have the day."""
    column = calendar_day.c
    return await tx.run(sa.delete(calendar_day).where(column.court_id == court_id, column.day == day)) == 1
