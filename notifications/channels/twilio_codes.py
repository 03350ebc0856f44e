"""What Twilio's refusals mean for us: one table, for refused requests and for failed deliveries alike.

Source: the error and warning dictionary, https://www.twilio.com/docs/api/errors (read 2026-11). A code that
is not listed is taken as temporary, because giving up on a person for a code nobody has looked at loses
debtors.
"""

from collections.abc import Mapping
from types import MappingProxyType

from notifications.channels.port import CodeAction

_FIRST_ERROR_CODE = 1000
"""Twilio's codes have five digits; the client library puts the HTTP status in place of a code it did not
get.
"""

ACTION_OF_CODE: Mapping[int, CodeAction] = MappingProxyType(
    {
        20003: CodeAction.ASK_OPERATOR,  # wrong credentials
        20005: CodeAction.ASK_OPERATOR,  # account not active
        20404: CodeAction.ASK_OPERATOR,  # no such account or sender
        20429: CodeAction.RETRY_LATER,  # too many requests
        20500: CodeAction.RETRY_LATER,  # internal error
        20503: CodeAction.RETRY_LATER,  # service unavailable
        21211: CodeAction.NUMBER_IS_DEAD,  # invalid number
        21212: CodeAction.ASK_OPERATOR,  # invalid sender
        21408: CodeAction.ASK_OPERATOR,  # country not enabled for the account
        21602: CodeAction.ASK_OPERATOR,  # body missing
        21603: CodeAction.ASK_OPERATOR,  # sender missing
        21604: CodeAction.NUMBER_IS_DEAD,  # number missing
        21606: CodeAction.ASK_OPERATOR,  # sender cannot send SMS
        21608: CodeAction.ASK_OPERATOR,  # trial account, number not verified
        21609: CodeAction.ASK_OPERATOR,  # invalid callback URL
        21610: CodeAction.OPTED_OUT,
        21611: CodeAction.RETRY_LATER,  # the sender's queue is full
        21612: CodeAction.NEXT_CHANNEL,  # no route from this sender to this number
        21614: CodeAction.NUMBER_IS_DEAD,  # not a mobile number
        21617: CodeAction.ASK_OPERATOR,  # body too long
        21635: CodeAction.NUMBER_IS_DEAD,  # a landline
        21703: CodeAction.ASK_OPERATOR,  # the messaging service has no sender
        30001: CodeAction.RETRY_LATER,  # queue overflow
        30002: CodeAction.ASK_OPERATOR,  # account suspended
        30003: CodeAction.NEXT_CHANNEL,  # handset switched off or out of reach
        30004: CodeAction.NEXT_CHANNEL,  # blocked by the carrier or the receiver
        30005: CodeAction.NUMBER_IS_DEAD,  # unknown or no longer in service
        30006: CodeAction.NUMBER_IS_DEAD,  # landline or unreachable carrier
        30007: CodeAction.NEXT_CHANNEL,  # filtered by the carrier
        30008: CodeAction.NEXT_CHANNEL,  # the carrier gives no reason
        30010: CodeAction.ASK_OPERATOR,  # above the price limit
        30022: CodeAction.RETRY_LATER,  # above the sender's rate
        30024: CodeAction.ASK_OPERATOR,  # sender not provisioned at the carrier
        30034: CodeAction.ASK_OPERATOR,  # sender not registered
        30036: CodeAction.NEXT_CHANNEL,  # validity period over
        30410: CodeAction.NEXT_CHANNEL,  # carrier timed out
        30454: CodeAction.ASK_OPERATOR,  # trial limit reached
        63038: CodeAction.ASK_OPERATOR,  # daily limit reached
    }
)

ACTION_OF_STATUS: Mapping[int, CodeAction] = MappingProxyType(
    {
        400: CodeAction.ASK_OPERATOR,
        401: CodeAction.ASK_OPERATOR,
        403: CodeAction.ASK_OPERATOR,
        404: CodeAction.ASK_OPERATOR,
        503: CodeAction.RETRY_LATER,
    }
)
"""Answers without a code of Twilio's own. Any other 5xx may come from a gateway behind which the message
was taken, so that its result is unknown.
"""


def action_of(code: int) -> CodeAction:
    return ACTION_OF_CODE.get(code, CodeAction.RETRY_LATER)


def action_of_status(status: int) -> CodeAction | None:
    """None: the answer does not tell whether the message was taken."""
    if status in ACTION_OF_STATUS:
        return ACTION_OF_STATUS[status]
    return None if status >= 500 else CodeAction.RETRY_LATER


def is_a_code(code: int) -> bool:
    return code >= _FIRST_ERROR_CODE
