"""Workbooks (.xlsx): reads the one sheet of rows, and writes the one that people fill in.

What must not break: nothing is calculated, an archive that unpacks to more than it may is not unpacked, and
what people see on their screen is what is read: no hidden sheet, no row that a filter hides, and no row of
which they believe that it has what a merged cell shows beside it.
The library is imported by whoever asks for a workbook: few do, and every start of the court would load it.
"""

import io
import re
import zlib
from collections.abc import Iterator, Sequence
from typing import IO, Any, Final
from zipfile import BadZipFile, ZipFile, ZipInfo

from tracker.domain.errors import Invalid, Problem
from tracker.web.entries.imports.cells import Fault, read_cell

MOST_UNPACKED_BYTES: Final = 256 * 1024 * 1024
MOST_TEXT_BYTES: Final = 64 * 1024 * 1024
"""Of all but the rows: the table of texts is held in memory, at several times that."""
LAST_ROW: Final = 1_048_576
"""No spreadsheet has more; a file that says so would be counted up to there."""
_SHEETS: Final = "xl/worksheets/"
_AT_ONCE: Final = 1024 * 1024
_CELLS: Final = rb"[A-Z]{1,3}[0-9]{1,7}:[A-Z]{1,3}[0-9]{1,7}"
_TAG: Final = re.compile(rb'<(?:\w+:)?(?:mergeCell\s[^>]*?ref="(' + _CELLS + rb')"|row(\s[^>]*|/)?>)')
"""Of a range of merged cells, or of the beginning of a row."""
_NUMBER: Final = re.compile(rb"""\sr=["']([0-9]{1,7})["']""")
_HIDDEN: Final = re.compile(rb"""\shidden=["'](?:1|true)["']""")
_LONGEST_TAG: Final = 1000
MOST_COLUMNS: Final = 100
COLUMN_WIDTH: Final = 18
ROWS_LOOKED_AT: Final = 1000
"""In the search for the sheet that is meant."""
AS_TEXT: Final = "@"
# What the library raises on a broken workbook, by its own way through the archive and its parts.
_BROKEN: Final = (
    BadZipFile, zlib.error, SyntaxError, EOFError, OSError, KeyError, IndexError, ValueError, TypeError,
    AttributeError, NotImplementedError,
)  # fmt: skip


def read_workbook(file: IO[bytes]) -> Iterator[tuple[int, Sequence[str | Fault]]]:
    """The rows that hold anything, by number, in a stream; the table of texts is held in memory. Raises
    Invalid.
    """
    try:
        with ZipFile(file) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
            texts = sum(part.file_size for part in archive.infolist() if not _is_sheet(part))
        if unpacked > MOST_UNPACKED_BYTES or texts > MOST_TEXT_BYTES:
            raise _refused(
                "工作簿解压后过大，请另存为 CSV 或拆分",
                "is too large once unpacked: save it as CSV, or split it",
            )
        file.seek(0)
        yield from _rows(file)
    except _BROKEN:
        raise _refused(
            "工作簿无法读取，请用表格软件重新另存为 .xlsx", "cannot be read: save it as .xlsx anew"
        ) from None


def _is_sheet(part: ZipInfo) -> bool:
    return part.filename.startswith(_SHEETS)


def _refused(chinese: str, english: str) -> Invalid:
    return Invalid([Problem(field="file", zh=chinese, en=english)])


def _rows(file: IO[bytes]) -> Iterator[tuple[int, Sequence[str | Fault]]]:
    from openpyxl import load_workbook

    workbook = load_workbook(file, read_only=True, keep_links=False)
    sheet = _one_sheet([one for one in workbook.worksheets if one.sheet_state == "visible"])
    hidden = _hidden_rows(sheet)
    blank: Sequence[Any] | None = None
    for number, cells in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS), start=1):
        if number > LAST_ROW:
            raise ValueError(number)
        # Rows that are not there are the same object: above a cell in the last row there are a million.
        if cells is blank:
            continue
        if read := [_read(cell) for cell in _without_blank_end(cells)]:
            if hidden[number] and any(read):
                raise _refused(
                    f"有被隐藏或被筛选掉的行（如第{number}行），其中仍有内容：请显示全部行，删除不导入的行后"
                    "重新上传",
                    f"has rows that are hidden or filtered out (such as row {number}) and hold something: "
                    "show all rows, delete those that are not meant, and upload it again",
                )
            yield number, read
        else:
            blank = cells
    workbook.close()


def _read(cell: Any) -> str | Fault:
    return Fault.FORMULA if cell.data_type == "f" else read_cell(cell.value)


def _without_blank_end(cells: Sequence[Any]) -> Sequence[Any]:
    width = len(cells)
    while width and cells[width - 1].value is None:
        width -= 1
    return cells[:width]


def _one_sheet(visible: Sequence[Any]) -> Any:
    """The one that holds anything; of several, people may have looked at another than we would read."""
    for sheet in visible:
        # What a file says of its own size is not believed.
        sheet.reset_dimensions()
    filled = [sheet for sheet in visible if _holds_anything(sheet)]
    if len(filled) > 1:
        raise _refused(
            f"有{len(filled)}张工作表都有内容，只能有一张：请把各表分别另存后上传，或删除其余工作表",
            f"has {len(filled)} sheets that hold anything, and may have one: save each by itself, or delete "
            "the others",
        )
    return filled[0] if filled else visible[0]


def _holds_anything(sheet: Any) -> bool:
    looked_at = sheet.iter_rows(max_row=ROWS_LOOKED_AT, max_col=MOST_COLUMNS, values_only=True)
    return any(value is not None for row in looked_at for value in row)


def _hidden_rows(sheet: Any) -> bytearray:
    """For each number of a row whether it is hidden. Raises Invalid where cells are merged. The library's
    stream tells of neither; merged cells stand behind the rows.
    """
    hidden = bytearray(LAST_ROW + 1)
    number = 0
    for tag in _tags(sheet):
        if tag[1]:
            cells = tag[1].decode()
            raise _refused(
                f"有合并单元格（如 {cells}），其中只有左上一格有内容：请取消合并，逐行填写后重新上传",
                f"has merged cells (such as {cells}), of which only the first holds anything: unmerge them "
                "and fill in every row",
            )
        said = _NUMBER.search(tag[2] or b"")
        number = int(said[1]) if said else number + 1
        if number <= LAST_ROW and _HIDDEN.search(tag[2] or b""):
            hidden[number] = True
    return hidden


def _tags(sheet: Any) -> Iterator[re.Match[bytes]]:
    """Each once, a piece of the sheet at a time."""
    with sheet._get_source() as source:
        rest = b""
        while piece := source.read(_AT_ONCE):
            rest += piece
            end = 0
            for tag in _TAG.finditer(rest):
                end = tag.end()
                yield tag
            rest = rest[max(end, len(rest) - _LONGEST_TAG) :]


def write_workbook(header: Sequence[str]) -> bytes:
    """An empty sheet whose columns are text, so that no long number is rounded."""
    from openpyxl import Workbook
    from openpyxl.utils import get_column_letter

    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet()
    for position in range(1, len(header) + 1):
        column = sheet.column_dimensions[get_column_letter(position)]
        column.number_format = AS_TEXT
        column.width = COLUMN_WIDTH
    sheet.append(list(header))
    written = io.BytesIO()
    workbook.save(written)
    return written.getvalue()
