"""Several entries on one person are one instruction for each agency: the heaviest measure in force."""

from dataclasses import replace
from datetime import date
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.measures import Measure
from tests.unit.tracker.examples import ENTRY, POLICE, RAIL
from tracker.domain.entries import Entry
from tracker.domain.ids import AgencyId, EntryId
from tracker.domain.resolution import Resolved, resolve

HOLD = replace(ENTRY, entry_id=EntryId("hold"), valid_until=date(2026, 5, 20))
REPORT = replace(
    ENTRY, entry_id=EntryId("report"), measure=Measure.REPORT_WHEREABOUTS, valid_until=date(2026, 8, 1)
)
HOLD_LONGER = replace(ENTRY, entry_id=EntryId("hold-longer"), valid_until=date(2026, 5, 24))
ONLY_POLICE = replace(
    ENTRY, entry_id=EntryId("police"), measure=Measure.HOLD_FOR_DETENTION, agency_ids=(POLICE,)
)

ANY_ENTRY = st.builds(
    lambda number, measure, last, agencies: replace(
        ENTRY,
        entry_id=EntryId(str(number)),
        measure=measure,
        valid_until=last,
        agency_ids=tuple(sorted(agencies)),
    ),
    st.integers(min_value=0),
    st.sampled_from(Measure),
    st.dates(date(2026, 2, 24), date(2027, 2, 24)),
    st.sets(st.sampled_from((RAIL, POLICE)), min_size=1),
)


def test_the_heaviest_measure_wins_until_its_own_end() -> None:
    assert resolve([REPORT, HOLD], RAIL) == Resolved(
        measure=Measure.HOLD_FOR_SUMMONS, valid_until=date(2026, 5, 20), entry_ids=(EntryId("hold"),)
    )


def test_entries_of_the_same_measure_are_one_instruction() -> None:
    assert resolve([HOLD, HOLD_LONGER], RAIL) == Resolved(
        measure=Measure.HOLD_FOR_SUMMONS,
        valid_until=date(2026, 5, 24),
        entry_ids=(EntryId("hold"), EntryId("hold-longer")),
    )


def test_each_agency_is_asked_only_what_it_was_chosen_for() -> None:
    assert resolve([HOLD, ONLY_POLICE], RAIL) == Resolved(
        measure=Measure.HOLD_FOR_SUMMONS, valid_until=date(2026, 5, 20), entry_ids=(EntryId("hold"),)
    )
    assert resolve([HOLD, ONLY_POLICE], POLICE) == Resolved(
        measure=Measure.HOLD_FOR_DETENTION, valid_until=date(2026, 5, 20), entry_ids=(EntryId("police"),)
    )


def test_nothing_is_asked_when_nothing_is_in_force() -> None:
    assert resolve([], RAIL) is None
    assert resolve([HOLD], AgencyId("border")) is None


@pytest.mark.parametrize(
    ("heavier", "lighter"),
    [
        (Measure.HOLD_FOR_DETENTION, Measure.HOLD_FOR_SUMMONS),
        (Measure.HOLD_FOR_SUMMONS, Measure.STOP_AT_BORDER),
        (Measure.STOP_AT_BORDER, Measure.REFUSE_TRAVEL_DOCUMENT),
        (Measure.REFUSE_TRAVEL_DOCUMENT, Measure.SERVE),
        (Measure.SERVE, Measure.REPORT_BORDER_MOVEMENT),
        (Measure.REPORT_BORDER_MOVEMENT, Measure.REPORT_WHEREABOUTS),
    ],
)
def test_the_order_of_weight(heavier: Measure, lighter: Measure) -> None:
    light, heavy = replace(REPORT, measure=lighter), replace(HOLD, measure=heavier)

    assert {resolve(order, RAIL) for order in permutations([light, heavy])} == {
        Resolved(measure=heavier, valid_until=date(2026, 5, 20), entry_ids=(EntryId("hold"),))
    }


@settings(deadline=None)
@given(st.lists(ANY_ENTRY, max_size=5))
def test_never_more_is_asked_than_an_entry_allows(entries: list[Entry]) -> None:
    resolved = resolve(entries, RAIL)
    allowing = [entry for entry in entries if RAIL in entry.agency_ids]

    assert (resolved is None) == (not allowing)
    assert resolved is None or any(
        (entry.measure, entry.valid_until) == (resolved.measure, resolved.valid_until) for entry in allowing
    )
