"""The measures an agency can be asked for and the kinds of agencies.

What must not break: a code, once on the wire or in a digest, keeps its meaning for ever.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Measure(StrEnum):
    """What an agency is asked to do when the person appears."""

    REPORT_WHEREABOUTS = "report-whereabouts"
    SERVE = "serve"
    HOLD_FOR_SUMMONS = "hold-for-summons"
    HOLD_FOR_DETENTION = "hold-for-detention"
    STOP_AT_BORDER = "stop-at-border"
    REPORT_BORDER_MOVEMENT = "report-border-movement"
    REFUSE_TRAVEL_DOCUMENT = "refuse-travel-document"


class AgencyKind(StrEnum):
    """Which kind of partner an agency is."""

    RAIL = "rail"
    POLICE = "police"
    BORDER = "border"
    EXIT_ENTRY = "exit-entry"


STOPPING_MEASURES: Final = frozenset(
    {Measure.HOLD_FOR_SUMMONS, Measure.HOLD_FOR_DETENTION, Measure.STOP_AT_BORDER}
)
"""The measures by which a person is kept from going on."""

_CODES: Final[Mapping[Measure, int]] = MappingProxyType(
    {
        Measure.REPORT_WHEREABOUTS: 1,
        Measure.SERVE: 2,
        Measure.HOLD_FOR_SUMMONS: 3,
        Measure.HOLD_FOR_DETENTION: 4,
        Measure.STOP_AT_BORDER: 5,
        Measure.REPORT_BORDER_MOVEMENT: 6,
        Measure.REFUSE_TRAVEL_DOCUMENT: 7,
    }
)
_MEASURES: Final = MappingProxyType({code: measure for measure, code in _CODES.items()})

_LIGHTEST_FIRST: Final = (
    Measure.REPORT_WHEREABOUTS,
    Measure.REPORT_BORDER_MOVEMENT,
    Measure.SERVE,
    Measure.REFUSE_TRAVEL_DOCUMENT,
    Measure.STOP_AT_BORDER,
    Measure.HOLD_FOR_SUMMONS,
    Measure.HOLD_FOR_DETENTION,
)
_WEIGHTS: Final = MappingProxyType({measure: place for place, measure in enumerate(_LIGHTEST_FIRST)})


def code_of(measure: Measure) -> int:
    """The measure as one byte, 1-255."""
    return _CODES[measure]


def measure_of(code: int) -> Measure:
    """The measure of a byte made by `code_of`; raises ValueError for a code unknown to this version."""
    try:
        return _MEASURES[code]
    except KeyError:
        raise ValueError(f"no measure has the code {code}: update this program") from None


def weight(measure: Measure) -> int:
    """How far a measure goes: of several asked of one agency about one subject, the heaviest wins."""
    return _WEIGHTS[measure]
