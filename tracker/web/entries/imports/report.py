"""What is to be told of the rows of an import, on its page and as a file to download.

What must not break: the file names rows by number and never a person, and no cell of it is a formula to
whoever opens it.
"""

import csv
import io
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tracker.domain.errors import Problem
from tracker.domain.ids import BatchId, EntryId
from tracker.domain.imports import LEFT_OUT, TAKEN, Batch, ImportRow, RowState
from tracker.storage import imports
from tracker.storage.registry import Registry
from tracker.storage.transaction import Tx
from tracker.web.entries.imports.columns import column_of
from tracker.web.entries.registering import Listed, describe_listed, remember_listed
from tracker.web.words.labels import label

ROWS_AT_ONCE: Final = 200
ROWS_OF_A_PAGE: Final = 100
LONGEST_NUMBER: Final = 9
"""So many digits has the number of a row at most: a file has no more lines than characters."""
BOM: Final = "\ufeff"
"""Without it spreadsheets take the file for another encoding."""
_BEGINS_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to tell of a row. `address`: the page of the entry that it speaks of."""

    number: int
    column: str
    state: RowState
    text: str
    address: str | None = None


class Fate(StrEnum):
    """What becomes of rows of which something is told: they are not put on the list, or they are."""

    LEFT_OUT = "left-out"
    REMARKED = "remarked"


_STATES: Final = {Fate.LEFT_OUT: LEFT_OUT, Fate.REMARKED: TAKEN}


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingsAsked:
    """Which rows are asked for, and past which number."""

    fate: Fate
    after: int

    @classmethod
    def of(cls, batch: Batch, query: Mapping[str, str]) -> "FindingsAsked":
        """As the address says; without a word of it, what is wrong where anything is."""
        usual = Fate.LEFT_OUT if batch.wrong or batch.refused else Fate.REMARKED
        named, after = query.get("of", ""), query.get("after", "")
        is_number = after.isascii() and after.isdigit() and len(after) <= LONGEST_NUMBER
        return cls(fate=Fate(named) if named in list(Fate) else usual, after=int(after) if is_number else 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingsPage:
    """One page of what is told of rows, and of whom it tells that they are listed. `goes_on_after`: the row
    past which the next page begins; None on the last.
    """

    asked: FindingsAsked
    findings: tuple[Finding, ...]
    listed_already: tuple[EntryId, ...]
    goes_on_after: int | None


async def read_page(tx: Tx, batch: Batch, asked: FindingsAsked, language: str) -> FindingsPage:
    states = _STATES[asked.fate]
    found = await imports.list_findings(tx, batch.batch_id, asked.after, ROWS_OF_A_PAGE + 1, states)
    rows = found[:ROWS_OF_A_PAGE]
    return FindingsPage(
        asked=asked,
        findings=await findings_of(tx, rows, language),
        listed_already=tuple(dict.fromkeys(one for row in rows for one in row.listed_already)),
        goes_on_after=rows[-1].number if len(found) > len(rows) else None,
    )


async def findings_of(tx: Tx, rows: Sequence[ImportRow], language: str) -> tuple[Finding, ...]:
    """Everything that is to be told of rows, each in its turn: what is wrong first."""
    await remember_listed(tx, [entry_id for row in rows for entry_id in row.listed_already])
    return tuple([one for row in rows for one in await _findings_of(tx, row, language)])


async def _findings_of(tx: Tx, row: ImportRow, language: str) -> tuple[Finding, ...]:
    listed = [await describe_listed(tx, entry_id) for entry_id in row.listed_already]
    return (
        *[_told(row, one, language) for one in (*row.problems, *row.warnings)],
        *_beside(row, language),
        *[_listed(row, one, language) for one in listed],
    )


def _finding(row: ImportRow, column: str, text: str, address: str | None = None) -> Finding:
    return Finding(number=row.number, column=column, state=row.state, text=text, address=address)


def _told(row: ImportRow, problem: Problem, language: str) -> Finding:
    column = column_of(problem.field)
    name = column.name(language) if column is not None else ""
    return _finding(row, name, problem.zh if language == "zh" else problem.en)


def _beside(row: ImportRow, language: str) -> Iterator[Finding]:
    """A person may stand in several rows, for several cases: that is told, and is not wrong."""
    if row.same_as is not None and not row.problems:
        text = (
            f"与第{row.same_as}行是同一人" if language == "zh" else f"is the same person as row {row.same_as}"
        )
        yield _finding(row, _number_column(language), text)


def _listed(row: ImportRow, listed: Listed, language: str) -> Finding:
    entry = listed.entry
    what = f"{listed.case_number} {label(entry.measure, language)} · {label(entry.state, language)}"
    text = f"此人已在名单上：{what}" if language == "zh" else f"is on the list already: {what}"
    return _finding(row, _number_column(language), text, f"/entries/{entry.entry_id}")


def _number_column(language: str) -> str:
    column = column_of("documents[0].number")
    assert column is not None
    return column.name(language)


async def report_of(registry: Registry, batch_id: BatchId, language: str) -> AsyncIterator[bytes]:
    """The report as CSV, a few rows at a time."""
    header = (
        ("行", "列", "状态", "问题与办法") if language == "zh" else ("row", "column", "state", "what to do")
    )
    yield (BOM + csv_line(header)).encode()
    after = 0
    while True:
        async with registry.reading() as tx:
            rows = await imports.list_findings(tx, batch_id, after, ROWS_AT_ONCE)
            lines = [
                csv_line((str(one.number), one.column, label(one.state, language), one.text))
                for one in await findings_of(tx, rows, language)
            ]
        if not rows:
            return
        yield "".join(lines).encode()
        after = rows[-1].number


def csv_line(cells: Iterable[str]) -> str:
    """One line of a file that a spreadsheet opens: what would be a formula there is text."""
    line = io.StringIO()
    csv.writer(line).writerow([f"'{cell}" if cell.startswith(_BEGINS_FORMULA) else cell for cell in cells])
    return line.getvalue()
