"""What a clerk uploads is read whatever program wrote it, or told with the remedy; nothing is evaluated."""

import codecs
import csv
import io
import json
import zipfile
from datetime import UTC, date, datetime
from typing import Any

import pytest
from openpyxl import Workbook

from tracker.domain.errors import Invalid
from tracker.web.entries.imports.columns import column_of
from tracker.web.entries.imports.files import FileRow, read_file
from tracker.web.entries.imports.workbooks import write_workbook

CHINESE = ("案号", "姓名", "证件号码", "身份核实来源", "措施", "最后一日", "解除金额", "联动单位")
ENGLISH = (
    "case_number", "name", "number", "evidence", "measure", "valid_until", "release_amount", "agencies",
)  # fmt: skip
RIGHT = (
    "（2026）京0199执1402号", "程远舟", "99000019851105017X", "户籍信息（住址相符）", "通报行踪",
    "2026-05-20", "86400", "铁路;公安",
)  # fmt: skip
ROW = ",".join(RIGHT)


def csv_of(*lines: str, header: tuple[str, ...] = CHINESE) -> str:
    return "\r\n".join((",".join(header), *lines)) + "\r\n"


def rows_of(content: bytes) -> list[FileRow]:
    return list(read_file(io.BytesIO(content)))


def texts(row: FileRow) -> tuple[str, ...]:
    return tuple(row.texts.values())


def told(row: FileRow) -> list[tuple[str, str]]:
    return [(problem.field, problem.en) for problem in row.problems]


def workbook_of(*rows: tuple[Any, ...]) -> bytes:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    written = io.BytesIO()
    workbook.save(written)
    return written.getvalue()


def separated(by: str) -> str:
    """As a spreadsheet saves it that separates so."""
    written = io.StringIO()
    csv.writer(written, delimiter=by).writerows([CHINESE, RIGHT])
    return written.getvalue()


def sheets_of(*sheets: tuple[tuple[Any, ...], ...], hidden: int | None = None, merged: str = "") -> bytes:
    """A workbook of several sheets; one of them hidden, and a range of the last one merged."""
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    for position, rows in enumerate(sheets):
        sheet = workbook.create_sheet()
        for row in rows:
            sheet.append(row)
        sheet.sheet_state = "hidden" if position == hidden else "visible"
    if merged:
        workbook.worksheets[-1].merge_cells(merged)
    written = io.BytesIO()
    workbook.save(written)
    return written.getvalue()


def beside_a_hidden_sheet() -> bytes:
    return sheets_of((("旧名单",), ("x",)), (CHINESE, RIGHT), (), hidden=0)


def a_blank_in_row(number: int) -> bytes:
    """Somebody has typed a space far below the rows."""
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.append(CHINESE)
    sheet.append(RIGHT)
    sheet.cell(row=number, column=3).value = "  "
    written = io.BytesIO()
    workbook.save(written)
    return written.getvalue()


def with_part(workbook: bytes, name: str, content: bytes) -> bytes:
    """The workbook with one part more."""
    written = io.BytesIO(workbook)
    with zipfile.ZipFile(written, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return written.getvalue()


def refusal_of(content: bytes) -> str:
    with pytest.raises(Invalid) as refused:
        rows_of(content)
    assert [problem.field for problem in refused.value.problems] == ["file"]
    return refused.value.problems[0].en


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(csv_of(ROW).encode(), id="UTF-8"),
        pytest.param(codecs.BOM_UTF8 + csv_of(ROW).encode(), id="UTF-8 with a mark"),
        pytest.param(csv_of(ROW).encode("gb18030"), id="GB18030"),
        pytest.param(("\ufeff" + csv_of(ROW)).encode("gb18030"), id="GB18030 with a mark"),
        pytest.param(separated(";").encode("gb18030"), id="semicolons"),
        pytest.param(separated("\t").encode(), id="tabs"),
        pytest.param(separated("，").encode(), id="full-width commas"),
        pytest.param(separated("；").encode("gb18030"), id="full-width semicolons"),
        pytest.param(separated("\t").encode("utf-16"), id="a spreadsheet's Unicode text"),
        pytest.param(codecs.BOM_UTF16_BE + csv_of(ROW).encode("utf-16-be"), id="UTF-16 the other way round"),
        pytest.param(beside_a_hidden_sheet(), id="a hidden sheet before it"),
        pytest.param(csv_of(ROW, header=ENGLISH).encode(), id="English names"),
        pytest.param(csv_of(ROW, header=("Case Number ", *ENGLISH[1:])).encode(), id="names as people write"),
        pytest.param(workbook_of(CHINESE, RIGHT), id="a workbook"),
        pytest.param(
            json.dumps(dict(zip(ENGLISH, RIGHT, strict=True)), ensure_ascii=False).encode(), id="NDJSON"
        ),
        pytest.param(
            json.dumps(dict(zip(CHINESE, RIGHT, strict=True)), ensure_ascii=False).encode("gb18030"),
            id="NDJSON in GB18030",
        ),
    ],
)
def test_a_row_is_read_from_every_kind_of_file(content: bytes) -> None:
    (row,) = rows_of(content)

    assert texts(row) == RIGHT
    assert row.problems == ()


