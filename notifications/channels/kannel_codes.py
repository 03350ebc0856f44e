"""What Kannel's answers and reports mean for us: one table for refused requests, one for reports.

Source: the answers of smsbox 1.4.5 (gw/smsbox.c) and its user guide, chapter 6 (read 2026-11). What is not
listed is taken as temporary, because giving up on a person for a word nobody has looked at loses debtors.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from notifications.channels.port import CodeAction
from notifications.delivery import AttemptState


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    code: str
    action: CodeAction


MEANING_OF_ANSWER: Mapping[str, Meaning] = MappingProxyType(
    {
        "Authorization failed for sendsms": Meaning(
            code="authorization-failed", action=CodeAction.ASK_OPERATOR
        ),
        "Not routable. Do not try again.": Meaning(code="not-routable", action=CodeAction.ASK_OPERATOR),
        "Temporal failure, try again later.": Meaning(code="temporary", action=CodeAction.RETRY_LATER),
        "Number(s) has/have been denied by white- and/or black-lists.": Meaning(
            code="number-denied", action=CodeAction.NEXT_CHANNEL
        ),
        "Missing receiver number, rejected": Meaning(code="no-number", action=CodeAction.NUMBER_IS_DEAD),
        "Missing receiver(s) number(s), rejected": Meaning(
            code="no-number", action=CodeAction.NUMBER_IS_DEAD
        ),
        "Empty receiver number not allowed, rejected": Meaning(
            code="no-number", action=CodeAction.NUMBER_IS_DEAD
        ),
        "Sender missing and no global set, rejected": Meaning(
            code="no-sender", action=CodeAction.ASK_OPERATOR
        ),
        "Unsupported content-type, rejected": Meaning(
            code="unsupported-content-type", action=CodeAction.ASK_OPERATOR
        ),
        "DLR-URL field misformed, rejected": Meaning(code="bad-report-url", action=CodeAction.ASK_OPERATOR),
        "Validity field misformed, rejected": Meaning(code="bad-validity", action=CodeAction.ASK_OPERATOR),
        "Charset or body misformed, rejected": Meaning(code="bad-text", action=CodeAction.ASK_OPERATOR),
        "Sending failed.": Meaning(code="sending-failed", action=CodeAction.RETRY_LATER),
    }
)
"""Kannel has no codes: it answers in words."""

ACTION_OF_STATUS: Mapping[int, CodeAction] = MappingProxyType(
    {
        400: CodeAction.ASK_OPERATOR,
        401: CodeAction.ASK_OPERATOR,
        403: CodeAction.ASK_OPERATOR,
        404: CodeAction.ASK_OPERATOR,
        503: CodeAction.RETRY_LATER,
    }
)
"""Answers in other words. Any other 5xx may come from a gateway behind which the message was taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    state: AttemptState
    code: str | None = None
    action: CodeAction | None = None


REPORT_OF_TYPE: Mapping[str, Reported] = MappingProxyType(
    {
        "1": Reported(state=AttemptState.DELIVERED),
        "2": Reported(state=AttemptState.UNDELIVERED, code="undelivered", action=CodeAction.NEXT_CHANNEL),
        "4": Reported(state=AttemptState.SENT),  # the centre keeps it until the phone can be reached
        "8": Reported(state=AttemptState.SENT),  # the centre has it
        "16": Reported(state=AttemptState.FAILED, code="rejected-by-centre", action=CodeAction.NEXT_CHANNEL),
    }
)
"""By the type of a delivery report, a bit of its mask. Why a centre could not deliver is not asked for:
Kannel would put it into the address of the report together with the beginning of the text.
"""


def action_of_status(status: int) -> CodeAction | None:
    """None: the answer does not tell whether the message was taken."""
    if status in ACTION_OF_STATUS:
        return ACTION_OF_STATUS[status]
    return None if status >= 500 else CodeAction.RETRY_LATER
