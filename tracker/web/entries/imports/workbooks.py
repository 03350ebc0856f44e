"""Workbooks (.xlsx): reads the first sheet of one, and writes the one that people fill in.

What must not break: nothing is calculated, and an archive that unpacks to more than it may is not unpacked.
The library is imported by whoever asks for a workbook: few do, and every start of the court would load it.
"""

import io
import zlib
from collections.abc import Iterator, Sequence
from typing import IO, Final
from zipfile import BadZipFile, ZipFile

from tracker.domain.errors import Invalid, Problem
from tracker.web.entries.imports.cells import Fault, read_cell

MOST_UNPACKED_BYTES: Final = 256 * 1024 * 1024
MOST_COLUMNS: Final = 100
COLUMN_WIDTH: Final = 18
AS_TEXT: Final = "@"
# What the library raises on a broken workbook, by its own way through the archive and its parts.
_BROKEN: Final = (
    BadZipFile, zlib.error, SyntaxError, EOFError, OSError, KeyError, IndexError, ValueError, TypeError,
    AttributeError, NotImplementedError,
)  # fmt: skip


def read_workbook(file: IO[bytes]) -> Iterator[tuple[int, Sequence[str | Fault]]]:
    """The rows of the first sheet by number, in a stream; its table of texts is held in memory. Raises
    Invalid.
    """
    try:
        with ZipFile(file) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
        if unpacked > MOST_UNPACKED_BYTES:
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


def _refused(chinese: str, english: str) -> Invalid:
    return Invalid([Problem(field="file", zh=chinese, en=english)])


def _rows(file: IO[bytes]) -> Iterator[tuple[int, Sequence[str | Fault]]]:
    from openpyxl import load_workbook

    workbook = load_workbook(file, read_only=True, keep_links=False)
    sheet = workbook.worksheets[0]
    # What a file says of its own size is not believed.
    sheet.reset_dimensions()
    for number, cells in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS), start=1):
        read = [Fault.FORMULA if cell.data_type == "f" else read_cell(cell.value) for cell in cells]
        while read and read[-1] == "":
            read.pop()
        yield number, read
    workbook.close()


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
