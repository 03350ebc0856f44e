"""A case number has one normal form however it was typed, and what is none is refused with a remedy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.case_numbers import (
    ENFORCEMENT_TYPES,
    CaseNumber,
    CaseNumberFault,
    CaseNumberRefused,
    paper_number,
    parse_case_number,
)
from schemas.text import Language

MODEL_CASE = CaseNumber(year=2026, court="京0199", trial="", kind="执", serial=1357)

CASE_NUMBERS = st.builds(
    CaseNumber,
    year=st.integers(2016, 2099),
    court=st.sampled_from(["京0199", "京01", "京", "兵9901", "最高法"]),
    trial=st.sampled_from(["", "商", "知"]),
    kind=st.sampled_from(sorted(ENFORCEMENT_TYPES)),
    serial=st.integers(1, 999_999_999),
)


@pytest.mark.parametrize(
    "typed",
    [
        "（2026）京0199执1357号",
        "(2026)京0199执1357号",
        "〔2026〕京0199执1357号",
        "[2026]京0199执1357号",
        "【2026】京0199执1357号",
        " ( 2026 ) 京 0199 执 1357 号 ",
        "（２０２６）京０１９９执１３５７号",
        "（2026）\u3000京0199执01357号",
    ],
)
def test_a_case_number_has_one_normal_form_however_it_was_typed(typed: str) -> None:
    assert parse_case_number(typed) == MODEL_CASE


@pytest.mark.parametrize(
    ("typed", "trial", "kind"),
    [
        ("（2026）京0199执恢12号", "", "执恢"),
        ("（2026）京0199执异12号", "", "执异"),
        ("（2026）京0199执保12号", "", "执保"),
        ("（2026）京0199执他12号", "", "执他"),
        ("（2026）京0199商执12号", "商", "执"),
        ("（2026）京0199商执恢12号", "商", "执恢"),
    ],
)
def test_type_and_trial_code_are_told_apart(typed: str, trial: str, kind: str) -> None:
    assert parse_case_number(typed) == CaseNumber(
        year=2026, court="京0199", trial=trial, kind=kind, serial=12
    )


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("", CaseNumberFault.EMPTY),
        (" \u3000", CaseNumberFault.EMPTY),
        ("京0199执1357号", CaseNumberFault.WRONG_FORM),
        ("（2026）京0199执1357", CaseNumberFault.WRONG_FORM),
        ("（2026）京0199执1357号之一", CaseNumberFault.WRONG_FORM),
        ("（2026京0199执1357号", CaseNumberFault.WRONG_FORM),
        ("（26）京0199执1357号", CaseNumberFault.WRONG_FORM),
        ("（2026）京0199执号", CaseNumberFault.WRONG_FORM),
        ("（2026）京0199执13\x0057号", CaseNumberFault.WRONG_FORM),
        ("（2026）京0199执١٢号", CaseNumberFault.WRONG_FORM),
        ("（2026）京0199执" + "1" * 1_000_000 + "号", CaseNumberFault.WRONG_FORM),
        ("26执1357", CaseNumberFault.WRONG_FORM),
        ("（2015）京0199执1357号", CaseNumberFault.BEFORE_2016),
        ("（2026）国0199执1357号", CaseNumberFault.UNKNOWN_COURT),
        ("（2026）京199执1357号", CaseNumberFault.UNKNOWN_COURT),
        ("（2026）京0199民初1357号", CaseNumberFault.NOT_ENFORCEMENT),
        ("（2026）京0199商商执1357号", CaseNumberFault.NOT_ENFORCEMENT),
        ("（2026）京0199执000号", CaseNumberFault.NO_SERIAL),
    ],
)
def test_what_is_no_enforcement_case_is_refused(typed: str, fault: CaseNumberFault) -> None:
    assert parse_case_number(typed) == CaseNumberRefused(fault=fault)


@pytest.mark.parametrize(
    ("number", "full", "short", "english"),
    [
        (MODEL_CASE, "（2026）京0199执1357号", "26执1357", "26 Zhi 1357"),
        (
            CaseNumber(year=2016, court="京01", trial="商", kind="执恢", serial=5),
            "（2016）京01商执恢5号",
            "16执恢5",
            "16 Zhi Hui 5",
        ),
        (
            CaseNumber(year=2107, court="京", trial="", kind="执异", serial=30),
            "（2107）京执异30号",
            "07执异30",
            "07 Zhi Yi 30",
        ),
    ],
)
def test_a_case_is_printed_as_papers_and_messages_print_it(
    number: CaseNumber, full: str, short: str, english: str
) -> None:
    assert (number.full, number.short, number.short_english) == (full, short, english)


@pytest.mark.parametrize(
    ("kind", "english"),
    [("执", "Zhi"), ("执恢", "Zhi Hui"), ("执异", "Zhi Yi"), ("执保", "Zhi Bao"), ("执他", "Zhi Ta")],
)
def test_every_type_has_its_english_spelling(kind: str, english: str) -> None:
    assert ENFORCEMENT_TYPES[kind] == english


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("fault", CaseNumberFault)
def test_every_fault_has_its_remedy_in_both_languages(fault: CaseNumberFault, language: Language) -> None:
    assert len(CaseNumberRefused(fault=fault).remedy(language)) > 10


@given(CASE_NUMBERS)
def test_what_is_printed_is_read_back(number: CaseNumber) -> None:
    assert parse_case_number(number.full) == number


@given(st.text())
def test_whatever_is_typed_is_answered(typed: str) -> None:
    assert isinstance(parse_case_number(typed), CaseNumber | CaseNumberRefused)


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("（２０２６）京０１９９执１３５７号之一", "（2026）京0199执1357号之一"),
        ("(2026) 京0199执1357号之一", "（2026）京0199执1357号之一"),
        ("〔2026〕京0199执1357号之一", "（2026）京0199执1357号之一"),
        ("【2026】京0199司惩7号", "（2026）京0199司惩7号"),
        ("云公交决字 [2026] 第 15 号", "云公交决字（2026）第15号"),
        ("summons-warrant-1", "summons-warrant-1"),
    ],
)
def test_a_papers_number_has_one_form_however_it_was_typed(typed: str, printed: str) -> None:
    assert paper_number(typed) == printed
    assert paper_number(printed) == printed
