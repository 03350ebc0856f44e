"""A document has one normal form however it was typed; a number that cannot be is refused with a remedy."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from schemas.documents import (
    DocumentFault,
    DocumentKind,
    DocumentRefused,
    IdentityDocument,
    Sex,
    area_warning,
    birth_date,
    check_character,
    is_resident_number,
    masked,
    normalise_document,
    sex,
)
from schemas.text import Language
from tests.unit.schemas.invented import BIRTHS, NUMBERS, checked, resident

RESIDENT = DocumentKind.RESIDENT_ID
PASSPORT = DocumentKind.PASSPORT
# Born in 2099, so that a number with a real area is nobody's.
HONG_KONG = checked("81000020990101101")
MACAO = checked("82000020990101101")
TAIWAN = checked("83000020990101101")
FOREIGNER = checked("91112320990101101")
PROVINCE_OF_NO_AREA = checked("90012320990101101")


@pytest.mark.parametrize(
    "typed",
    [
        "99012319880709207X",
        "99012319880709207x",
        "９９０１２３１９８８０７０９２０７Ｘ",
        " 990123 19880709 207x ",
        "990123-19880709-207X",
        "990123\u300019880709207X",
        "990123\u201319880709\u2014207X",
        "990123880709207",
        "９９０１２３ ８８０７０９ ２０７",
        "\u200b990123198807\u200b09207X",
        "\ufeff99012319880709207X",
        "99012319880709207X\u202c",
    ],
)
def test_a_number_has_one_normal_form_however_it_was_typed(typed: str) -> None:
    assert normalise_document(RESIDENT, typed) == resident("99012319880709207X")


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("", DocumentFault.EMPTY),
        (" \u3000-", DocumentFault.EMPTY),
        ("990123198807092031", DocumentFault.WRONG_CHECK_DIGIT),
        ("99012319880709230X", DocumentFault.WRONG_CHECK_DIGIT),
        ("990123198807092O3X", DocumentFault.WRONG_CHARACTERS),
        ("X90123198807092033", DocumentFault.WRONG_CHARACTERS),
        ("99012319880709207X\x00", DocumentFault.WRONG_LENGTH),
        ("99012319880709207\x00", DocumentFault.WRONG_CHARACTERS),
        ("99012319880709٢03X", DocumentFault.WRONG_CHARACTERS),
        ("99012388070920X", DocumentFault.WRONG_CHARACTERS),
        ("9901231988070920", DocumentFault.WRONG_LENGTH),
        ("99012319880709207X9", DocumentFault.WRONG_LENGTH),
        ("9" * 1_000_000, DocumentFault.WRONG_LENGTH),
        (checked("99012319880230203"), DocumentFault.IMPOSSIBLE_BIRTH_DATE),
        (checked("99012319891301203"), DocumentFault.IMPOSSIBLE_BIRTH_DATE),
        (checked("99012319880700203"), DocumentFault.IMPOSSIBLE_BIRTH_DATE),
        (checked("99012318490101203"), DocumentFault.IMPOSSIBLE_BIRTH_DATE),
        (checked("99012321010101203"), DocumentFault.IMPOSSIBLE_BIRTH_DATE),
        ("990123890229203", DocumentFault.IMPOSSIBLE_BIRTH_DATE),
    ],
)
def test_a_number_that_cannot_be_is_refused(typed: str, fault: DocumentFault) -> None:
    assert normalise_document(RESIDENT, typed) == DocumentRefused(fault=fault)


@pytest.mark.parametrize("number", [HONG_KONG, MACAO, TAIWAN, FOREIGNER])
def test_permits_and_foreigners_cards_follow_the_same_rule(number: str) -> None:
    assert normalise_document(RESIDENT, number) == resident(number)


@pytest.mark.parametrize(
    ("fifteen", "born"),
    [
        ("990123880709203", date(1988, 7, 9)),
        ("990123000229203", None),
        ("990123991231995", date(1999, 12, 31)),
        ("990123991231996", date(1899, 12, 31)),
        ("990123500101999", date(1850, 1, 1)),
    ],
)
def test_an_old_number_is_of_the_century_its_sequence_says(fifteen: str, born: date | None) -> None:
    upgraded = normalise_document(RESIDENT, fifteen)

    assert (birth_date(upgraded) if isinstance(upgraded, IdentityDocument) else None) == born


@pytest.mark.parametrize(
    ("kind", "typed", "number"),
    [
        (PASSPORT, "e12345678", "E12345678"),
        (PASSPORT, "EA 123 4567", "EA1234567"),
        (PASSPORT, "E1234567<", "E1234567"),
        (PASSPORT, "Ｐ１２３４５６７", "P1234567"),
        (DocumentKind.HK_MACAO_PASS, "c12345678", "C12345678"),
        (DocumentKind.HK_MACAO_PASS, "CA1234567", "CA1234567"),
        (DocumentKind.TAIWAN_PASS, "L12345678", "L12345678"),
        (DocumentKind.MAINLAND_TRAVEL_PERMIT, "h12345678", "H12345678"),
        (DocumentKind.MAINLAND_TRAVEL_PERMIT, "0123 4567", "01234567"),
        (DocumentKind.MAINLAND_TRAVEL_PERMIT, "H12345678 01", "H12345678"),
        (DocumentKind.MAINLAND_TRAVEL_PERMIT, "0123456702", "01234567"),
        (DocumentKind.MILITARY_ID, "军字第1234567号", "军1234567"),
        (DocumentKind.MILITARY_ID, "军1234567", "军1234567"),
    ],
)
def test_other_documents_are_taken_by_the_look_of_their_kind(
    kind: DocumentKind, typed: str, number: str
) -> None:
    assert normalise_document(kind, typed) == IdentityDocument(kind=kind, number=number)


@pytest.mark.parametrize(
    ("kind", "typed", "fault"),
    [
        (PASSPORT, "E1234567890", DocumentFault.WRONG_LENGTH),
        (PASSPORT, "123456789", DocumentFault.WRONG_CHARACTERS),
        (PASSPORT, "E<1234567", DocumentFault.WRONG_CHARACTERS),
        (DocumentKind.MAINLAND_TRAVEL_PERMIT, "H123456780", DocumentFault.WRONG_LENGTH),
        (PASSPORT, "E1234567\x00", DocumentFault.WRONG_CHARACTERS),
        (DocumentKind.HK_MACAO_PASS, "E12345678", DocumentFault.WRONG_CHARACTERS),
        (DocumentKind.TAIWAN_PASS, "L1234567", DocumentFault.WRONG_LENGTH),
        (DocumentKind.MAINLAND_TRAVEL_PERMIT, "K12345678", DocumentFault.WRONG_CHARACTERS),
        (DocumentKind.MILITARY_ID, "123456789", DocumentFault.WRONG_CHARACTERS),
        (DocumentKind.MILITARY_ID, "字第号", DocumentFault.WRONG_LENGTH),
    ],
)
def test_a_number_of_another_kind_is_refused(kind: DocumentKind, typed: str, fault: DocumentFault) -> None:
    assert normalise_document(kind, typed) == DocumentRefused(fault=fault)


@pytest.mark.parametrize(
    ("state", "normal"),
    [
        ("USA", "USA"),
        ("usa", "USA"),
        ("us", "USA"),
        ("GB", "GBR"),
        ("HK", "HKG"),
        ("D<<", "DEU"),
        ("deu", "DEU"),
        (" ＦＲＡ ", "FRA"),
    ],
)
def test_a_foreign_passport_bears_its_state(state: str, normal: str) -> None:
    document = normalise_document(PASSPORT, "ab-12345", issuing_state=state)

    assert document == IdentityDocument(kind=PASSPORT, issuing_state=normal, number="AB12345")


@pytest.mark.parametrize("state", ["", "<<<", "USAA", "12", "156", "C", "XX", "中国", "C\x00N"])
def test_an_unreadable_state_is_refused(state: str) -> None:
    refused = normalise_document(PASSPORT, "AB12345", issuing_state=state)

    assert refused == DocumentRefused(fault=DocumentFault.UNKNOWN_ISSUING_STATE)


def test_two_letters_of_the_own_state_are_the_same_passport() -> None:
    document = normalise_document(PASSPORT, "E12345678", issuing_state="CN")

    assert document == IdentityDocument(kind=PASSPORT, issuing_state="CHN", number="E12345678")


def test_a_filled_up_foreign_number_is_the_number_without_its_filler() -> None:
    document = normalise_document(PASSPORT, "L898902C<", issuing_state="UTO")

    assert document == IdentityDocument(kind=PASSPORT, issuing_state="UTO", number="L898902C")


def test_a_letter_outside_a_to_z_is_never_turned_into_one() -> None:
    refused = normalise_document(PASSPORT, "ß123456", issuing_state="GBR")

    assert refused == DocumentRefused(fault=DocumentFault.WRONG_CHARACTERS)


def test_a_debtor_is_not_missed_because_a_reader_named_another_state_for_a_chinese_card() -> None:
    document = normalise_document(DocumentKind.HK_MACAO_PASS, "C12345678", issuing_state="HKG")

    assert document == IdentityDocument(kind=DocumentKind.HK_MACAO_PASS, number="C12345678")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("fault", DocumentFault)
def test_every_fault_has_its_remedy_in_both_languages(fault: DocumentFault, language: Language) -> None:
    assert len(DocumentRefused(fault=fault).remedy(language)) > 10


def test_a_remedy_says_what_to_compare() -> None:
    refused = DocumentRefused(fault=DocumentFault.IMPOSSIBLE_BIRTH_DATE)

    assert refused.remedy("zh") == "证件号码中的出生日期不存在，请对照证件核对第7至14位"
    assert refused.remedy("en") == (
        "the birth date in the number does not exist: compare digits 7 to 14 with the document"
    )


def test_a_repr_never_shows_the_number() -> None:
    assert "1988" not in repr(resident("99012319880709207X"))


@pytest.mark.parametrize(
    ("document", "shown"),
    [
        (resident("99012319880709207X"), "990*************7X"),
        (IdentityDocument(kind=PASSPORT, number="EA1234567"), "E******67"),
        (IdentityDocument(kind=PASSPORT, issuing_state="USA", number="12345"), "1**45"),
    ],
)
def test_a_mask_shows_the_ends_only(document: IdentityDocument, shown: str) -> None:
    assert masked(document) == shown


def test_birth_and_sex_are_read_from_the_number() -> None:
    man, woman = resident(checked("99012319880709203")), resident(checked("99012319880709204"))

    assert (birth_date(man), sex(man)) == (date(1988, 7, 9), Sex.MALE)
    assert (birth_date(woman), sex(woman)) == (date(1988, 7, 9), Sex.FEMALE)


def test_a_passport_number_tells_neither_birth_nor_sex() -> None:
    passport = IdentityDocument(kind=PASSPORT, number="EA1234567")

    assert (birth_date(passport), sex(passport)) == (None, None)


@pytest.mark.parametrize(
    ("number", "unusual"),
    [
        (HONG_KONG, False),
        (FOREIGNER, False),
        (PROVINCE_OF_NO_AREA, True),
        (checked("99012319880709203"), True),
        (checked("16000020990101101"), True),
    ],
)
def test_an_unusual_area_is_a_warning_only(number: str, unusual: bool) -> None:
    document = normalise_document(RESIDENT, number)

    assert document == resident(number)
    assert area_warning(resident(number)) is unusual


def test_a_document_without_an_area_is_not_warned_of() -> None:
    assert area_warning(IdentityDocument(kind=PASSPORT, number="EA1234567")) is False


@given(st.text(alphabet="0123456789", min_size=17, max_size=17))
def test_the_check_character_is_that_of_the_standard(first_17: str) -> None:
    assert check_character(first_17) == ric.calc_check_digit(first_17 + "0")


@given(NUMBERS)
def test_the_birth_date_is_the_one_the_standard_library_of_numbers_reads(number: str) -> None:
    assert birth_date(resident(number)) == ric.get_birth_date(number)


@given(NUMBERS)
def test_a_normal_form_is_its_own_normal_form(number: str) -> None:
    assert normalise_document(RESIDENT, number) == resident(number)


@given(NUMBERS, st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_is_always_found(number: str, place: int, off: int) -> None:
    wrong = str((int(number[place]) + off) % 10)

    assert isinstance(
        normalise_document(RESIDENT, number[:place] + wrong + number[place + 1 :]), DocumentRefused
    )


@given(BIRTHS.filter(lambda born: born.year < 2000), st.integers(0, 995))
def test_the_old_and_the_new_number_of_a_person_are_the_same_document(born: date, sequence: int) -> None:
    old = f"990123{born:%y%m%d}{sequence:03d}"
    new = checked(f"990123{born:%Y%m%d}{sequence:03d}")

    assert normalise_document(RESIDENT, old) == normalise_document(RESIDENT, new) == resident(new)


@given(st.sampled_from(DocumentKind), st.text(), st.text(max_size=5))
def test_whatever_is_typed_is_answered(kind: DocumentKind, typed: str, state: str) -> None:
    answer = normalise_document(kind, typed, issuing_state=state)

    assert isinstance(answer, IdentityDocument | DocumentRefused)


@given(NUMBERS, st.integers(0, 17), st.sampled_from("0123456789X x٣"))
def test_what_is_known_at_once_is_what_stays_as_it_is(number: str, at: int, other: str) -> None:
    changed = number[:at] + other + number[at + 1 :]

    assert is_resident_number(number)
    assert is_resident_number(changed) is (normalise_document(RESIDENT, changed) == resident(changed))


@pytest.mark.parametrize("born", ["20000229", "19000228", "18500101", "21001231"])
def test_a_day_that_was_is_known_at_once(born: str) -> None:
    assert is_resident_number(checked(f"990101{born}001"))


@pytest.mark.parametrize("born", ["19000229", "20010229", "20010431", "18491231", "21010101", "20001301"])
def test_a_day_that_never_was_is_not(born: str) -> None:
    assert not is_resident_number(checked(f"990101{born}001"))
