"""The rules a court starts with (DOMAIN: measures and their basis), and which evidence is independent."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from schemas.measures import Measure
from tests.unit.tracker.examples import NOON, rule_for
from tracker.domain.evidence import EvidenceKind, is_independent
from tracker.domain.measures import FIRST_RULES, MEASURE_ZH, PAPER_ZH, PaperKind, is_stopping, rule_on
from tracker.domain.people import Role

LEADERS = (Role.BUREAU_LEADER, Role.PRESIDENT)
PRESIDENT = (Role.PRESIDENT,)
BORDER_PAPERS = (PaperKind.EXIT_RESTRICTION, PaperKind.BORDER_NOTICE)
SUMMONS_PAPERS = (PaperKind.SERVED_SUMMONS, PaperKind.PROOF_OF_SERVICE, PaperKind.SUMMONS_WARRANT)
DETENTION_PAPERS = (PaperKind.DETENTION_DECISION, PaperKind.EXECUTION_NOTICE)
WHEREABOUTS_PAPERS = (PaperKind.ASSISTANCE_LETTER, PaperKind.WHEREABOUTS_RECORD)

SIGNED, CONTRACT = EvidenceKind.SIGNED_AT_HEARING, EvidenceKind.ID_COPY_IN_CONTRACT
REGISTER, CREDITOR = EvidenceKind.HOUSEHOLD_REGISTER, EvidenceKind.GIVEN_BY_CREDITOR


@pytest.mark.parametrize(
    ("measure", "papers", "approvers", "limit_days", "stops"),
    [
        (Measure.REPORT_WHEREABOUTS, WHEREABOUTS_PAPERS, LEADERS, 180, False),
        (Measure.SERVE, (PaperKind.DOCUMENT_TO_SERVE,), (Role.JUDGE, *LEADERS), 180, False),
        (Measure.HOLD_FOR_SUMMONS, SUMMONS_PAPERS, LEADERS, 90, True),
        (Measure.HOLD_FOR_DETENTION, DETENTION_PAPERS, PRESIDENT, 90, True),
        (Measure.STOP_AT_BORDER, BORDER_PAPERS, PRESIDENT, 30, True),
        (Measure.REPORT_BORDER_MOVEMENT, BORDER_PAPERS, PRESIDENT, 365, False),
        (Measure.REFUSE_TRAVEL_DOCUMENT, (PaperKind.EXIT_RESTRICTION,), PRESIDENT, 90, False),
    ],
)
def test_what_each_measure_needs(
    measure: Measure,
    papers: tuple[PaperKind, ...],
    approvers: tuple[Role, ...],
    limit_days: int,
    stops: bool,
) -> None:
    rule = rule_for(measure)

    assert (rule.papers, rule.approvers, rule.limit_days) == (papers, approvers, limit_days)
    assert is_stopping(measure) == stops


def test_every_measure_and_every_paper_has_a_rule_and_a_name() -> None:
    assert {rule.measure for rule in FIRST_RULES} == set(Measure)
    assert set(MEASURE_ZH) == set(Measure)
    assert set(PAPER_ZH) == set(PaperKind)
    assert all(rule.source for rule in FIRST_RULES)


@pytest.mark.parametrize("measure", list(Measure))
def test_every_measure_is_validated_after_60_days_and_then_every_90(measure: Measure) -> None:
    validation = rule_for(measure).validation

    assert validation.first_due(NOON) == NOON + timedelta(days=60)
    assert validation.next_due(NOON) == NOON + timedelta(days=90)


def test_each_day_has_the_rule_that_was_in_force_on_it() -> None:
    old = replace(rule_for(Measure.SERVE), limit_days=90, valid_to=date(2026, 3, 1))
    new = replace(rule_for(Measure.SERVE), limit_days=180, valid_from=date(2026, 3, 1))

    assert rule_on([old, new], Measure.SERVE, date(2026, 2, 28)) == old
    assert rule_on([old, new], Measure.SERVE, date(2026, 3, 1)) == new
    assert rule_on([old, new], Measure.SERVE, date(2017, 2, 28)) is None
    assert rule_on([old, new], Measure.STOP_AT_BORDER, date(2026, 3, 1)) is None


@pytest.mark.parametrize(
    ("kinds", "independent"),
    [
        ((), False),
        ((CREDITOR,), False),
        ((CONTRACT,), False),
        ((CREDITOR, CONTRACT), False),
        ((SIGNED,), True),
        ((REGISTER,), True),
        ((CREDITOR, REGISTER), True),
        ((CONTRACT, SIGNED), True),
        ((SIGNED, CONTRACT, REGISTER, CREDITOR), True),
    ],
)
def test_the_creditors_word_alone_never_stops_a_person(
    kinds: tuple[EvidenceKind, ...], independent: bool
) -> None:
    assert is_independent(kinds) == independent
