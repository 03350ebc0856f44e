"""What WeCom's error codes mean for a message.

Remembered of https://developer.work.weixin.qq.com/document/path/90313. A code that is not here counts
as passing trouble: the message goes by another way meanwhile, and the log names the code.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from notifications.channels.port import CodeAction

TOKEN_CODES: Final = frozenset(
    {
        40014,  # not a valid access token
        41001,  # access token missing
        42001,  # access token expired
    }
)
"""Fetch a new token and send once more: nothing was sent."""

ACTION_OF_CODE: Mapping[int, CodeAction] = MappingProxyType(
    {
        -1: CodeAction.RETRY_LATER,  # the system is busy
        40001: CodeAction.ASK_OPERATOR,  # wrong secret
        40003: CodeAction.NUMBER_IS_DEAD,  # no such user
        40008: CodeAction.ASK_OPERATOR,  # unknown kind of message
        40013: CodeAction.ASK_OPERATOR,  # wrong corporation
        40014: CodeAction.ASK_OPERATOR,  # a fresh token is not accepted either
        40056: CodeAction.ASK_OPERATOR,  # wrong agent
        40058: CodeAction.ASK_OPERATOR,  # a parameter is wrong
        41001: CodeAction.ASK_OPERATOR,  # the token did not arrive
        41004: CodeAction.ASK_OPERATOR,  # secret missing
        41011: CodeAction.ASK_OPERATOR,  # agent missing
        42001: CodeAction.ASK_OPERATOR,  # a fresh token has expired: the clocks differ
        44004: CodeAction.NEXT_CHANNEL,  # empty text
        45002: CodeAction.NEXT_CHANNEL,  # too long
        45009: CodeAction.RETRY_LATER,  # too many calls
        45033: CodeAction.RETRY_LATER,  # too many at once
        48002: CodeAction.ASK_OPERATOR,  # the interface is not open to us
        60011: CodeAction.ASK_OPERATOR,  # no right to these users
        60020: CodeAction.ASK_OPERATOR,  # our address is not on the list of trusted ones
        60111: CodeAction.NUMBER_IS_DEAD,  # no such user
        81013: CodeAction.ASK_OPERATOR,  # none of the users exists, or the agent may reach none of them
        82001: CodeAction.NUMBER_IS_DEAD,  # no user was named
        301002: CodeAction.ASK_OPERATOR,  # no right to this agent
    }
)


def action_of(code: int) -> CodeAction:
    return ACTION_OF_CODE.get(code, CodeAction.RETRY_LATER)
