"""A ladder goes into its form and comes out as it was; what cannot be read is named by its field."""

import pytest

from notifications.ladders import DEFAULT_LADDERS, Urgency
from tracker.domain.ladder_rules import faults_of
from tracker.web.fields import Fields
from tracker.web.ladders.form import fill_form, read_ladder

IMMINENT = fill_form(DEFAULT_LADDERS[Urgency.IMMINENT])


@pytest.mark.parametrize("urgency", [Urgency.IMMINENT, Urgency.PLANNED, Urgency.TRACE])
def test_a_ladder_comes_out_of_its_form_as_it_was(urgency: Urgency) -> None:
    fields = Fields(fill_form(DEFAULT_LADDERS[urgency]))

    assert read_ladder(fields, urgency, 1) == DEFAULT_LADDERS[urgency]
    assert fields.problems == []


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("step.2.after", "soon"),
        ("step.2.after", "-1"),
        ("step.2.whom", "mayor"),
        ("step.2.whom", "told"),
        ("step.2.channels", "pigeon"),
        ("step.5.repeat", "1.5"),
        ("takings_needed", "everybody"),
        ("quiet", "late"),
    ],
)
def test_what_cannot_be_read_is_named(field: str, typed: str) -> None:
    name = {"quiet": "quiet.begins"}.get(field, field)
    fields = Fields({**IMMINENT, "quiet.ends": ("07:00",), "quiet.begins": ("22:00",), name: (typed,)})

    read_ladder(fields, Urgency.IMMINENT, 1)

    assert [problem.field for problem in fields.problems] == [field]


def test_a_row_left_empty_between_others_is_a_step_that_calls_nobody() -> None:
    without_second = {name: value for name, value in IMMINENT.items() if not name.startswith("step.2.")}

    ladder = read_ladder(Fields(without_second), Urgency.IMMINENT, 1)

    assert "step.2.whom" in {fault.field for fault in faults_of(ladder)}