class Watched(io.BytesIO):
    """Knows the largest piece that was read of it at once."""

    largest = 0

    def read(self, size: int | None = -1, /) -> bytes:
        return self._noted(super().read(size))

    def read1(self, size: int | None = -1, /) -> bytes:
        return self._noted(super().read1(size if size is not None else -1))

    def _noted(self, piece: bytes) -> bytes:
        self.largest = max(self.largest, len(piece))
        return piece


def test_a_file_is_read_a_piece_at_a_time() -> None:
    file = Watched(csv_of(*[ROW] * 5000).encode())

    assert sum(1 for _ in read_file(file)) == 5000
    assert file.largest == 64 * 1024


@pytest.mark.parametrize(
    "first",
    ["sep=;", '"sep=;"', "\ufeffsep=;", "SEP=; ", "sep=;;;;;;;;"],
    ids=["", "quoted", "mark", "as typed", "saved"],
)
def test_a_first_line_that_says_what_separates_is_no_row_and_is_not_counted(first: str) -> None:
    """Spreadsheets do not show it: their first row is the head."""
    (row,) = rows_of(f"{first}\r\n{separated(';')}".encode())

    assert (row.number, texts(row), row.problems) == (2, RIGHT, ())


def test_rows_bear_their_number_in_the_file() -> None:
    rows = rows_of(csv_of(ROW, "", ",,,,,,,", ROW).encode())

    assert [row.number for row in rows] == [2, 5]


def test_wrong_columns_are_told_once_with_what_was_expected_and_found() -> None:
    header = ("案号", "姓名", "姓名", "身份证", *CHINESE[4:])

    told_once = refusal_of(csv_of(ROW, ROW, header=header).encode())

    assert told_once == (
        "The columns do not fit: missing number, evidence; not known 身份证; doubled name. "
        "Needed: case_number, name, number, evidence, measure, valid_until, release_amount, agencies. "
        "Found: 案号, 姓名, 姓名, 身份证, 措施, 最后一日, 解除金额, 联动单位. "
        "Name them as in the template and upload the file again"
    )


def test_of_a_file_without_a_head_no_number_is_repeated() -> None:
    assert RIGHT[2] not in refusal_of(csv_of(ROW, header=RIGHT).encode())


@pytest.mark.parametrize(
    ("content", "remedy"),
    [
        (b"", "holds no rows"),
        (csv_of().encode(), "holds no rows"),
        (csv_of('"' + ROW).encode(), "cannot be read at row 2"),
        (csv_of(ROW).encode("utf-16-le"), "UTF-16 without its mark: save it as .xlsx or CSV UTF-8"),
        (csv_of(ROW).encode("utf-32"), "is UTF-32"),
        (csv_of(ROW).encode("utf-16")[:-1], "is neither UTF-8 nor GB18030"),
        ('{"case_number": ""}'.encode("utf-16"), "is JSON in UTF-16: save it as UTF-8"),
        (csv_of(ROW, header=("案号，姓名", *CHINESE[2:])).encode(), "several column names in one cell"),
        (separated("|").encode(), "several column names in one cell"),
        (workbook_of((",".join(CHINESE),), (ROW,)), "several column names in one cell"),
        (csv_of("\u00e9" + ROW).encode("latin-1", "replace") + b"\xff\xff", "is neither UTF-8 nor GB18030"),
        (b"\xd0\xcf\x11\xe0 an old workbook", "is an old .xls file or has a password"),
        (b'[{"case_number": ""}]', "is one JSON array: write one object a line"),
        (b"%PDF-1.7 \xff\xfe", "is no table"),
        (sheets_of((CHINESE, RIGHT), (CHINESE, RIGHT)), "has 2 sheets that hold anything, and may have one"),
        (sheets_of((CHINESE, RIGHT, RIGHT), merged="A2:A3"), "has merged cells (such as A2:A3)"),
        (b"PK\x03\x04 and nothing else", "save it as .xlsx anew"),
        (workbook_of(CHINESE, RIGHT)[:-300], "save it as .xlsx anew"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_as_a_whole(content: bytes, remedy: str) -> None:
    assert remedy in refusal_of(content)


def test_a_file_of_too_many_rows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracker.web.entries.imports.files.ROWS_AT_MOST", 2)

    assert refusal_of(csv_of(ROW, ROW, ROW).encode()) == (
        "holds more than 2 rows: split it and upload the parts"
    )


def test_a_workbook_that_unpacks_to_too_much_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 2_000_000)
    monkeypatch.setattr("tracker.web.entries.imports.workbooks.MOST_UNPACKED_BYTES", 1_000_000)

    assert "is too large once unpacked" in refusal_of(bomb.getvalue())


def test_a_workbook_with_too_many_texts_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracker.web.entries.imports.workbooks.MOST_TEXT_BYTES", 17_000)
    texts = b"<sst>" + b"<si><t>a</t></si>" * 1000 + b"</sst>"

    assert "is too large once unpacked" in refusal_of(
        with_part(workbook_of(CHINESE, RIGHT), "xl/sharedStrings.xml", texts)
    )


def test_what_stands_far_below_the_rows_costs_nothing_and_is_no_row() -> None:
    assert [row.number for row in rows_of(a_blank_in_row(1_048_576))] == [2]


def test_rows_below_the_last_one_of_a_spreadsheet_are_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracker.web.entries.imports.workbooks.LAST_ROW", 20)

    assert "cannot be read: save it as .xlsx anew" in refusal_of(a_blank_in_row(21))


@pytest.mark.parametrize("formula", ["=1+1", " =HYPERLINK(A1)", "@SUM(A1)", "+1+cmd|' /C calc'!A0", "-A1"])
def test_a_formula_is_refused_and_not_evaluated(formula: str) -> None:
    (row,) = rows_of(csv_of(ROW.replace("程远舟", formula)).encode())

    assert told(row) == [
        ("subject_name", "is a formula, and formulas are not evaluated: enter its result (paste as values)")
    ]


def test_a_formula_of_a_workbook_is_refused_too() -> None:
    (row,) = rows_of(workbook_of(CHINESE, (*RIGHT[:6], "=86400*2", RIGHT[7])))

    assert [field for field, _ in told(row)] == ["release_amount"]
    assert "172800" not in texts(row)


def test_a_phone_with_its_country_is_no_formula() -> None:
    (row,) = rows_of(csv_of(f"{ROW},+86 100 0000 0011", header=(*CHINESE, "本人手机")).encode())

    assert texts(row)[-1] == "+86 100 0000 0011"
    assert row.problems == ()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(workbook_of(CHINESE, (*RIGHT[:2], 990000197903120136, *RIGHT[3:])), id="a number"),
        pytest.param(
            csv_of(ROW.replace(RIGHT[2], "9.90000197903E+17")).encode(), id="as a program writes it"
        ),
    ],
)
def test_a_document_number_whose_digits_were_rounded_is_told(content: bytes) -> None:
    (row,) = rows_of(content)

    assert [field for field, _ in told(row)] == ["documents[0].number"]
    assert "lost its last digits" in told(row)[0][1]


