"""What Aliyun's refusals and reports mean for us: one table for refused requests of every kind, one for what
became of a text, one for what became of a call.

Source (read 2026-11): help.aliyun.com documents 101346 (refusals of SMS) and 55085 (results of calls). The
codes of the gateway in front (Throttling and so on) and those in reports of texts are remembered. What is not
listed is taken as temporary, because giving up on a person for a code nobody has looked at loses debtors.
"""

from collections.abc import Mapping
from types import MappingProxyType

from notifications.channels.port import CodeAction

ACTION_OF_CODE: Mapping[str, CodeAction] = MappingProxyType(
    {
        # our account, our settings, our template
        "isv.ACCOUNT_ABNORMAL": CodeAction.ASK_OPERATOR,
        "isv.ACCOUNT_NOT_EXISTS": CodeAction.ASK_OPERATOR,
        "isv.AMOUNT_NOT_ENOUGH": CodeAction.ASK_OPERATOR,
        "isv.DAY_LIMIT_CONTROL": CodeAction.ASK_OPERATOR,
        "isv.DENY_IP_RANGE": CodeAction.ASK_OPERATOR,
        "isv.DISPLAY_NUMBER_ILLEGAL": CodeAction.ASK_OPERATOR,  # the number that calls
        "isv.DOMESTIC_NUMBER_NOT_SUPPORTED": CodeAction.ASK_OPERATOR,
        "isv.EXTEND_CODE_ERROR": CodeAction.ASK_OPERATOR,
        "isv.INVALID_JSON_PARAM": CodeAction.ASK_OPERATOR,
        "isv.INVALID_PARAMETERS": CodeAction.ASK_OPERATOR,
        "isv.MOBILE_COUNT_OVER_LIMIT": CodeAction.ASK_OPERATOR,
        "isv.MONTH_LIMIT_CONTROL": CodeAction.ASK_OPERATOR,
        "isv.OUT_OF_SERVICE": CodeAction.ASK_OPERATOR,  # no money left
        "isv.PARAM_LENGTH_LIMIT": CodeAction.ASK_OPERATOR,
        "isv.PRODUCT_UNSUBSCRIBE": CodeAction.ASK_OPERATOR,
        "isv.PRODUCT_UN_SUBSCRIPT": CodeAction.ASK_OPERATOR,
        "isv.SIGN_STATE_ILLEGAL": CodeAction.ASK_OPERATOR,
        "isv.SMS_SIGNATURE_ILLEGAL": CodeAction.ASK_OPERATOR,
        "isv.SMS_SIGNATURE_SCENE_ILLEGAL": CodeAction.ASK_OPERATOR,
        "isv.SMS_SIGN_ILLEGAL": CodeAction.ASK_OPERATOR,
        "isv.SMS_TEMPLATE_ILLEGAL": CodeAction.ASK_OPERATOR,
        "isv.TEMPLATE_MISSING_PARAMETERS": CodeAction.ASK_OPERATOR,
        "isv.TTS_TEMPLATE_ILLEGAL": CodeAction.ASK_OPERATOR,
        "isp.RAM_PERMISSION_DENY": CodeAction.ASK_OPERATOR,
        "InvalidAccessKeyId.NotFound": CodeAction.ASK_OPERATOR,
        "InvalidAction.NotFound": CodeAction.ASK_OPERATOR,
        "InvalidTimeStamp.Expired": CodeAction.ASK_OPERATOR,  # our clock is wrong
        "InvalidVersion": CodeAction.ASK_OPERATOR,
        "SignatureDoesNotMatch": CodeAction.ASK_OPERATOR,
        # this text, or this person just now
        "isv.BLACK_KEY_CONTROL_LIMIT": CodeAction.NEXT_CHANNEL,
        "isv.BUSINESS_LIMIT_CONTROL": CodeAction.NEXT_CHANNEL,  # this number has got its share of the day
        "isv.PARAM_NOT_SUPPORT_URL": CodeAction.NEXT_CHANNEL,
        "isv.SMS_CONTENT_ILLEGAL": CodeAction.NEXT_CHANNEL,
        "isv.TEMPLATE_PARAMS_ILLEGAL": CodeAction.NEXT_CHANNEL,
        # this number
        "isv.MOBILE_NUMBER_ILLEGAL": CodeAction.NUMBER_IS_DEAD,
        # the provider's own trouble, or too many at once
        "ServiceUnavailable": CodeAction.RETRY_LATER,
        "SignatureNonceUsed": CodeAction.RETRY_LATER,
        "Throttling": CodeAction.RETRY_LATER,
        "Throttling.Api": CodeAction.RETRY_LATER,
        "Throttling.User": CodeAction.RETRY_LATER,
    }
)

