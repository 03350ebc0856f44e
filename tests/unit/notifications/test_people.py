"""One form of a phone number, whatever was typed, and errors that never repeat it."""

import pytest

from notifications.people import PhoneFault, PhoneRefused, country_of, is_demo_number, normalise_phone


@pytest.mark.parametrize(
    "raw",
    [
        "+86 100 0000 0001",
        "+8610000000001",
        "0086 100 0000 0001",
        "100 0000 0001",
        "10000000001",
        "１００００００0001",
        "+86-100-0000-0001",
        "(+86) 100 0000 0001",
        "  +86 100 0000 0001 ",
        "\u202a+86 100 0000 0001\u202c",
    ],
)
def test_demo_numbers_are_accepted_in_every_written_form(raw: str) -> None:
    assert normalise_phone(raw) == "+8610000000001"


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        ("", PhoneFault.EMPTY),
        ("   ", PhoneFault.EMPTY),
        ("call me", PhoneFault.NOT_A_NUMBER),
        ("+86 10000000001;10000000002", PhoneFault.NOT_A_NUMBER),
        ("10000000001/10000000002", PhoneFault.NOT_A_NUMBER),
        ("+86 100 0000 0001 ext 5", PhoneFault.NOT_A_NUMBER),
        ("100-0000-0001x12", PhoneFault.NOT_A_NUMBER),
        ("10000000001转5", PhoneFault.NOT_A_NUMBER),
        ("+8610000000001abc", PhoneFault.NOT_A_NUMBER),
        ("+999 1234", PhoneFault.NOT_A_NUMBER),
        ("12345", PhoneFault.NOT_ASSIGNED),
        ("+86 100 0000 001", PhoneFault.NOT_A_MOBILE),
        ("+86 100 0000 00011", PhoneFault.NOT_ASSIGNED),
        ("+1 202 555 010", PhoneFault.NOT_ASSIGNED),
        ("010-00000000", PhoneFault.NOT_A_MOBILE),
    ],
)
def test_wrong_numbers_are_refused_for_what_is_wrong(raw: str, fault: PhoneFault) -> None:
    assert normalise_phone(raw) == PhoneRefused(fault=fault)


@pytest.mark.parametrize("fault", list(PhoneFault))
def test_every_fault_has_a_remedy_in_both_languages(fault: PhoneFault) -> None:
    refused = PhoneRefused(fault=fault)

    assert refused.remedy("zh") != refused.remedy("en") != ""


@pytest.mark.parametrize(
    "number", ["8610000000001", "008610000000001", "+86 (0)100 0000 0001", "+８６１０００００00001"]
)
def test_demo_numbers_are_known_in_every_written_form(number: str) -> None:
    assert is_demo_number(number)


def test_demo_numbers_are_known_however_they_are_spaced() -> None:
    assert is_demo_number("+8610000000001")
    assert is_demo_number("+86 100-0000 0001")
    assert not is_demo_number("+8610100000001")
    assert not is_demo_number("+12025550101")


@pytest.mark.parametrize(
    ("number", "country"),
    [
        ("+8610000000001", "CN"),
        ("+85251234567", "HK"),
        ("+12025550101", "US"),
        ("+883510012345", None),
        ("", None),
    ],
)
def test_a_number_is_of_a_country_whether_it_is_assigned_or_not(number: str, country: str | None) -> None:
    assert country_of(number) == country
