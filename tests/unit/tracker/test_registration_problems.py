"""Every bad input of a registration: which field is named, and what to do about it."""

from dataclasses import replace
from datetime import date

import pytest

from schemas.canary import CANARY
from schemas.documents import DocumentKind, Sex
from schemas.measures import Measure
from tests.unit.schemas.invented import checked
from tests.unit.tracker.examples import DOCUMENT, FORM, NUMBER, SUMMONS_PAPERS, TODAY, paper, rule_for
from tracker.domain.evidence import EvidenceKind
from tracker.domain.measures import PaperKind
from tracker.domain.registration import (
    EntryForm,
    PaperForm,
    area_warnings,
    known_likeness,
    last_day_of,
    problems_of,
)

RULE = rule_for(Measure.HOLD_FOR_SUMMONS)
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


def with_number(number: str) -> EntryForm:
    return replace(FORM, documents=(replace(DOCUMENT, number=number),))


def with_evidence(*kinds: EvidenceKind) -> EntryForm:
    return replace(FORM, documents=(replace(DOCUMENT, evidence=kinds),))


def named(form: EntryForm) -> list[tuple[str, str]]:
    return [(problem.field, problem.en) for problem in problems_of(form, RULE, TODAY)]


def test_a_right_form_has_no_problem() -> None:
    assert problems_of(FORM, RULE, TODAY) == ()


@pytest.mark.parametrize(
    ("typed", "as_what"),
    [
        (NUMBER.translate(FULL_WIDTH), "full-width digits"),
        (" 990000 19790312 0136 ", "spaces"),
        ("99000019800101008x", "a lower-case x"),
        ("990000790312013", "the 15 digits of before 1999"),
        (checked("81000020990101101"), "a residence permit of Hong Kong"),
        (checked("82000020990101101"), "a residence permit of Macao"),
        (checked("83000020990101101"), "a residence permit of Taiwan"),
    ],
)
def test_a_number_is_taken_as_it_is_typed(typed: str, as_what: str) -> None:
    assert problems_of(with_number(typed), RULE, TODAY) == (), as_what


def test_an_area_that_never_was_is_warned_of_and_refused_nowhere() -> None:
    permit = replace(DOCUMENT, number=checked("81000020990101101"))

    (found,) = area_warnings((permit, DOCUMENT))

    assert found.field == "documents[1].number"
    assert found.zh == "地区代码不属于任何省份，请对照证件再核对一次；证件确实如此的，可照常登记"
    assert found.en.startswith("has the area code of no province: compare it with the document once more")
    assert NUMBER not in f"{found.zh}{found.en}"
    assert problems_of(FORM, RULE, TODAY) == ()


@pytest.mark.parametrize("typed", [checked("81000020990101101"), "990000197903120137", ""])
def test_a_known_area_and_a_number_that_is_refused_are_not_warned_of(typed: str) -> None:
    assert tuple(area_warnings((replace(DOCUMENT, number=typed),))) == ()


def test_nobody_is_sought_under_the_number_of_the_canary() -> None:
    (found,) = named(with_number(CANARY.number))

    assert found == (
        "documents[0].number",
        "is the number that proves lines alive and nobody's: compare it with the document",
    )


@pytest.mark.parametrize(
    ("typed", "remedy"),
    [
        ("990000197903120137", "check character does not fit"),
        ("990000197902300136", "birth date"),
        ("99000019790312013", "wrong length"),
        ("", "enter it"),
        ("99000019790312O136", "type it again"),
    ],
)
def test_a_number_that_cannot_be_is_named_without_repeating_it(typed: str, remedy: str) -> None:
    problems = named(with_number(typed))

    assert [field for field, _ in problems] == ["documents[0].number"]
    assert remedy in problems[0][1]
    assert not typed or typed not in problems[0][1]


def test_each_wrong_number_is_named_by_its_place() -> None:
    wrong = replace(DOCUMENT, number="990000197903120137")
    passport = replace(DOCUMENT, kind=DocumentKind.PASSPORT, number="!")

    problems = named(replace(FORM, documents=(DOCUMENT, wrong, passport)))

    assert [field for field, _ in problems] == ["documents[1].number", "documents[2].number"]


def test_without_any_number_nobody_can_be_found() -> None:
    assert named(replace(FORM, documents=())) == [
        ("documents", "register at least one identity document number")
    ]


def test_a_number_without_evidence() -> None:
    assert named(with_evidence()) == [
        ("documents[0].evidence", "say why this number is this person's (identity evidence)")
    ]


@pytest.mark.parametrize("kind", [EvidenceKind.GIVEN_BY_CREDITOR, EvidenceKind.ID_COPY_IN_CONTRACT])
def test_the_creditors_word_alone_does_not_stop_a_person(kind: EvidenceKind) -> None:
    assert named(with_evidence(kind)) == [
        (
            "documents[0].evidence",
            "a stopping measure needs identity evidence independent of the creditor; "
            "add one or choose report whereabouts",
        )
    ]


