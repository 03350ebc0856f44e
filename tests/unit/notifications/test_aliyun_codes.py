"""Every refusal and every report of Aliyun leads somewhere."""

from notifications.channels.aliyun_codes import (
    ACTION_OF_CALL,
    ACTION_OF_CODE,
    ACTION_OF_REPORT,
    ANSWERED,
    MAY_HAVE_BEEN_TAKEN,
    action_of,
)
from notifications.channels.port import CodeAction

THE_ACCOUNT = """
    isv.ACCOUNT_ABNORMAL isv.ACCOUNT_NOT_EXISTS isv.AMOUNT_NOT_ENOUGH isv.DAY_LIMIT_CONTROL isv.DENY_IP_RANGE
    isv.DISPLAY_NUMBER_ILLEGAL isv.DOMESTIC_NUMBER_NOT_SUPPORTED isv.EXTEND_CODE_ERROR isv.INVALID_JSON_PARAM
    isv.INVALID_PARAMETERS isv.MOBILE_COUNT_OVER_LIMIT isv.MONTH_LIMIT_CONTROL isv.OUT_OF_SERVICE
    isv.PARAM_LENGTH_LIMIT isv.PRODUCT_UNSUBSCRIBE isv.PRODUCT_UN_SUBSCRIPT isv.SIGN_STATE_ILLEGAL
    isv.SMS_SIGNATURE_ILLEGAL isv.SMS_SIGNATURE_SCENE_ILLEGAL isv.SMS_SIGN_ILLEGAL isv.SMS_TEMPLATE_ILLEGAL
    isv.TEMPLATE_MISSING_PARAMETERS isv.TTS_TEMPLATE_ILLEGAL isp.RAM_PERMISSION_DENY
    InvalidAccessKeyId.NotFound InvalidAction.NotFound InvalidTimeStamp.Expired InvalidVersion
    SignatureDoesNotMatch
""".split()
THIS_TEXT = """
    isv.BLACK_KEY_CONTROL_LIMIT isv.BUSINESS_LIMIT_CONTROL isv.PARAM_NOT_SUPPORT_URL isv.SMS_CONTENT_ILLEGAL
    isv.TEMPLATE_PARAMS_ILLEGAL
""".split()
LATER = "ServiceUnavailable SignatureNonceUsed Throttling Throttling.Api Throttling.User".split()


def test_refusals_lead_to_an_action() -> None:
    assert dict(ACTION_OF_CODE) == {
        **dict.fromkeys(THE_ACCOUNT, CodeAction.ASK_OPERATOR),
        **dict.fromkeys(THIS_TEXT, CodeAction.NEXT_CHANNEL),
        "isv.MOBILE_NUMBER_ILLEGAL": CodeAction.NUMBER_IS_DEAD,
        **dict.fromkeys(LATER, CodeAction.RETRY_LATER),
    }


def test_a_code_that_nobody_has_looked_at_is_temporary() -> None:
    assert action_of("isv.SOMETHING_NEW") is CodeAction.RETRY_LATER


def test_a_fault_inside_is_no_refusal() -> None:
    assert MAY_HAVE_BEEN_TAKEN.isdisjoint(ACTION_OF_CODE)


def test_reports_lead_to_an_action() -> None:
    next_channel = """
        CONTENT_ERROR CONTENT_KEYWORD EXPIRED MOBILE_IN_BLACK MOBILE_SEND_LIMIT MOBILE_TERMINAL_ERROR REJECTD
        UNDELIV USER_REJECT
    """.split()
    dead = "INVALID_NUMBER MOBILE_ACCOUNT_ABNORMAL MOBILE_NOT_ON_SERVICE".split()

    assert dict(ACTION_OF_REPORT) == {
        **dict.fromkeys(next_channel, CodeAction.NEXT_CHANNEL),
        **dict.fromkeys(dead, CodeAction.NUMBER_IS_DEAD),
        "SIGNATURE_BLACKLIST": CodeAction.ASK_OPERATOR,
    }


def test_results_of_calls_lead_to_an_action() -> None:
    next_channel = "200002 200003 200005 200007 200010 200105 200118 200119".split()

    assert dict(ACTION_OF_CALL) == {
        **dict.fromkeys(next_channel, CodeAction.NEXT_CHANNEL),
        **dict.fromkeys(["200004", "200011", "482"], CodeAction.NUMBER_IS_DEAD),
        **dict.fromkeys(["200006", "200104", "200117", "476"], CodeAction.ASK_OPERATOR),
        **dict.fromkeys(["200121", "400", "500", "999999"], CodeAction.RETRY_LATER),
    }
    assert ANSWERED.isdisjoint(ACTION_OF_CALL)
