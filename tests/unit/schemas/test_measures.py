"""A measure keeps its byte for ever, and of several the one that goes furthest wins."""

import pytest

from schemas.measures import STOPPING_MEASURES, AgencyKind, Measure, code_of, measure_of, weight

CODES = [
    (Measure.REPORT_WHEREABOUTS, 1),
    (Measure.SERVE, 2),
    (Measure.HOLD_FOR_SUMMONS, 3),
    (Measure.HOLD_FOR_DETENTION, 4),
    (Measure.STOP_AT_BORDER, 5),
    (Measure.REPORT_BORDER_MOVEMENT, 6),
    (Measure.REFUSE_TRAVEL_DOCUMENT, 7),
]


@pytest.mark.parametrize(("measure", "code"), CODES)
def test_a_code_keeps_its_meaning(measure: Measure, code: int) -> None:
    assert code_of(measure) == code
    assert measure_of(code) is measure


def test_every_measure_has_its_code() -> None:
    assert [measure for measure, _ in CODES] == list(Measure)


def test_an_unknown_code_is_an_error_with_its_remedy() -> None:
    with pytest.raises(ValueError, match="no measure has the code 8: update this program"):
        measure_of(8)


def test_the_measure_that_goes_furthest_wins() -> None:
    assert sorted(Measure, key=weight) == [
        Measure.REPORT_WHEREABOUTS,
        Measure.REPORT_BORDER_MOVEMENT,
        Measure.SERVE,
        Measure.REFUSE_TRAVEL_DOCUMENT,
        Measure.STOP_AT_BORDER,
        Measure.HOLD_FOR_SUMMONS,
        Measure.HOLD_FOR_DETENTION,
    ]


def test_stopping_measures_are_the_holds_and_the_border_stop() -> None:
    assert {
        Measure.HOLD_FOR_SUMMONS,
        Measure.HOLD_FOR_DETENTION,
        Measure.STOP_AT_BORDER,
    } == STOPPING_MEASURES


def test_agencies_are_of_four_kinds() -> None:
    assert list(AgencyKind) == ["rail", "police", "border", "exit-entry"]