def test_the_creditors_word_is_enough_to_report_whereabouts() -> None:
    form = replace(
        with_evidence(EvidenceKind.GIVEN_BY_CREDITOR),
        measure=Measure.REPORT_WHEREABOUTS,
        papers=(paper(PaperKind.ASSISTANCE_LETTER), paper(PaperKind.WHEREABOUTS_RECORD)),
    )

    assert problems_of(form, rule_for(Measure.REPORT_WHEREABOUTS), TODAY) == ()


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        (SUMMONS_PAPERS[1:], ["attach the served summons: this measure stands on it"]),
        (SUMMONS_PAPERS[:2], ["attach the summons warrant: this measure stands on it"]),
        (
            (),
            [
                "attach the served summons: this measure stands on it",
                "attach the proof of service: this measure stands on it",
                "attach the summons warrant: this measure stands on it",
            ],
        ),
    ],
)
def test_a_stopping_measure_without_its_papers(given: tuple[PaperForm, ...], missing: list[str]) -> None:
    form = replace(FORM, papers=given)

    assert named(form) == [("papers", remedy) for remedy in missing]


def test_a_measure_without_a_rule_in_force() -> None:
    assert [(one.field, one.en) for one in problems_of(FORM, None, TODAY)] == [
        ("measure", "no rule in force: ask the administrator")
    ]


@pytest.mark.parametrize(
    ("until", "problem"),
    [
        (date(2026, 2, 24), None),
        (date(2026, 5, 25), None),
        (date(2026, 2, 23), "is past: choose a later day"),
        (date(2026, 5, 26), "is beyond the 90 days of this measure: choose 2026-05-25 or earlier"),
    ],
)
def test_the_end_lies_within_the_length_of_the_measure(until: date, problem: str | None) -> None:
    found = [en for field, en in named(replace(FORM, valid_until=until)) if field == "valid_until"]

    assert found == ([] if problem is None else [problem])


def test_an_end_past_its_paper() -> None:
    warrant = paper(PaperKind.SUMMONS_WARRANT, valid_until=date(2026, 4, 30))

    assert named(replace(FORM, papers=(*SUMMONS_PAPERS[:2], warrant))) == [
        ("valid_until", "is past the end of its summons-warrant: choose 2026-04-30 or earlier")
    ]


def test_an_end_on_the_last_day_of_its_paper() -> None:
    warrant = paper(PaperKind.SUMMONS_WARRANT, valid_until=date(2026, 5, 20))

    assert named(replace(FORM, papers=(*SUMMONS_PAPERS[:2], warrant))) == []


@pytest.mark.parametrize(
    ("paper_ends", "last_day"),
    [
        (None, date(2026, 5, 25)),
        (date(2026, 5, 26), date(2026, 5, 25)),
        (date(2026, 4, 30), date(2026, 4, 30)),
    ],
)
def test_without_an_end_it_lasts_as_long_as_measure_and_papers_allow(
    paper_ends: date | None, last_day: date
) -> None:
    warrant = paper(PaperKind.SUMMONS_WARRANT, valid_until=paper_ends)
    form = replace(FORM, valid_until=None, papers=(*SUMMONS_PAPERS[:2], warrant))

    assert named(form) == []
    assert last_day_of(form, RULE, TODAY) == last_day


def test_an_end_that_was_entered_stays() -> None:
    assert last_day_of(FORM, RULE, TODAY) == date(2026, 5, 20)


def test_a_paper_that_has_passed_is_no_end() -> None:
    warrant = paper(PaperKind.SUMMONS_WARRANT, valid_until=date(2026, 2, 23))

    assert named(replace(FORM, valid_until=None, papers=(*SUMMONS_PAPERS[:2], warrant))) == [
        ("valid_until", "is past: choose a later day")
    ]


def test_what_was_left_empty() -> None:
    form = replace(FORM, subject_name="  ", agency_ids=(), release_amount_fen=0)

    assert named(form) == [
        ("subject_name", "enter the name"),
        ("agencies", "choose at least one agency"),
        ("release_amount", "enter an amount above zero"),
    ]


def test_everything_wrong_is_said_at_once_and_in_both_languages() -> None:
    form = replace(FORM, documents=(), papers=(), valid_until=date(2026, 2, 1), subject_name="")
    problems = problems_of(form, RULE, TODAY)

    assert [problem.field for problem in problems] == [
        "documents",
        "papers",
        "papers",
        "papers",
        "valid_until",
        "subject_name",
    ]
    assert all(problem.zh and problem.en for problem in problems)


def test_sex_and_birth_date_come_from_the_resident_number_unless_they_were_entered() -> None:
    born, entered = date(1979, 3, 12), date(1979, 3, 21)

    assert known_likeness(FORM) == (Sex.MALE, born)
    assert known_likeness(replace(FORM, sex=Sex.FEMALE, birth_date=entered)) == (Sex.FEMALE, entered)
    assert known_likeness(with_number("990000197903120137")) == (None, None)
