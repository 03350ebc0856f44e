"""A report of the court's own app is whole, or says what is missing."""

from typing import Any

import pytest
from pydantic import ValidationError

from schemas.app_events import AppEvent, AppEventSubmission
from schemas.text import field_problems


def test_a_whole_report_is_read() -> None:
    read = AppEventSubmission.model_validate_json(
        '{"event": "take", "attempt_id": "attempt-1", "account": "shen"}'
    )

    assert (read.event, read.attempt_id, read.account) == (AppEvent.TAKE, "attempt-1", "shen")


@pytest.mark.parametrize(
    ("event", "told"),
    [
        ({"event": "seen"}, "seen needs `token`: send the one of the test notice"),
        ({"event": "delivered"}, "needs `attempt_id`: send the one of the message"),
        ({"event": "take", "attempt_id": "1"}, "needs `account`: send the one whose reader answered"),
        (
            {"event": "delivered", "attempt_id": "1", "extra": 1},
            "is not a field of this message: leave it out or correct its name",
        ),
        ({}, "is missing: send it"),
    ],
)
def test_half_a_report_is_refused_with_its_remedy(event: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError) as refused:
        AppEventSubmission.model_validate(event)

    assert [problem.message for problem in field_problems(refused.value)] == [told]
