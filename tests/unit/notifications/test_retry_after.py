"""What providers say of how long to wait, however they say it."""

import pytest

from notifications.channels.retry_after import seconds_of


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("Wed, 25 Feb 2026 12:00:00 GMT", None),
        ("0", 0),
        ("7", 7),
        ("3600", 3600),
        ("86400", 3600),
        ("99999999999999999999", 3600),
        ("9" * 5000, 3600),
    ],
)
def test_a_provider_is_left_alone_for_an_hour_at_most(said: str | None, seconds: int | None) -> None:
    assert seconds_of(said) == seconds
