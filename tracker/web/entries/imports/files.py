"""Reads an import file of any accepted kind in a stream, row by row. The kind is told from its first bytes.

What must not break: a file is never held in memory as a whole.
"""

import codecs
import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any, Final, TextIO

from tracker.domain.errors import Invalid, Problem
from tracker.domain.imports import ROWS_AT_MOST
from tracker.web.entries.imports.cells import Fault, read_cell
from tracker.web.entries.imports.columns import Column, match_columns
from tracker.web.entries.imports.workbooks import MOST_COLUMNS, read_workbook

MOST_BYTES: Final = 128 * 1024 * 1024
"""A hundred thousand rows in JSON, with two papers each and spelled in ASCII, are 100 MB."""
LONGEST_LINE: Final = 64 * 1024
_AT_ONCE: Final = 64 * 1024
_WORKBOOK: Final = b"PK\x03\x04"
_OLD_WORKBOOK: Final = b"\xd0\xcf\x11\xe0"
_MARK: Final = "\ufeff"
_MARK_GB18030: Final = _MARK.encode("gb18030")
_DELIMITERS: Final = (",", ";", "\t", "，", "；")
_SAID_DELIMITER: Final = re.compile(r'"?sep=([^\w\s"]|\t)[\s",;]*', re.IGNORECASE)
"""A first line for Excel alone, which does not show it."""
_UTF_16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
Cells = Sequence[str | Fault]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow:
    """One row by its number in the file, the header included. The repr shows the number only."""

    number: int
    texts: dict[Column, str]
    problems: tuple[Problem, ...] = ()
    is_read: bool = True

    def __repr__(self) -> str:
        return f"FileRow({self.number})"


def read_file(file: IO[bytes]) -> Iterator[FileRow]:
    """The rows that hold anything; the file may be closed afterwards. Raises Invalid about the file as a
    whole, also on the way.
    """
    file.seek(0)
    begin = file.read(_AT_ONCE)
    file.seek(0)
    rows = _lines(file) if _begins_json(begin) else _table(file, begin)
    count = 0
    for row in rows:
        count += 1
        if count > ROWS_AT_MOST:
            raise _refused(
                f"超过{ROWS_AT_MOST}行，请拆分后分批上传",
                f"holds more than {ROWS_AT_MOST} rows: split it and upload the parts",
            )
        yield row
    if not count:
        raise _refused("文件中没有数据行，请填写后重新上传", "holds no rows: fill it in and upload it again")


def _begins_json(begin: bytes) -> bool:
    if begin.startswith(_UTF_16):
        if begin.decode("utf-16", "replace").lstrip()[:1] in ("{", "["):
            raise _refused("是 UTF-16 的 JSON，请另存为 UTF-8", "is JSON in UTF-16: save it as UTF-8")
        return False
    first = begin.removeprefix(codecs.BOM_UTF8).removeprefix(_MARK_GB18030).lstrip()[:1]
    if first == b"[":
        raise _refused(
            "是一个 JSON 数组，请改为每行一个 JSON 对象（NDJSON）",
            "is one JSON array: write one object a line (NDJSON)",
        )
    return first == b"{"


def _refused(chinese: str, english: str) -> Invalid:
    return Invalid([Problem(field="file", zh=chinese, en=english)])


def _table(file: IO[bytes], begin: bytes) -> Iterator[FileRow]:
    """A file whose first row names the columns."""
    if begin.startswith(_OLD_WORKBOOK):
        raise _refused(
            "是旧版 .xls 或加了密码的工作簿，无法读取：请去掉密码，另存为 .xlsx",
            "is an old .xls file or has a password: save it as .xlsx, without one",
        )
    rows = read_workbook(file) if begin.startswith(_WORKBOOK) else _csv_rows(file)
    columns: Sequence[Column | None] | None = None
    for number, cells in rows:
        if not any(cells):
            continue
        if columns is None:
            columns = match_columns([cell if isinstance(cell, str) else "?" for cell in cells])
        else:
            yield _row(number, columns, cells)


def _row(number: int, columns: Sequence[Column | None], cells: Cells) -> FileRow:
    texts, problems = {}, []
    for column, cell in zip(columns, cells, strict=False):
        if column is not None and isinstance(cell, Fault):
            problems.append(cell.at(column.field))
        elif column is not None:
            texts[column] = str(cell)
    beyond = [*cells[len(columns) :], *[one for one, of in zip(cells, columns, strict=False) if of is None]]
    if any(beyond):
        problems.append(
            _whole_row("有单元格不在任何列名之下，请核对", "has a cell under no column name: check it")
        )
    return FileRow(number=number, texts=texts, problems=tuple(problems))


