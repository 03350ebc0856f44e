"""The columns of an import file, by either of their names, and which of them a file has.

What must not break: a column that is missing or not known is told before any row is read, with every name
that was expected and found.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tracker.domain.errors import Invalid, Problem
from tracker.domain.measures import PAPER_ZH, PaperKind

_DIGITS: Final = re.compile(r"\d{4,}\w*")
_BETWEEN: Final = re.compile(r"[,;|\t，；、｜]")
"""What people put between columns; in no name of a column."""
LONGEST_SHOWN: Final = 30
MOST_SHOWN: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """`english` and `chinese` are its names; `field` the one of the registration form that it fills."""

    english: str
    chinese: str
    field: str
    is_needed: bool = False
    takes_several: bool = False
    is_day: bool = False

    def name(self, language: str) -> str:
        return self.chinese if language == "zh" else self.english


_PERSON: Final = (
    Column(english="case_number", chinese="案号", field="case_number", is_needed=True),
    Column(english="name", chinese="姓名", field="subject_name", is_needed=True),
    Column(english="capacity", chinese="身份", field="capacity"),
    Column(english="document_kind", chinese="证件种类", field="documents[0].kind"),
    Column(english="number", chinese="证件号码", field="documents[0].number", is_needed=True),
    Column(english="issuing_state", chinese="签发国", field="documents[0].issuing_state"),
    Column(
        english="evidence",
        chinese="身份核实来源",
        field="documents[0].evidence",
        is_needed=True,
        takes_several=True,
    ),
    Column(english="phone", chinese="本人手机", field="subject_phone"),
)
_MEASURE: Final = (
    Column(english="measure", chinese="措施", field="measure", is_needed=True),
    Column(english="valid_until", chinese="最后一日", field="valid_until", is_needed=True, is_day=True),
    Column(english="release_amount", chinese="解除金额", field="release_amount", is_needed=True),
    Column(english="agencies", chinese="联动单位", field="agencies", is_needed=True, takes_several=True),
)
_PAPER_FIELDS: Final = (
    ("number", "文号", False),
    ("issued_on", "日期", True),
    ("signer", "签发人", False),
    ("valid_until", "有效至", True),
)


def paper_columns(kind: PaperKind) -> tuple[Column, ...]:
    """What a file says of one kind of paper."""
    return tuple(
        Column(
            english=f"{kind.replace('-', '_')}_{field}",
            chinese=f"{PAPER_ZH[kind]}{chinese}",
            field=f"papers.{kind}.{field}",
            is_day=is_day,
        )
        for field, chinese, is_day in _PAPER_FIELDS
    )


ENTRY_COLUMNS: Final = (*_PERSON, *_MEASURE)
COLUMNS: Final = (*ENTRY_COLUMNS, *(column for kind in PaperKind for column in paper_columns(kind)))
_WHOLE: Final = {"documents": "documents[0].number", "papers": "papers"}
_PAPERS: Final = Column(english="papers", chinese="依据文书", field="papers")
_BY_FIELD: Final = {column.field: column for column in (*COLUMNS, _PAPERS)}


def column_of(field: str) -> Column | None:
    """The column that a problem of a row is about; None: the row as a whole."""
    return _BY_FIELD.get(_WHOLE.get(field, field))


def folded(text: str) -> str:
    """As names and words are compared: without regard to width, case, spaces or hyphens."""
    return re.sub(r"[\s_-]+", "_", unicodedata.normalize("NFKC", text).strip().casefold())


_BY_NAME: Final = {folded(name): column for column in COLUMNS for name in (column.english, column.chinese)}


def match_columns(header: Sequence[str]) -> tuple[Column | None, ...]:
    """The column of each cell of the header; None where it is blank. Raises Invalid."""
    _require_apart(header)
    given = [name for name in header if name.strip()]
    matched = [_BY_NAME.get(folded(name)) for name in header]
    known = [column for column in matched if column is not None]
    missing = [column for column in COLUMNS if column.is_needed and column not in known]
    unknown = [name for name, column in zip(header, matched, strict=True) if name.strip() and column is None]
    doubled = [column for column in dict.fromkeys(known) if known.count(column) > 1]
    if missing or unknown or doubled:
        chinese = _told("zh", missing, unknown, doubled)
        english = _told("en", missing, unknown, doubled)
        needed = [column for column in COLUMNS if column.is_needed]
        problem = Problem(
            field="file",
            zh=f"表头不符：{'；'.join(chinese)}。必需的列：{_names('zh', needed)}。"
            f"文件中的列：{_shown(given)}。请按模板修改表头后重新上传",
            en=f"The columns do not fit: {'; '.join(english)}. Needed: {_names('en', needed)}. "
            f"Found: {_shown(given)}. Name them as in the template and upload the file again",
        )
        raise Invalid([problem])
    return tuple(matched)


def _require_apart(header: Sequence[str]) -> None:
    """Raises Invalid where one cell holds the names of several columns."""
    parts = [_BETWEEN.split(name) for name in header]
    if any(len(names) > 1 and any(folded(one) in _BY_NAME for one in names) for names in parts):
        raise Invalid(
            [
                Problem(
                    field="file",
                    zh="表头有一格写着几个列名，各列没有分开：分隔符须全文一致（逗号、分号或制表符之一），"
                    "或用表格软件分列后另存为 .xlsx，再重新上传",
                    en="has several column names in one cell of its head, so that the columns are not apart: "
                    "separate all of it by one and the same comma, semicolon or tab, or save it as .xlsx "
                    "with a cell for each, and upload it again",
                )
            ]
        )


def _told(
    language: str, missing: Sequence[Column], unknown: Sequence[str], doubled: Sequence[Column]
) -> Iterator[str]:
    words = {"zh": ("缺少 ", "不认识 ", "重复 "), "en": ("missing ", "not known ", "doubled ")}[language]
    if missing:
        yield words[0] + _names(language, missing)
    if unknown:
        yield words[1] + _shown(unknown)
    if doubled:
        yield words[2] + _names(language, doubled)


def _names(language: str, columns: Sequence[Column]) -> str:
    return ("、" if language == "zh" else ", ").join(column.name(language) for column in columns)


def _shown(names: Sequence[str]) -> str:
    """Names as somebody wrote them, no more of them than fit on a page. In a file without a head they are
    the first person's: a number is not repeated.
    """
    cut = [_DIGITS.sub("…", name.strip())[:LONGEST_SHOWN] for name in names[:MOST_SHOWN]]
    return (", ".join(cut) + (", …" if len(names) > MOST_SHOWN else "")) or "-"
