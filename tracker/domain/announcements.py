"""Reads the yearly announcement of holidays from a small table: day, whether the court works, name.

One line is one day, its columns apart by commas or tabs: `2027-10-01,休,国庆节`.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from tracker.domain.calendar import IN_EVERY_PLAN, SATURDAY, NamedDay
from tracker.domain.errors import Problem

FIELD: Final = "table"
LONGEST_NAME: Final = 64
WORKS: Final = {
    "班": True,
    "上班": True,
    "调休上班": True,
    "work": True,
    "workday": True,
    "休": False,
    "放假": False,
    "休息": False,
    "rest": False,
    "holiday": False,
}
_COLUMNS: Final = re.compile(r"[,，\t]")
_DAY: Final = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
"""As it is typed, as spreadsheets show it, as it is announced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """The days of a table, and what could not be read of it."""

    days: tuple[NamedDay, ...]
    problems: tuple[Problem, ...]


def read_announcement(table: str) -> Announcement:
    """Empty lines are passed over; a line that cannot be read is named by its number."""
    days: list[NamedDay] = []
    problems: list[Problem] = []
    for number, line in enumerate(table.splitlines(), start=1):
        if line.strip():
            read = _read(line)
            if read is None:
                problems.append(_unreadable(number))
            else:
                days.append(read)
    return Announcement(days=tuple(days), problems=tuple(problems))


def year_problems(year: int, days: Sequence[NamedDay]) -> tuple[Problem, ...]:
    """Why these days are not the plan of a year."""
    return tuple(_year_problems(year, days))


def _year_problems(year: int, days: Sequence[NamedDay]) -> Iterator[Problem]:
    for one in days:
        if one.day.year != year:
            zh, en = f"{one.day}不在{year}年，请删去或更正", f"{one.day} is not in {year}: remove or mend it"
            yield Problem(field=FIELD, zh=zh, en=en)
    for day, times in Counter(one.day for one in days).items():
        if times > 1:
            zh, en = f"{day}出现{times}次，请只留一次", f"{day} is there {times} times: keep one"
            yield Problem(field=FIELD, zh=zh, en=en)
    rests = {one.day for one in days if not one.is_workday}
    missing = [date(year, month, day) for month, day in IN_EVERY_PLAN if date(year, month, day) not in rests]
    if missing:
        named = ", ".join(day.isoformat() for day in missing)
        zh, en = (
            f"缺少放假日 {named}，请录入全年安排",
            f"{named} is missing: enter the plan of the whole year",
        )
        yield Problem(field=FIELD, zh=zh, en=en)


def day_warnings(days: Sequence[NamedDay]) -> tuple[Problem, ...]:
    """What is taken all the same: a make-up workday that is a workday anyway."""
    return tuple(
        Problem(
            field=FIELD,
            zh=f"{one.day}不是周末，却录为调休上班，请核对",
            en=f"{one.day} is no weekend, and entered as a make-up workday: compare it",
        )
        for one in days
        if one.is_workday and one.day.weekday() < SATURDAY
    )


def _read(line: str) -> NamedDay | None:
    columns = [column.strip() for column in _COLUMNS.split(line, maxsplit=2)]
    day, works, name = (*columns, "", "")[:3]
    read = _read_day(day)
    if read is None or works.lower() not in WORKS or len(name) > LONGEST_NAME:
        return None
    return NamedDay(day=read, is_workday=WORKS[works.lower()], name=name)


def _read_day(text: str) -> date | None:
    found = _DAY.fullmatch(unicodedata.normalize("NFKC", text))
    if found is None:
        return None
    year, month, day = (int(part) for part in found.groups())
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _unreadable(number: int) -> Problem:
    return Problem(
        field=FIELD,
        zh=f"第{number}行无法读取，请写成：2027-10-01,休,国庆节（上班日写“班”）",
        en=f"line {number} cannot be read: write 2027-10-01,rest,National Day (or work)",
    )
