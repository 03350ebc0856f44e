"""Reads what was typed into a form. Faults are collected, with field and remedy, and raised together.

A field that cannot be read gets a harmless stand-in, so that the other checks of the form can still run.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any, TypeVar

from aiohttp import web
from pydantic_core import PydanticCustomError

from schemas.text import plain_text
from tracker.domain.errors import Invalid, Problem
from tracker.web.words.formats import day_of, fen_of, moment_of, time_of

Member = TypeVar("Member", bound=StrEnum)

LONGEST = 64


class Fields:
    """The fields of one form as they were typed, and what is wrong with them."""

    def __init__(self, typed: Mapping[str, tuple[str, ...]]) -> None:
        self._typed = typed
        self.problems: list[Problem] = []

    def all(self, name: str) -> tuple[str, ...]:
        return self._typed.get(name, ())

    def single_values(self) -> dict[str, str]:
        """Every field with its first value, as programs send them."""
        return {name: values[0] for name, values in self._typed.items()}

    def raw(self, name: str) -> str:
        """The first value as it was typed; empty when there is none."""
        return self._typed.get(name, ("",))[0]

    def text(self, name: str, longest: int = LONGEST) -> str:
        """One line of plain text, in its normal form."""
        try:
            read = plain_text(self.raw(name))
        except PydanticCustomError:
            self._note(name, "含有不可见字符，请重新输入", "holds invisible characters: type it again")
            return ""
        if len(read) > longest:
            self._note(name, f"过长，请不超过{longest}字", f"is too long: at most {longest} characters")
        return read[:longest]

    def needed_text(self, name: str, longest: int = LONGEST) -> str:
        read = self.text(name, longest)
        if not read:
            self._note(name, "请填写", "enter it")
        return read

    def day(self, name: str, stand_in: date) -> date:
        read = day_of(self.raw(name))
        if read is None:
            self._note(name, "请填写日期", "enter a date")
        return read or stand_in

    def day_or_none(self, name: str, stand_in: date) -> date | None:
        return self.day(name, stand_in) if self.raw(name).strip() else None

    def moment(self, name: str, stand_in: datetime) -> datetime:
        """A moment of court time, in UTC."""
        read = moment_of(self.raw(name))
        if read is None:
            self._note(name, "请填写日期和时间", "enter a date and time")
        return read or stand_in

    def time_of_day(self, name: str) -> time:
        """A time of the court's clock; midnight where none can be read."""
        read = time_of(self.raw(name))
        if read is None:
            self._note(name, "请填写时间，例如 08:00", "enter a time, for example 08:00")
        return read or time()

    def fen(self, name: str) -> int:
        """A sum typed in yuan; 0 when nothing was typed."""
        typed = self.raw(name).strip()
        read = fen_of(typed) if typed else 0
        if read is None:
            self._note(name, "请填写金额，例如 86,400.00", "enter a sum, for example 86,400.00")
        return read or 0

    def number(self, name: str, *, most: int) -> int:
        """A whole number from 0 to `most`."""
        typed = self.raw(name).strip()
        if typed.isdecimal() and len(typed) <= len(str(most)) and int(typed) <= most:
            return int(typed)
        self._note(name, f"请填写0至{most}之间的整数", f"enter a whole number from 0 to {most}")
        return 0

    def choice(self, name: str, choices: Sequence[Member]) -> Member:
        read = next((one for one in choices if one == self.raw(name)), None)
        if read is None:
            self._note(name, "请选择", "choose one")
        return read or choices[0]

    def choices(self, name: str, choices: Sequence[Member]) -> tuple[Member, ...]:
        """Those of the choices that were ticked, in their own order."""
        ticked = set(self.all(name))
        return tuple(one for one in choices if one in ticked)

    def require(self) -> None:
        """Raise what is wrong so far."""
        if self.problems:
            raise Invalid(self.problems)

    def _note(self, field: str, chinese: str, english: str) -> None:
        self.problems.append(Problem(field=field, zh=chinese, en=english))


async def fields_of(request: web.Request) -> Fields:
    """The posted form; uploaded files are not read."""
    sent: Any = await request.post()
    names = dict.fromkeys(sent)
    typed = {name: tuple(one for one in sent.getall(name) if isinstance(one, str)) for name in names}
    return Fields({name: values for name, values in typed.items() if values})
