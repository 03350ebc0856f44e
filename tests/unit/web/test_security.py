"""Which posts are believed to come from our own pages, and where signing in may lead."""

import pytest

from tracker.web.security import comes_from_own_page, is_own_form
from tracker.web.visits import is_own_address

OURS = "https://court.example"


@pytest.mark.parametrize(
    ("headers", "believed"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": OURS}, False),
        ({"Origin": OURS}, True),
        ({"Origin": "https://court.example.evil"}, False),
        ({"Origin": "null"}, False),
        ({}, False),
    ],
)
def test_only_our_own_page_is_believed(headers: dict[str, str], believed: bool) -> None:
    assert comes_from_own_page(headers, OURS) is believed


@pytest.mark.parametrize(
    ("sent", "is_own"),
    [("abc", True), ("abd", False), ("", False), ("号", False), (None, False), (b"abc", False)],
)
def test_a_form_bears_the_sessions_token(sent: object, is_own: bool) -> None:
    assert is_own_form(sent, "abc") is is_own


@pytest.mark.parametrize(
    ("address", "is_own"),
    [
        ("/", True),
        ("/alerts/1", True),
        ("//evil.example", False),
        ("/\\evil.example", False),
        ("https://evil.example", False),
        ("", False),
        ("/a\r\nSet-Cookie: x=y", False),
    ],
)
def test_signing_in_leads_only_to_our_own_pages(address: str, is_own: bool) -> None:
    assert is_own_address(address) is is_own
