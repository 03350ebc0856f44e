"""A later end or a wider measure: what may be asked for, and on which papers the entry stands then."""

from dataclasses import replace
from datetime import date

import pytest

from schemas.measures import Measure
from tests.unit.tracker.examples import ENTRY, NOON, SUMMONS_PAPERS, TODAY, WARRANT, paper, rule_for
from tracker.domain.amendments import (
    Amendment,
    AmendmentForm,
    AmendmentState,
    amended,
    amendment_problems,
    last_day_asked,
    replaced_papers,
)
from tracker.domain.entries import Entry
from tracker.domain.ids import AmendmentId, PaperId, PersonId
from tracker.domain.measures import PaperKind

SUMMONS = replace(WARRANT, paper_id=PaperId("paper-2"), kind=PaperKind.SERVED_SUMMONS, valid_until=None)
PROOF = replace(SUMMONS, paper_id=PaperId("paper-3"), kind=PaperKind.PROOF_OF_SERVICE)
HELD = replace(ENTRY, papers=(WARRANT, SUMMONS, PROOF), valid_until=date(2026, 4, 30))
"""To hold for a summons until the end of April; the warrant lasts until 20 May."""

NEW_WARRANT = paper(PaperKind.SUMMONS_WARRANT, date(2026, 5, 25))
LATER = AmendmentForm(measure=Measure.HOLD_FOR_SUMMONS, valid_until=date(2026, 5, 25), papers=(NEW_WARRANT,))
DETENTION = AmendmentForm(
    measure=Measure.HOLD_FOR_DETENTION,
    valid_until=date(2026, 4, 30),
    papers=(paper(PaperKind.DETENTION_DECISION), paper(PaperKind.EXECUTION_NOTICE)),
)


def named(entry: Entry, form: AmendmentForm) -> list[tuple[str, str]]:
    rule = rule_for(form.measure)
    return [(problem.field, problem.en) for problem in amendment_problems(entry, form, rule, TODAY)]


def test_a_later_end_on_a_new_warrant_may_be_asked_for() -> None:
    assert named(HELD, LATER) == []


def test_a_wider_measure_on_its_own_papers_may_be_asked_for() -> None:
    assert named(HELD, DETENTION) == []


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        (
            {"papers": ()},
            ("papers", "attach the new paper that allows a later end or a wider measure"),
        ),
        (
            {"valid_until": date(2026, 5, 26), "papers": SUMMONS_PAPERS},
            ("valid_until", "is beyond the 90 days of this measure: choose 2026-05-25 or earlier"),
        ),
        (
            {"papers": (paper(PaperKind.SUMMONS_WARRANT, date(2026, 5, 24)),)},
            ("valid_until", "is past the end of its summons-warrant: choose 2026-05-24 or earlier"),
        ),
        (
            {"papers": (paper(PaperKind.SERVED_SUMMONS),)},
            ("valid_until", "is past the end of its summons-warrant: choose 2026-05-20 or earlier"),
        ),
        (
            {"valid_until": date(2026, 4, 30)},
            ("valid_until", "is no later than the last day in force, 2026-04-30: choose a later day"),
        ),
        (
            {"measure": Measure.HOLD_FOR_DETENTION},
            ("papers", "attach the detention decision: this measure stands on it"),
        ),
        (
            {"measure": Measure.SERVE, "papers": (paper(PaperKind.DOCUMENT_TO_SERVE),)},
            ("measure", "is lighter than the measure in force: end the entry and register it anew"),
        ),
    ],
    ids=[
        "no new paper",
        "beyond the measure",
        "beyond the new paper",
        "beyond a paper of before",
        "no later",
        "a paper of the wider measure is missing",
        "a lighter measure",
    ],
)
def test_what_may_not_be_asked_for_is_named(changed: dict[str, object], problem: tuple[str, str]) -> None:
    assert problem in named(HELD, replace(LATER, **changed))  # type: ignore[arg-type]


def test_each_problem_is_named_once_and_alone() -> None:
    assert named(HELD, replace(LATER, valid_until=date(2026, 6, 30))) == [
        ("valid_until", "is beyond the 90 days of this measure: choose 2026-05-25 or earlier"),
        ("valid_until", "is past the end of its summons-warrant: choose 2026-05-25 or earlier"),
    ]


def test_a_measure_without_a_rule_is_nobodys_to_ask_for() -> None:
    (problem,) = amendment_problems(HELD, LATER, None, TODAY)

    assert problem.field == "measure"


def test_without_an_end_it_lasts_as_long_as_measure_and_papers_allow() -> None:
    open_ended = replace(LATER, valid_until=None)
    rule = rule_for(Measure.HOLD_FOR_SUMMONS)

    assert last_day_asked(HELD, open_ended, rule, TODAY) == date(2026, 5, 25)
    assert last_day_asked(HELD, replace(open_ended, papers=()), rule, TODAY) == date(2026, 5, 20)


def test_a_new_paper_takes_the_place_of_the_former_of_its_kind() -> None:
    new = replace(WARRANT, paper_id=PaperId("paper-9"), valid_until=date(2026, 5, 25))
    amendment = Amendment(
        amendment_id=AmendmentId("amendment-1"),
        entry_id=HELD.entry_id,
        state=AmendmentState.WAITING,
        measure=Measure.HOLD_FOR_SUMMONS,
        valid_until=date(2026, 5, 25),
        papers=(new,),
        asked_by=PersonId("person-shen"),
        asked_at=NOON,
        decided_by=None,
        decided_at=None,
    )

    assert amended(HELD, amendment) == replace(
        HELD, papers=(SUMMONS, PROOF, new), valid_until=date(2026, 5, 25)
    )
    assert replaced_papers(HELD, amendment) == (WARRANT,)