def test_numbers_and_days_of_a_workbook_are_texts() -> None:
    first = (*RIGHT[:5], date(2026, 5, 20), 86400.5, RIGHT[7])
    second = (*RIGHT[:5], datetime(2026, 5, 20, tzinfo=UTC).replace(tzinfo=None), 86400, RIGHT[7])

    rows = rows_of(workbook_of(CHINESE, first, second))

    assert [texts(row)[5:7] for row in rows] == [("2026-05-20", "86400.5"), ("2026-05-20", "86400")]


def test_a_broken_line_of_ndjson_is_that_lines_error() -> None:
    right = json.dumps(dict(zip(ENGLISH, RIGHT, strict=True)))
    half_a_character = right.replace(json.dumps(RIGHT[1]), '"\\ud800"')
    rows = rows_of("\n".join(['{"case_number": ', right, "[]", right + "x", half_a_character]).encode())

    assert [(row.number, row.is_read) for row in rows[:4]] == [(1, False), (2, True), (3, False), (4, False)]
    assert told(rows[0]) == [("", "is no JSON object: check the line")]
    assert [field for field, _ in told(rows[4])] == ["subject_name"]


def test_what_a_line_of_ndjson_holds_beyond_its_columns_is_told() -> None:
    right = dict(zip(ENGLISH, RIGHT, strict=True))
    lines = [
        right,
        right | {"remark": "x"},
        right | {"agencies": ["铁路", "公安"], "number": 990000197903120136},
    ]
    rows = rows_of("\n".join(json.dumps(line) for line in lines).encode())

    assert [told(row) for row in rows] == [[], [("", "has a cell under no column name: check it")], []]
    assert texts(rows[2])[2] == "990000197903120136"
    assert texts(rows[2])[7] == "铁路;公安"


def test_the_template_is_read_back_and_its_columns_are_text() -> None:
    assert refusal_of(write_workbook(CHINESE)) == "holds no rows: fill it in and upload it again"


def test_the_repr_of_a_row_shows_nobody() -> None:
    (row,) = rows_of(csv_of(ROW).encode())

    assert repr(row) == "FileRow(2)"


@pytest.mark.parametrize(
    ("field", "chinese"),
    [
        ("documents[0].number", "证件号码"),
        ("documents", "证件号码"),
        ("papers.assistance-letter.issued_on", "协助执行通知书日期"),
        ("papers", "依据文书"),
    ],
)
def test_a_problem_is_told_under_the_column_it_is_about(field: str, chinese: str) -> None:
    column = column_of(field)

    assert column is not None
    assert column.chinese == chinese
