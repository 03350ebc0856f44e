"""Rows that a filter hides are neither put on the list nor left out in silence: the file is refused."""

import io
import re
import zipfile
from collections.abc import Callable

import pytest
from openpyxl import Workbook

from tests.unit.web.test_import_files import CHINESE, RIGHT, refusal_of, rows_of, texts


def hiding(*numbers: int) -> bytes:
    """Two people, and a row that holds nothing and is hidden; rows that a filter hides are marked alike."""
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in (CHINESE, RIGHT, RIGHT)[: max((2, *numbers))]:
        sheet.append(row)
    for number in (*numbers, 9):
        sheet.row_dimensions[number].hidden = True
    written = io.BytesIO()
    workbook.save(written)
    return written.getvalue()


def with_sheet(workbook: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """The workbook with its one sheet as another program writes it."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as before, zipfile.ZipFile(written, "w") as after:
        for part in before.infolist():
            content = before.read(part)
            after.writestr(part, change(content) if part.filename.endswith("sheet1.xml") else content)
    return written.getvalue()


def as_libreoffice_writes(workbook: bytes) -> bytes:
    return with_sheet(
        workbook,
        lambda sheet: re.sub(rb"<row (?!.{0,40}hidden)", b'<row hidden="false" ', sheet).replace(
            b'hidden="1"', b'hidden="true"'
        ),
    )


def without_numbers_of_rows(workbook: bytes) -> bytes:
    return with_sheet(workbook, lambda sheet: re.sub(rb'<row r="[0-9]+"', b"<row", sheet))


def test_a_hidden_row_that_holds_nothing_hinders_nothing() -> None:
    (row,) = rows_of(hiding())

    assert texts(row) == RIGHT


@pytest.mark.parametrize(
    ("content", "number"),
    [
        pytest.param(hiding(3), 3, id="one of two people"),
        pytest.param(hiding(1), 1, id="the head"),
        pytest.param(as_libreoffice_writes(hiding(2)), 2, id="as another program says it"),
        pytest.param(without_numbers_of_rows(hiding(3)), 3, id="rows without numbers"),
    ],
)
def test_one_that_holds_anything_is_named_with_what_to_do(content: bytes, number: int) -> None:
    assert refusal_of(content) == (
        f"has rows that are hidden or filtered out (such as row {number}) and hold something: show all rows, "
        "delete those that are not meant, and upload it again"
    )
