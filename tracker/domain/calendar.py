"""Working days of mainland China, with make-up workdays; rosters and statutory clocks share it.

The national plan comes from a library and ends with the year it was last announced for; the court's own
table goes before it. A year without a plan degrades to plain weekends and says so through `is_planned`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import chinese_calendar

SATURDAY = 5
IN_EVERY_PLAN: Final = ((1, 1), (10, 1))
"""New Year's Day and the National Day: a table without them is not the plan of its year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedDay:
    """A day of the court's own table: 2027-10-01, rest, 国庆节."""

    day: date
    is_workday: bool
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """`edited` holds the court's own rows: day -> is it a workday."""

    edited: Mapping[date, bool] = field(default_factory=dict)

    def is_planned(self, day: date) -> bool:
        """Whether an announced plan covers the day."""
        return day in self.edited or self.has_year(day.year)

    def has_year(self, year: int) -> bool:
        """Whether the plan of a year is known, from the library or because the court has entered it."""
        if all(self.edited.get(date(year, month, day)) is False for month, day in IN_EVERY_PLAN):
            return True
        try:
            chinese_calendar.is_workday(date(year, 1, 1))
        except NotImplementedError:
            return False
        return True

    def is_workday(self, day: date) -> bool:
        """Whether the court works on that day; Saturdays and Sundays may be make-up workdays."""
        if day in self.edited:
            return self.edited[day]
        try:
            return bool(chinese_calendar.is_workday(day))
        except NotImplementedError:
            return day.weekday() < SATURDAY

    def is_makeup_workday(self, day: date) -> bool:
        """A Saturday or Sunday on which the court works."""
        return day.weekday() >= SATURDAY and self.is_workday(day)
