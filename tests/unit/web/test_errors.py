"""Every refusal of the tracker has its row in the one table, and a text in both languages."""

from collections.abc import Iterator

import pytest

from tracker.domain.errors import CallUs, Conflict, Invalid, NotAllowed, NotFound, Problem, TrackerError
from tracker.web.errors import HTTP_STATUS, status_of, told

ONE_OF_EACH = [
    pytest.param(Invalid([Problem(field="name", zh="请填写姓名", en="enter the name")]), 422, id="Invalid"),
    pytest.param(NotFound("entry"), 404, id="NotFound"),
    pytest.param(NotAllowed("approve an entry", "ask a second person"), 403, id="NotAllowed"),
    pytest.param(Conflict("该条目已提交", "submitted already"), 409, id="Conflict"),
    pytest.param(CallUs("a stored case number no longer parses"), 500, id="CallUs"),
]


def kinds_that_are_raised(kind: type[TrackerError] = TrackerError) -> Iterator[type[TrackerError]]:
    """The leaves of the tree: the others only class them."""
    branches = kind.__subclasses__()
    for branch in branches:
        yield from kinds_that_are_raised(branch)
    if not branches:
        yield kind


def test_every_error_has_its_row() -> None:
    assert set(kinds_that_are_raised()) == set(HTTP_STATUS)


@pytest.mark.parametrize(("error", "status"), ONE_OF_EACH)
def test_an_error_is_answered_by_its_kind(error: TrackerError, status: int) -> None:
    assert status_of(error) == status


@pytest.mark.parametrize(("error", "status"), ONE_OF_EACH)
def test_an_error_is_told_in_both_languages(error: TrackerError, status: int) -> None:
    assert told(error, "zh").title.isascii() is False
    assert told(error, "en").title.isascii() is True
    assert told(error, "en").detail


def test_an_own_fault_tells_no_inner_detail() -> None:
    assert "parses" not in told(CallUs("a stored case number no longer parses"), "en").detail
