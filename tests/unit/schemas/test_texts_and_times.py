"""Outsiders write plain text and times with an offset, and a fault is told without repeating the input."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.text import (
    MAX_PROBLEMS,
    Contract,
    FieldProblem,
    Hex32,
    Hex64,
    LongText,
    Reference,
    Submission,
    Text,
    UtcTime,
    field_problems,
)

NOT_PLAIN = "holds control, direction or invisible characters: send plain text on one line"
NO_OFFSET = "has no offset: times carry an offset, for example 2026-02-25T19:42:07+08:00"
NO_TIME = "is not a time: send for example 2026-02-25T19:42:07+08:00"


class Note(Submission):
    text: Text = "-"
    long: LongText = "-"
    at: UtcTime = datetime(2026, 1, 1, tzinfo=UTC)
    reference: Reference = 1
    token: Hex32 = "0" * 32
    digest: Hex64 = "0" * 64


class Letter(Contract):
    text: Text


class Notes(Contract):
    notes: tuple[Note, ...]


def posted(**fields: Any) -> Note:
    return Note.model_validate_json(json.dumps(fields))


def problems_of(model: type[Contract] | type[Submission], raw: str) -> tuple[FieldProblem, ...]:
    with pytest.raises(ValidationError) as refused:
        model.model_validate_json(raw)
    return field_problems(refused.value)


def problem_of(**fields: Any) -> FieldProblem:
    (problem,) = problems_of(Note, json.dumps(fields))
    return problem


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("  武昌 ", "武昌"),
        ("Ｚ３８", "Z38"),
        ("ﾊﾟ", "パ"),
        ("a\u200db", "a\u200db"),
        ("𠮷某", "𠮷某"),
        ("\ue863某", "\ue863某"),
        ("\u3000北京西\n", "北京西"),
    ],
)
def test_text_is_read_in_its_normal_form(written: str, read: str) -> None:
    assert posted(text=written).text == read


@pytest.mark.parametrize(
    "written",
    [
        "a\x00b",
        "a\nb",
        "a\tb",
        "a\x7fb",
        "a\x85b",
        "\u202e武昌",
        "a\u2066b",
        "a\u200bb",
        "\ufeffa",
        "a\u2028b",
    ],
)
def test_hidden_characters_are_refused(written: str) -> None:
    assert problem_of(text=written) == FieldProblem(field="text", message=NOT_PLAIN)
    assert problem_of(long=written) == FieldProblem(field="long", message=NOT_PLAIN)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"text": "  "}, FieldProblem(field="text", message="is empty: send at least 1")),
        ({"text": "x" * 201}, FieldProblem(field="text", message="is too long: send at most 200")),
        ({"text": "ﷺ" * 20}, FieldProblem(field="text", message="is too long: send at most 200")),
        ({"long": "x" * 2001}, FieldProblem(field="long", message="is too long: send at most 2000")),
        ({"text": 5}, FieldProblem(field="text", message="is not a text: send a JSON string")),
        ({"at": "2026-02-25T19:42:07"}, FieldProblem(field="at", message=NO_OFFSET)),
        ({"at": "2026-02-25"}, FieldProblem(field="at", message=NO_TIME)),
        ({"at": 1772019727}, FieldProblem(field="at", message=NO_TIME)),
        ({"at": "yesterday"}, FieldProblem(field="at", message=NO_TIME)),
        (
            {"at": "0001-01-01T00:00:00+08:00"},
            FieldProblem(field="at", message="is outside the calendar: send the time of the event"),
        ),
        ({"reference": 0}, FieldProblem(field="reference", message="is too small: send at least 1")),
        (
            {"reference": 2**63},
            FieldProblem(field="reference", message="is too large: send less than 9223372036854775808"),
        ),
        (
            {"reference": "7"},
            FieldProblem(
                field="reference", message="is not a whole number: send a JSON number without fraction"
            ),
        ),
        (
            {"token": "0" * 31 + "G"},
            FieldProblem(field="token", message="does not have the form ^[0-9a-f]{32}$: correct it"),
        ),
        (
            {"digest": "0" * 64 + "\n"},
            FieldProblem(field="digest", message="does not have the form ^[0-9a-f]{64}$: correct it"),
        ),
        (
            {"texst": "a"},
            FieldProblem(
                field="texst", message="is not a field of this message: leave it out or correct its name"
            ),
        ),
    ],
)
def test_a_fault_names_field_and_remedy(fields: dict[str, Any], problem: FieldProblem) -> None:
    assert problem_of(**fields) == problem


def test_times_are_held_in_utc() -> None:
    held = posted(at="2026-02-25T19:42:07+08:00").at

    assert held.isoformat() == "2026-02-25T11:42:07+00:00"


def test_a_time_given_in_code_needs_an_offset_too() -> None:
    with pytest.raises(ValidationError, match="times carry an offset"):
        Note(at=datetime(2026, 2, 25, 19, 42))  # noqa: DTZ001 - the very fault


@pytest.mark.parametrize("raw", ["", "{", "[1", '{"text": "\\ud800"}', "\x00"])
def test_broken_json_is_told_as_such(raw: str) -> None:
    assert problems_of(Note, raw) == (
        FieldProblem(field="(whole message)", message="is not valid JSON: send one JSON object in UTF-8"),
    )


def test_a_message_that_is_no_object_is_told_as_such() -> None:
    assert problems_of(Note, "[]") == (
        FieldProblem(field="(whole message)", message="is not an object: send a JSON object"),
    )


def test_a_fault_deep_inside_has_its_path() -> None:
    assert problems_of(Notes, '{"notes": [{}, {"reference": 0}]}') == (
        FieldProblem(field="notes[1].reference", message="is too small: send at least 1"),
    )


@pytest.mark.parametrize("name", ["张三 13800", "a b", "x" * 65, "\x00", "990123198807092031"])
def test_an_unknown_field_is_not_named_where_its_name_could_be_anything(name: str) -> None:
    assert problem_of(**{name: 1}).field == "(unreadable name)"


def test_the_answer_does_not_grow_with_what_is_sent() -> None:
    flood = json.dumps({f"field_{number}": 1 for number in range(1000)})

    assert len(problems_of(Note, flood)) == MAX_PROBLEMS


def test_a_newer_message_is_read_without_what_it_adds() -> None:
    assert Letter.model_validate_json('{"text": "a", "added_later": 1}') == Letter(text="a")


@given(st.text())
def test_a_fault_never_repeats_the_input(written: str) -> None:
    secret = f"{written}\x00990123198807092031"

    assert "990123198807092031" not in problem_of(text=secret).message


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "So"]), min_size=1, max_size=10))
def test_text_that_was_taken_is_taken_again_unchanged(written: str) -> None:
    taken = posted(text=f"a{written}").text

    assert posted(text=taken).text == taken