def _whole_row(chinese: str, english: str) -> Problem:
    return Problem(field="", zh=chinese, en=english)


def _encoding_of(file: IO[bytes]) -> str:
    """UTF-16 where it bears its mark, as spreadsheets save "Unicode text"; UTF-8 where all of it is, else
    GB18030.
    """
    begin = file.read(_AT_ONCE)
    is_marked = begin.startswith(_UTF_16) and not begin.startswith(codecs.BOM_UTF32_LE)
    if b"\0" in begin and not is_marked:
        raise _refused(
            "不是文本，或编码是 UTF-32、不带标记的 UTF-16：请用表格软件另存为 .xlsx 或“CSV UTF-8”",
            "is no text, or is UTF-32, or UTF-16 without its mark: save it as .xlsx or CSV UTF-8",
        )
    for encoding in ("utf-16",) if is_marked else ("utf-8-sig", "gb18030"):
        file.seek(0)
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            while chunk := file.read(_AT_ONCE):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding
    raise _refused(
        "不是表格文件，或编码既不是 UTF-8 也不是 GB18030：请用表格软件另存为 .xlsx 或“CSV UTF-8”",
        "is no table, or is neither UTF-8 nor GB18030: save it as .xlsx or CSV UTF-8",
    )


def _csv_rows(file: IO[bytes]) -> Iterator[tuple[int, Cells]]:
    encoding = _encoding_of(file)
    file.seek(0)
    number = 0
    with io.TextIOWrapper(file, encoding=encoding, newline="") as text:
        try:
            delimiter = _delimiter_of(text)
            rows = csv.reader(_without_mark(text), strict=True, delimiter=delimiter)
            for number, values in enumerate(rows, start=1):
                yield number, [read_cell(value) for value in values[:MOST_COLUMNS]]
        except csv.Error:
            raise _refused(
                f"第{number + 1}行的引号不成对或过长，请核对后重新上传",
                f"cannot be read at row {number + 1}: a quotation mark is missing, or a cell is too long",
            ) from None


def _delimiter_of(text: TextIO) -> str:
    """What stands between the names of the columns: spreadsheets of some settings save semicolons or tabs,
    and who types by hand in Chinese types full-width ones. A first line that says it is passed over and not
    counted: no spreadsheet shows it.
    """
    header = text.readline(LONGEST_LINE)
    said = _SAID_DELIMITER.fullmatch(header.removeprefix(_MARK))
    if said is not None:
        return said[1]
    while header and not header.strip():
        header = text.readline(LONGEST_LINE)
    text.seek(0)
    return max(_DELIMITERS, key=header.count)


def _without_mark(lines: Iterable[str]) -> Iterator[str]:
    """Of UTF-8 the decoder takes the mark off; some programs write it in GB18030, too."""
    for number, line in enumerate(lines):
        yield line if number else line.removeprefix(_MARK)


def _lines(file: IO[bytes]) -> Iterator[FileRow]:
    """One JSON object a line, keyed by the names of the columns; the first object says which there are."""
    columns: dict[str, Column | None] = {}
    encoding = _encoding_of(file)
    file.seek(0)
    number = 0
    while line := _next_line(file):
        number += 1
        if not line.strip():
            continue
        found = _object(line, encoding)
        if found is None:
            broken = _whole_row("该行不是一个 JSON 对象，请核对", "is no JSON object: check the line")
            yield FileRow(number=number, texts={}, problems=(broken,), is_read=False)
            continue
        columns = columns or dict(zip(found, match_columns(list(found)), strict=True))
        others = [name for name in found if name not in columns]
        cells = [_json_cell(found.get(name)) for name in (*columns, *others)]
        yield _row(number, list(columns.values()), cells)


def _next_line(file: IO[bytes]) -> bytes:
    """The next line; of one that is too long, as much as shows that it is."""
    line = rest = file.readline(LONGEST_LINE)
    while len(rest) == LONGEST_LINE and not rest.endswith(b"\n"):
        rest = file.readline(LONGEST_LINE)
    return line


def _object(line: bytes, encoding: str) -> dict[str, Any] | None:
    try:
        found = json.loads(line.decode(encoding).removeprefix(_MARK))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _json_cell(value: Any) -> str | Fault:
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return read_cell(";".join(value))
    # Whole numbers are whole here, however long.
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return read_cell(str(value) if is_whole else value)
