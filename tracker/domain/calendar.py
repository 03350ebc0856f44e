"""Working days of mainland China, with make-up workdays; rosters and statutory clocks share it.

The national plan comes from a library and ends with the year it was last announced for; the court's own
table goes before it. A year without a plan degrades to plain weekends and says so through `is_planned`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import chinese_calendar

SATURDAY = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """`edited` holds the court's own rows: day -> is it a workday."""

    edited: Mapping[date, bool] = field(default_factory=dict)

    def is_planned(self, day: date) -> bool:
        """Whether an announced plan covers the day."""
        try:
            chinese_calendar.is_workday(day)
        except NotImplementedError:
            return day in self.edited
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
