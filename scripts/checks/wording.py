"""What may not stand in any file: empty names, unfinished work, real people, addresses of machines.

Must not break: an identity number in this repository belongs to nobody. Invented ones have area codes 99xxxx,
which no place bears. (The patterns are spelled so that this file does not match itself.)
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from scripts.checks.tree import Breach, Source, Tree

EMPTY_NAMES = frozenset({"base", "common", "helper", "helpers", "manager", "misc", "util", "utils"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Forbidden:
    pattern: re.Pattern[str]
    what: str
    remedy: str


FORBIDDEN = (
    Forbidden(
        pattern=re.compile(r"\b(?:TO[D]O|FIX[M]E|XX[X])\b|\braise NotImplemented[E]rror\b"),
        what="unfinished work",
        remedy="finish it, or leave it out and file an issue",
    ),
    Forbidden(
        pattern=re.compile(
            r"\b(?:pypi|npmjs|crates|rubygems|anaconda)\.(?:org|com|io)\b|\bpythonhosted\.org\b"
            r"|\b(?:registry|proxy|deb|security|archive)\.(?:npmjs|yarnpkg|golang|debian|ubuntu|maven)\.\w+\b"
        ),
        what="the address of a package registry",
        remedy="name the package only; each machine knows its own index",
    ),
    Forbidden(
        pattern=re.compile(r"(?<![\w.~:/-])/(?:work|home|root|Users|opt|mnt)/\w"),
        what="a path of one machine",
        remedy="count from the project's root, or take the folder as an argument",
    ),
)

NUMBER_18 = re.compile(r"(?<![0-9A-Za-z])(\d{6})(\d{4})(\d\d)(\d\d)\d{3}[\dXx](?![0-9A-Za-z])")
NUMBER_15 = re.compile(r"(?<![0-9A-Za-z])([1-6]\d{5})(\d\d)(\d\d)(\d\d)\d{3}(?![0-9A-Za-z])")
INVENTED_AREA = "99"


def wording_breaches(tree: Tree) -> Iterator[Breach]:
    for source in tree.sources:
        yield from _empty_names(source)
    for source in tree.texts():
        for number, line in enumerate(source.lines, start=1):
            for forbidden in FORBIDDEN:
                if found := forbidden.pattern.search(line):
                    yield source.breach(
                        number, f"{forbidden.what}: `{found.group()}`", remedy=forbidden.remedy
                    )
            if looks_like_a_real_number(line):
                yield source.breach(
                    number,
                    "an identity number that may be somebody's (not repeated here)",
                    remedy="invent one with an area code 990000-999999",
                )


def _empty_names(source: Source) -> Iterator[Breach]:
    if source.path.suffix not in {".py", ".js"}:
        return
    words = {word for part in source.path.with_suffix("").parts for word in part.split("_")}
    for word in sorted(words & EMPTY_NAMES):
        yield source.breach(1, f"the name says nothing: `{word}`", remedy="name it after what it decides")


def looks_like_a_real_number(line: str) -> bool:
    """Whether a number in the line has the shape and a birth date that can be, right check digit or not."""
    long = ((area, int(year), int(month), int(day)) for area, year, month, day in NUMBER_18.findall(line))
    short = (
        (area, 1900 + int(year), int(month), int(day)) for area, year, month, day in NUMBER_15.findall(line)
    )
    return any(
        not area.startswith(INVENTED_AREA) and 1850 <= year <= 2100 and _is_a_day(year, month, day)
        for area, year, month, day in (*long, *short)
    )


def _is_a_day(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True
