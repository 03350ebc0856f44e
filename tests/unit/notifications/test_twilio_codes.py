"""Every refusal of Twilio leads somewhere."""

import pytest

from notifications.channels.port import CodeAction
from notifications.channels.twilio import STATE_OF_STATUS
from notifications.channels.twilio_codes import ACTION_OF_CODE, action_of, action_of_status, is_a_code
from notifications.delivery import AttemptState


@pytest.mark.parametrize(
    ("code", "action"),
    [
        (20003, CodeAction.ASK_OPERATOR),
        (20429, CodeAction.RETRY_LATER),
        (21211, CodeAction.NUMBER_IS_DEAD),
        (21610, CodeAction.OPTED_OUT),
        (21614, CodeAction.NUMBER_IS_DEAD),
        (30001, CodeAction.RETRY_LATER),
        (30003, CodeAction.NEXT_CHANNEL),
        (30004, CodeAction.NEXT_CHANNEL),
        (30005, CodeAction.NUMBER_IS_DEAD),
        (30006, CodeAction.NUMBER_IS_DEAD),
        (30007, CodeAction.NEXT_CHANNEL),
        (30008, CodeAction.NEXT_CHANNEL),
        (63038, CodeAction.ASK_OPERATOR),
        (99999, CodeAction.RETRY_LATER),
    ],
)
def test_codes_lead_to_an_action(code: int, action: CodeAction) -> None:
    assert action_of(code) is action


@pytest.mark.parametrize("code", sorted(ACTION_OF_CODE))
def test_the_table_holds_codes_and_not_http_statuses(code: int) -> None:
    assert is_a_code(code)


@pytest.mark.parametrize(
    ("status", "action"),
    [
        (400, CodeAction.ASK_OPERATOR),
        (401, CodeAction.ASK_OPERATOR),
        (404, CodeAction.ASK_OPERATOR),
        (409, CodeAction.RETRY_LATER),
        (503, CodeAction.RETRY_LATER),
        (500, None),
        (502, None),
        (504, None),
    ],
)
def test_an_answer_without_a_code_is_read_by_its_status(status: int, action: CodeAction | None) -> None:
    assert action_of_status(status) is action


def test_every_end_of_a_message_at_twilio_is_an_end_here() -> None:
    assert {status for status, state in STATE_OF_STATUS.items() if state is AttemptState.DELIVERED} == {
        "delivered",
        "read",
    }
    assert STATE_OF_STATUS["undelivered"] is AttemptState.UNDELIVERED
    assert STATE_OF_STATUS["failed"] is AttemptState.FAILED
