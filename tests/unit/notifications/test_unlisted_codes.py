"""A code that nobody has looked at is taken as temporary, and told."""

import pytest

from notifications.channels.unlisted import is_unlisted


@pytest.mark.parametrize(
    ("provider", "code", "unlisted"),
    [
        ("twilio", "21614", False),
        ("twilio", "39999", True),
        ("twilio", "http-503", False),
        ("twilio", "never-arrived", False),
        ("aliyun", "isv.MOBILE_NUMBER_ILLEGAL", False),
        ("aliyun", "MOBILE_IN_BLACK", False),
        ("aliyun", "200002", False),
        ("aliyun", "isv.BRAND_NEW", True),
        ("wecom", "errcode-60020", False),
        ("wecom", "errcode-99999", True),
        ("wecom", "invalid-user", False),
        ("kannel", "undelivered", False),
    ],
)
def test_a_code_of_the_providers_own_that_stands_in_no_table_is_unlisted(
    provider: str, code: str, unlisted: bool
) -> None:
    assert is_unlisted(provider, code) is unlisted
