"""Turns the texts of one row into the registration form: by the words that people write, in either language,
and then by the very function that reads the form itself.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from schemas.documents import DocumentKind, DocumentRefused
from schemas.measures import Measure
from tracker.domain.entries import CAPACITY_ZH
from tracker.domain.errors import Problem
from tracker.domain.evidence import EvidenceKind
from tracker.domain.ids import CourtId
from tracker.domain.imports import BULK_MEASURES, ImportRow
from tracker.domain.registration import EntryForm, all_problems, normalised
from tracker.storage import agencies
from tracker.storage.agencies import Agency
from tracker.storage.transaction import Tx
from tracker.web.entries.form import read_entry_form
from tracker.web.entries.imports.cells import Fault
from tracker.web.entries.imports.columns import Column, folded
from tracker.web.entries.imports.files import FileRow
from tracker.web.fields import Fields
from tracker.web.words.labels import capacity_label, label

_SEPARATORS: Final = re.compile(r"[;；、,，|/]")
_DAY: Final = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:\s+0?0:00(?::00)?)?")
_DAY_IN_DIGITS: Final = re.compile(r"(\d{4})(\d{2})(\d{2})")
_CUT_SHORT: Final = re.compile(r"\d{15}0{3}")
"""A spreadsheet keeps fifteen digits of a number and writes noughts for the rest."""
NUMBER: Final = "documents[0].number"
MAY_BE_CUT_SHORT: Final = Problem(
    field=NUMBER,
    zh="末三位是000，表格软件把长号码当作数字时会这样：请对照证件核对",
    en="ends in 000, as spreadsheets write a long number whose last digits they have lost: compare it with "
    "the document",
)
_SHORT_WORDS: Final = {
    "居民身份证": DocumentKind.RESIDENT_ID,
    "身份证": DocumentKind.RESIDENT_ID,
    "resident id": DocumentKind.RESIDENT_ID,
    "report": Measure.REPORT_WHEREABOUTS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What may stand in a column of given words: each accepted word with what the form calls it, and the
    words that a problem names.
    """

    codes: Mapping[str, str]
    offered_zh: str
    offered_en: str


Vocabulary = Mapping[str, Choices]
"""By the field of the form."""


async def vocabulary_of(tx: Tx, court_id: CourtId) -> Vocabulary:
    """The words of the court's import files."""
    return words_of(await agencies.list_agencies(tx, court_id))


def words_of(known: Iterable[Agency]) -> Vocabulary:
    """The words where these are the agencies."""
    return {
        "measure": _of_members(Measure, BULK_MEASURES),
        "documents[0].kind": _of_members(DocumentKind, DocumentKind),
        "documents[0].evidence": _of_members(EvidenceKind, EvidenceKind),
        "capacity": _of_capacities(),
        "agencies": _of_agencies(known),
    }


def _of_members(kind: type[StrEnum], offered: Iterable[StrEnum]) -> Choices:
    codes = {folded(word): str(one) for word, one in _SHORT_WORDS.items() if isinstance(one, kind)}
    for one in kind:
        codes |= {folded(word): one.value for word in (one.value, label(one, "zh"), label(one, "en"))}
    shown = tuple(offered)
    return Choices(
        codes=codes,
        offered_zh="、".join(label(one, "zh") for one in shown),
        offered_en=", ".join(one.value for one in shown),
    )


def _of_capacities() -> Choices:
    spelled = {one: (one, chinese, capacity_label(one, "en")) for one, chinese in CAPACITY_ZH.items()}
    return Choices(
        codes={folded(word): one for one, words in spelled.items() for word in words},
        offered_zh="、".join(CAPACITY_ZH.values()),
        offered_en=", ".join(CAPACITY_ZH),
    )


def _of_agencies(known: Iterable[Agency]) -> Choices:
    known = tuple(known)
    return Choices(
        codes={
            folded(word): one.agency_id for one in known for word in (one.agency_id, one.name, one.name_en)
        },
        offered_zh="、".join(one.name for one in known),
        offered_en=", ".join(one.name_en for one in known),
    )


def read_row(row: FileRow, words: Vocabulary, today: date) -> ImportRow:
    """The row as it is checked; what could not be read is told beside it."""
    if not row.is_read:
        return ImportRow(number=row.number, form=None, problems=row.problems)
    typed: dict[str, tuple[str, ...]] = {}
    problems = list(row.problems)
    for column, text in row.texts.items():
        if text:
            typed[column.field], unread = _read_cell(column, text, words)
            problems.extend(unread)
    typed.setdefault("documents[0].kind", (DocumentKind.RESIDENT_ID.value,))
    read = read_entry_form(Fields({field: values for field, values in typed.items() if values}), today)
    lost, in_doubt = _lost_digits(read.form)
    return ImportRow(
        number=row.number,
        form=read.form,
        problems=all_problems([*problems, *lost], read.problems),
        warnings=tuple(in_doubt),
    )


def _read_cell(column: Column, text: str, words: Vocabulary) -> tuple[tuple[str, ...], list[Problem]]:
    """What the form is told of a cell, and what is wrong with it."""
    if column.field in words:
        return _choose(column, text, words[column.field])
    if not column.is_day:
        return (text,), []
    day = _day(text)
    return ((), [Fault.NO_DAY.at(column.field)]) if day is None else ((day,), [])


def _lost_digits(form: EntryForm) -> tuple[list[Problem], list[Problem]]:
    """A number of which the file itself does not tell any more that its last digits are lost: where its check
    character shows it, and where it happens to fit.
    """
    document = form.documents[0]
    if document.kind is not DocumentKind.RESIDENT_ID or not _CUT_SHORT.fullmatch(document.number.strip()):
        return [], []
    if isinstance(normalised(document), DocumentRefused):
        return [Fault.ROUNDED.at(NUMBER)], []
    return [], [MAY_BE_CUT_SHORT]


def _choose(column: Column, text: str, choices: Choices) -> tuple[tuple[str, ...], list[Problem]]:
    """The codes of the words in a cell; a word that is not known is told with those that are."""
    written = [text]
    if column.takes_several and folded(text) not in choices.codes:
        written = [one for one in _SEPARATORS.split(text) if one.strip()]
    codes = [choices.codes.get(folded(one)) for one in written]
    known = tuple(dict.fromkeys(code for code in codes if code is not None))
    if len([code for code in codes if code is not None]) == len(written):
        return known, []
    problem = Problem(
        field=column.field,
        zh=f"有不认识的词，请填写：{choices.offered_zh}",
        en=f"holds a word that is not known: enter one of {choices.offered_en}",
    )
    return known, [problem]


def _day(text: str) -> str | None:
    """A day as people write it, in the form's own spelling."""
    written = _DAY.fullmatch(text.strip()) or _DAY_IN_DIGITS.fullmatch(text.strip())
    if written is None:
        return None
    year, month, day = map(int, written.groups())
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None
