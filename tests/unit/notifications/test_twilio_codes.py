"""Every refusal of Twilio leads somewhere."""

import pytest

from notifications.channels.port import CodeAction
from notifications.channels.twilio import STATE_OF_STATUS
from notifications.channels.twilio_codes import ACTION_OF_CODE, action_of, action_of_status, is_a_code
from notifications.delivery import AttemptState

THE_ACCOUNT = """
    20003 20005 20404 21212 21408 21602 21603 21606 21608 21609 21617 21703 30002 30010 30024 30034 30454
    63038
""".split()
THIS_WAY = "21612 30003 30004 30007 30008 30036 30410".split()
THIS_NUMBER = "21211 21604 21614 21635 30005 30006".split()
LATER = "20429 20500 20503 21611 30001 30022".split()


def test_codes_lead_to_an_action() -> None:
    assert {str(code): action for code, action in ACTION_OF_CODE.items()} == {
        **dict.fromkeys(THE_ACCOUNT, CodeAction.ASK_OPERATOR),
        **dict.fromkeys(THIS_WAY, CodeAction.NEXT_CHANNEL),
        **dict.fromkeys(THIS_NUMBER, CodeAction.NUMBER_IS_DEAD),
        **dict.fromkeys(LATER, CodeAction.RETRY_LATER),
        "21610": CodeAction.OPTED_OUT,
    }


def test_a_code_that_nobody_has_looked_at_is_temporary() -> None:
    assert action_of(99999) is CodeAction.RETRY_LATER


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
