"""Where people get push messages, and when that counts: only a device on which a test notice was seen lately
reaches its person.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

SEEN_LASTS = timedelta(days=30)
"""After this long somebody has another phone, or has turned its notifications off."""


class DeviceProvider(StrEnum):
    """By whom a device or an account gets its messages; the values are the names of the channel engines."""

    WEB_PUSH = "web-push"
    APP = "app-webhook"
    WECOM = "wecom"


class DeviceStanding(StrEnum):
    """Whether a device counts for reaching its person."""

    REACHES = "reaches"
    UNTESTED = "untested"
    TEST_AGAIN = "test-again"
    DEAD = "dead"


class DeviceTestState(StrEnum):
    """What became of a test notice."""

    SENDING = "sending"
    SENT = "sent"
    """The provider took it. Nobody has seen it yet."""
    SEEN = "seen"
    REFUSED = "refused"
    UNKNOWN = "unknown"


def proven_until(seen: Collection[datetime], ways: int) -> datetime | None:
    """Until when so many ways count, by the last test that was seen on each; None: there are not so many."""
    latest = sorted(seen, reverse=True)
    return latest[ways - 1] + SEEN_LASTS if 0 < ways <= len(latest) else None


def standing_of(seen_at: datetime | None, dead_at: datetime | None, at: datetime) -> DeviceStanding:
    """`seen_at`: the last test notice seen there; `dead_at`: since when its provider refuses it for good."""
    if dead_at is not None:
        return DeviceStanding.DEAD
    if seen_at is None:
        return DeviceStanding.UNTESTED
    return DeviceStanding.REACHES if at - seen_at <= SEEN_LASTS else DeviceStanding.TEST_AGAIN