MAY_HAVE_BEEN_TAKEN: frozenset[str] = frozenset({"InternalError", "isp.SYSTEM_ERROR", "isp.UNKNOWN"})
"""Faults inside Aliyun, which may come after the message was taken."""

ACTION_OF_REPORT: Mapping[str, CodeAction] = MappingProxyType(
    {
        "CONTENT_ERROR": CodeAction.NEXT_CHANNEL,
        "CONTENT_KEYWORD": CodeAction.NEXT_CHANNEL,
        "EXPIRED": CodeAction.NEXT_CHANNEL,
        "INVALID_NUMBER": CodeAction.NUMBER_IS_DEAD,
        "MOBILE_ACCOUNT_ABNORMAL": CodeAction.NUMBER_IS_DEAD,
        "MOBILE_IN_BLACK": CodeAction.NEXT_CHANNEL,
        "MOBILE_NOT_ON_SERVICE": CodeAction.NUMBER_IS_DEAD,
        "MOBILE_SEND_LIMIT": CodeAction.NEXT_CHANNEL,
        "MOBILE_TERMINAL_ERROR": CodeAction.NEXT_CHANNEL,
        "REJECTD": CodeAction.NEXT_CHANNEL,
        "SIGNATURE_BLACKLIST": CodeAction.ASK_OPERATOR,
        "UNDELIV": CodeAction.NEXT_CHANNEL,
        "USER_REJECT": CodeAction.NEXT_CHANNEL,
    }
)

ANSWERED: frozenset[str] = frozenset({"200000", "200001", "200008"})
"""Somebody took the call: heard it all, hung up before its end, or pressed no key."""

ACTION_OF_CALL: Mapping[str, CodeAction] = MappingProxyType(
    {
        "200002": CodeAction.NEXT_CHANNEL,  # busy
        "200003": CodeAction.NEXT_CHANNEL,  # nobody answered
        "200004": CodeAction.NUMBER_IS_DEAD,  # no such number
        "200005": CodeAction.NEXT_CHANNEL,  # refused, or blocked as a nuisance
        "200006": CodeAction.ASK_OPERATOR,  # the sound has a wrong format
        "200007": CodeAction.NEXT_CHANNEL,  # out of reach
        "200010": CodeAction.NEXT_CHANNEL,  # switched off
        "200011": CodeAction.NUMBER_IS_DEAD,  # taken out of service
        "200104": CodeAction.ASK_OPERATOR,  # our number may not call
        "200105": CodeAction.NEXT_CHANNEL,  # the called number takes no such calls
        "200117": CodeAction.ASK_OPERATOR,  # our number may not be shown
        "200118": CodeAction.NEXT_CHANNEL,  # no calls at this hour
        "200119": CodeAction.NEXT_CHANNEL,  # called too often
        "200121": CodeAction.RETRY_LATER,  # too many calls at once
        "400": CodeAction.RETRY_LATER,
        "476": CodeAction.ASK_OPERATOR,  # our number was taken back
        "482": CodeAction.NUMBER_IS_DEAD,
        "500": CodeAction.RETRY_LATER,
        "999999": CodeAction.RETRY_LATER,
    }
)


def action_of(code: str) -> CodeAction:
    return ACTION_OF_CODE.get(code, CodeAction.RETRY_LATER)
