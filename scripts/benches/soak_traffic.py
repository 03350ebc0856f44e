"""What happens in a town under soak: each debtor's card is used once, people answer their texts, some debtors
pay.

Everybody outside does as they do in life: who gets no answer says the same again.
"""

import asyncio
import random
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from adapters.machine import SystemClock
from schemas.measures import AgencyKind
from scripts.cast import DUTY_OFFICER, JUDGE, Wanted, demo_phone, resident_number
from scripts.town.court import reachable
from scripts.town.listing import Debtor, ticket
from scripts.town.provider import code_in
from scripts.town.town import Town

FIRST_BIRTH: Final = date(1960, 1, 1)
SEQUENCES: Final = 900
NAME: Final = "佟大川"
SAYS_IT_TWICE: Final = 0.2
"""So often an agency does not hear the answer and asks again."""
LOOKS_EVERY_S: Final = 0.1
STAND_DOWN: Final = "停止行动"
CASE: Final = re.compile(r"\d\d执\d+")
JUDGES: Final = reachable(JUDGE.phone)
TWO: Final = (JUDGES, reachable(DUTY_OFFICER.phone))


class Fate(StrEnum):
    """What becomes of an alert once both have been told."""

    NOBODY_ACTS = "nobody acts"
    IS_TAKEN = "is taken"
    IS_PAID = "is paid"
    IS_TAKEN_AND_PAID = "is taken and paid"


SHARES: Final = {Fate.NOBODY_ACTS: 30, Fate.IS_TAKEN: 45, Fate.IS_PAID: 10, Fate.IS_TAKEN_AND_PAID: 15}
PAYING: Final = frozenset({Fate.IS_PAID, Fate.IS_TAKEN_AND_PAID})
TAKEN: Final = frozenset({Fate.IS_TAKEN, Fate.IS_TAKEN_AND_PAID})


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One debtor, where the card is used, and what follows."""

    debtor: Debtor
    agency: AgencyKind
    fate: Fate


def courses_of(count: int, chance: random.Random) -> list[Course]:
    return [
        Course(
            debtor=debtor(serial),
            agency=chance.choice(list(AgencyKind)),
            fate=chance.choices(list(SHARES), list(SHARES.values()))[0],
        )
        for serial in range(1, count + 1)
    ]


def debtor(serial: int) -> Debtor:
    born = FIRST_BIRTH + timedelta(days=serial // SEQUENCES)
    number = resident_number(born, 1 + serial % SEQUENCES)
    return Debtor(wanted=Wanted(name=NAME, number=number, phone=demo_phone(10)), serial=serial)


class Traffic:
    def __init__(self, town: Town, courses: Sequence[Course], chance: random.Random) -> None:
        self._town = town
        self._courses = {course.debtor.case_in_texts: course for course in courses}
        self._chance = chance
        self._seen: Counter[int] = Counter()
        self.has_begun = False
        self._told: defaultdict[str, set[str]] = defaultdict(set)
        self._codes: dict[str, str] = {}
        self.clear: list[str] = []
        """Cases whose debtor was on the list and was let through."""
        self.paid: set[str] = set()
        """Cases whose payment the court has taken."""

    @property
    def open_ends(self) -> int:
        """Cases of which not both have been told yet, or whose payment was not taken yet."""
        return sum(
            len(self._told[case]) < len(TWO)
            or (course.fate in PAYING and course.debtor.case not in self.paid)
            for case, course in self._courses.items()
        )

    async def flow(self, lasts_s: float) -> None:
        """One card after the other, evenly; returns once every use has been answered."""
        self.has_begun = True
        pause_s = lasts_s / len(self._courses)
        async with asyncio.TaskGroup() as group:
            for course in self._courses.values():
                group.create_task(self._uses_card(course))
                await asyncio.sleep(pause_s)

    async def answer_phones(self) -> None:
        """For ever: read what has come to the two phones, and do what follows from it."""
        async with asyncio.TaskGroup() as group:
            while True:
                for provider, messages in enumerate(self._town.provider.texts()):
                    for message in messages[self._seen[provider] :]:
                        if message.to in TWO:
                            self._read(group, message.to, message.body)
                        self._seen[provider] += 1
                await asyncio.sleep(LOOKS_EVERY_S)

    async def _uses_card(self, course: Course) -> None:
        use = ticket(course.debtor, f"soak-{course.debtor.serial}", SystemClock().now())
        for _ in range(2 if self._chance.random() < SAYS_IT_TWICE else 1):
            answer = await self._town.uses_card(course.agency, use)
            if answer["answer"] != "hit":
                self.clear.append(course.debtor.case)

    def _read(self, group: asyncio.TaskGroup, phone: str, text: str) -> None:
        found = CASE.search(text)
        course = None if found is None else self._courses.get(found[0])
        if course is None:
            return
        case, code = course.debtor.case_in_texts, code_in(text)
        if phone == JUDGES and code is not None:
            self._codes[case] = code
        if STAND_DOWN in text:
            if phone == JUDGES and course.fate in TAKEN:
                self._town.provider.replies(phone, self._codes[case])
        elif phone not in self._told[case]:
            self._told[case].add(phone)
            if len(self._told[case]) == len(TWO):
                group.create_task(self._follow(course))

    async def _follow(self, course: Course) -> None:
        """Only once both are told: a page that was not sent yet would rightly be dropped."""
        debtor = course.debtor
        if course.fate in TAKEN:
            self._town.provider.replies(JUDGES, self._codes[debtor.case_in_texts])
        if course.fate in PAYING:
            await self._town.pays(debtor.case, debtor.owes_fen, f"R-{debtor.serial}")
            self.paid.add(debtor.case)
