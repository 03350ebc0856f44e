"""A row says what the registration form says, in the words that people write."""

from datetime import date

import pytest

from schemas.documents import DocumentKind
from schemas.measures import AgencyKind, Measure
from tracker.domain.evidence import EvidenceKind
from tracker.domain.ids import AgencyId, CourtId
from tracker.domain.imports import ImportRow, bulk_problems, double_problems
from tracker.domain.measures import PaperKind
from tracker.domain.registration import DocumentForm, EntryForm, PaperForm
from tracker.storage.agencies import Agency, Profile
from tracker.web.entries.imports.columns import COLUMNS
from tracker.web.entries.imports.files import FileRow
from tracker.web.entries.imports.report import csv_line
from tracker.web.entries.imports.rows import read_row, words_of

TODAY = date(2026, 2, 24)
BY_NAME = {column.chinese: column for column in COLUMNS}
TYPED = {
    "案号": "（2026）京0199执1402号",
    "姓名": "程远舟",
    "证件号码": "99000019851105017x",
    "身份核实来源": "户籍信息（住址相符）；signed-at-hearing",
    "措施": "协助送达",
    "最后一日": "2026/5/20",
    "解除金额": "86,400.00",
    "联动单位": "铁路、Police",
    "待送达文书文号": "（2026）京0199执1402号之一",
    "待送达文书日期": "2026年1月12日",
    "待送达文书签发人": "岳衡",
}


def agency(kind: AgencyKind, name: str, name_en: str) -> Agency:
    return Agency(
        agency_id=AgencyId(kind.value),
        court_id=CourtId("yunhe"),
        kind=kind,
        name=name,
        name_en=name_en,
        profile=Profile.TOKENS,
        hold_for_s=7200,
        channel_basis="协议",
        sealing_public=b"",
    )


WORDS = words_of([agency(AgencyKind.RAIL, "铁路", "Railway"), agency(AgencyKind.POLICE, "公安", "Police")])


def read(**changes: str) -> ImportRow:
    texts = {BY_NAME[name]: text for name, text in (TYPED | changes).items()}
    return read_row(FileRow(number=2, texts=texts), WORDS, TODAY)


def form(**changes: str) -> EntryForm:
    row = read(**changes)
    assert row.form is not None
    return row.form


def test_a_row_becomes_the_form_of_one_registration() -> None:
    row = read()

    assert row.problems == ()
    assert row.form == EntryForm(
        case_number="（2026）京0199执1402号",
        subject_name="程远舟",
        capacity="debtor",
        documents=(
            DocumentForm(
                kind=DocumentKind.RESIDENT_ID,
                number="99000019851105017x",
                evidence=(EvidenceKind.SIGNED_AT_HEARING, EvidenceKind.HOUSEHOLD_REGISTER),
            ),
        ),
        measure=Measure.SERVE,
        papers=(
            PaperForm(
                kind=PaperKind.DOCUMENT_TO_SERVE,
                number="（2026）京0199执1402号之一",
                issued_on=date(2026, 1, 12),
                signer="岳衡",
            ),
        ),
        agency_ids=(AgencyId("rail"), AgencyId("police")),
        valid_until=date(2026, 5, 20),
        release_amount_fen=8_640_000,
    )


@pytest.mark.parametrize(
    "typed", ["2026-05-20", "2026/5/20", "2026.05.20", "2026年5月20日", "2026-5-20 0:00", "20260520"]
)
def test_a_day_is_read_as_people_write_it(typed: str) -> None:
    assert form(最后一日=typed).valid_until == date(2026, 5, 20)


def test_noughts_that_fit_by_chance_are_warned_of() -> None:
    row = read(证件号码="990000198511059000")

    assert row.problems == ()
    assert [(one.field, one.zh) for one in row.warnings] == [
        ("documents[0].number", "末三位是000，表格软件把长号码当作数字时会这样：请对照证件核对")
    ]


@pytest.mark.parametrize("typed", ["serve", "Serve", "协助送达", " 协助送达　"])
def test_a_measure_is_read_in_either_language(typed: str) -> None:
    assert form(措施=typed).measure is Measure.SERVE


@pytest.mark.parametrize(
    ("column", "typed", "field", "remedy"),
    [
        ("措施", "抓捕", "measure", "有不认识的词，请填写：通报行踪、协助送达"),
        ("联动单位", "铁路;海关", "agencies", "有不认识的词，请填写：铁路、公安"),
        ("最后一日", "2026-02-30", "valid_until", "不是可以辨认的日期，请写成 2026-05-20"),
        ("最后一日", "20/5/2026", "valid_until", "不是可以辨认的日期，请写成 2026-05-20"),
        ("最后一日", "46162", "valid_until", "不是可以辨认的日期，请写成 2026-05-20"),
        (
            "证件号码",
            "990000198511050000",
            "documents[0].number",
            "被表格软件当作数字，末几位已丢失：请将该列设为文本后重新填写",
        ),
        ("解除金额", "八万", "release_amount", "请填写金额，例如 86,400.00"),
        ("待送达文书签发人", "", "papers.document-to-serve.signer", "请填写"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_column_and_remedy(
    column: str, typed: str, field: str, remedy: str
) -> None:
    assert [(one.field, one.zh) for one in read(**{column: typed}).problems] == [(field, remedy)]


@pytest.mark.parametrize(
    ("measure", "fields"),
    [
        ("通报行踪", []),
        ("协助送达", []),
        ("协助控制（拘传）", ["measure"]),
        ("协助控制（拘留）", ["measure"]),
        ("口岸阻止出境", ["measure"]),
        ("掌握出入境动态", ["measure"]),
        ("不予签发出入境证件", ["measure"]),
    ],
)
def test_only_reporting_and_serving_come_in_bulk(measure: str, fields: list[str]) -> None:
    assert [one.field for one in bulk_problems(form(措施=measure))] == fields


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, [("documents[0].number", "与第2行重复（同一人、同一案、同一措施），请删除其中一行")]),
        (
            {"案号": "(2026)京0199执1402号"},
            [("documents[0].number", "与第2行重复（同一人、同一案、同一措施），请删除其中一行")],
        ),
        ({"案号": "（2026）京0199执1357号"}, []),
        ({"措施": "通报行踪"}, []),
        ({"姓名": "张三"}, [("subject_name", "与第2行证件号码相同而姓名不同，请逐一核实")]),
    ],
)
def test_a_number_that_stands_in_two_rows(changes: dict[str, str], told: list[tuple[str, str]]) -> None:
    found = double_problems(form(**changes), read())

    assert [(one.field, one.zh) for one in found] == told


@pytest.mark.parametrize("typed", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_no_cell_of_a_report_is_a_formula(typed: str) -> None:
    assert csv_line(["7", typed]).startswith(("7,'", "7,\"'"))
