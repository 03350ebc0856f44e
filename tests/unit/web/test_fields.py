"""What was typed is read or told, and a hostile form costs nothing."""

from datetime import UTC, date, datetime

import pytest

from schemas.measures import Measure
from tracker.domain.errors import Invalid
from tracker.web.entries.form import document_rows, read_entry_form
from tracker.web.fields import Fields

TODAY = date(2026, 2, 24)


def typed(**values: str) -> Fields:
    return Fields({name: (value,) for name, value in values.items()})


def test_a_right_field_is_read_without_a_word() -> None:
    fields = typed(name=" 欧阳　", until="2026-05-20", sum="86,400", measure="serve")

    assert fields.text("name") == "欧阳"
    assert fields.day("until", TODAY) == date(2026, 5, 20)
    assert fields.fen("sum") == 8_640_000
    assert fields.choice("measure", tuple(Measure)) is Measure.SERVE
    assert fields.problems == []


@pytest.mark.parametrize(
    ("name", "value"), [("name", "a\x00b"), ("name", "\u202egnaf"), ("name", "x" * 65), ("name", "")]
)
def test_a_wrong_text_is_told_by_its_field(name: str, value: str) -> None:
    fields = typed(**{name: value})
    fields.needed_text(name)

    assert {problem.field for problem in fields.problems} == {name}


def test_missing_fields_get_stand_ins_and_are_raised_together() -> None:
    fields = Fields({})
    at = datetime(2026, 2, 24, tzinfo=UTC)

    assert fields.day("until", TODAY) == TODAY
    assert fields.moment("at", at) == at
    assert fields.choice("measure", tuple(Measure)) is Measure.REPORT_WHEREABOUTS
    with pytest.raises(Invalid) as invalid:
        fields.require()
    assert [problem.field for problem in invalid.value.problems] == ["until", "at", "measure"]


@pytest.mark.parametrize(
    ("rows", "more", "count"),
    [
        ("", "", 1),
        ("2", "", 2),
        ("2", "documents", 3),
        ("9", "documents", 8),
        ("99999", "", 1),
        ("-1", "", 1),
    ],
)
def test_a_form_never_grows_beyond_its_limit(rows: str, more: str, count: int) -> None:
    assert document_rows(typed(document_rows=rows, more=more)) == count


def test_rows_left_blank_at_the_end_were_only_offered() -> None:
    fields = typed(**{"document_rows": "3", "documents[0].number": "1", "documents[1].number": "2"})

    assert [one.number for one in read_entry_form(fields, TODAY).form.documents] == ["1", "2"]


def test_a_paper_that_was_begun_is_a_paper() -> None:
    fields = typed(**{"papers.summons-warrant.number": "1"})

    read = read_entry_form(fields, TODAY)

    assert [paper.kind for paper in read.form.papers] == ["summons-warrant"]
    assert {problem.field for problem in read.problems} >= {
        "papers.summons-warrant.issued_on",
        "papers.summons-warrant.signer",
    }
