"""Every answer and every report of Kannel leads somewhere."""

import pytest

from notifications.channels.kannel_codes import MEANING_OF_ANSWER, REPORT_OF_TYPE, action_of_status
from notifications.channels.port import CodeAction
from notifications.delivery import AttemptState

ASK, NEXT, DEAD, RETRY = (
    CodeAction.ASK_OPERATOR,
    CodeAction.NEXT_CHANNEL,
    CodeAction.NUMBER_IS_DEAD,
    CodeAction.RETRY_LATER,
)


def test_answers_lead_to_an_action() -> None:
    assert {answer: (told.code, told.action) for answer, told in MEANING_OF_ANSWER.items()} == {
        "Authorization failed for sendsms": ("authorization-failed", ASK),
        "Not routable. Do not try again.": ("not-routable", ASK),
        "Temporal failure, try again later.": ("temporary", RETRY),
        "Number(s) has/have been denied by white- and/or black-lists.": ("number-denied", NEXT),
        "Missing receiver number, rejected": ("no-number", DEAD),
        "Missing receiver(s) number(s), rejected": ("no-number", DEAD),
        "Empty receiver number not allowed, rejected": ("no-number", DEAD),
        "Sender missing and no global set, rejected": ("no-sender", ASK),
        "Unsupported content-type, rejected": ("unsupported-content-type", ASK),
        "DLR-URL field misformed, rejected": ("bad-report-url", ASK),
        "Validity field misformed, rejected": ("bad-validity", ASK),
        "Charset or body misformed, rejected": ("bad-text", ASK),
        "Sending failed.": ("sending-failed", RETRY),
    }


def test_reports_lead_to_a_state() -> None:
    assert {kind: (told.state, told.code, told.action) for kind, told in REPORT_OF_TYPE.items()} == {
        "1": (AttemptState.DELIVERED, None, None),
        "2": (AttemptState.UNDELIVERED, "undelivered", NEXT),
        "4": (AttemptState.SENT, None, None),
        "8": (AttemptState.SENT, None, None),
        "16": (AttemptState.FAILED, "rejected-by-centre", NEXT),
    }


@pytest.mark.parametrize(
    ("status", "action"),
    [(400, ASK), (401, ASK), (403, ASK), (404, ASK), (409, RETRY), (503, RETRY), (500, None), (502, None)],
)
def test_an_answer_in_other_words_is_read_by_its_status(status: int, action: CodeAction | None) -> None:
    assert action_of_status(status) is action
