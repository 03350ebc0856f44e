"""The table of what providers can do is read by country."""

from notifications.capabilities import CAPABILITIES, capability_of
from notifications.channels.port import ChannelKind


def test_a_country_with_a_row_of_its_own_goes_by_it() -> None:
    in_china = capability_of("twilio", ChannelKind.SMS, "CN")

    assert in_china is not None
    assert (in_china.two_way, in_china.daily_cap) == (False, 5)


def test_any_other_country_goes_by_the_general_row() -> None:
    elsewhere = capability_of("twilio", ChannelKind.SMS, "DE")

    assert elsewhere is not None
    assert elsewhere.two_way


def test_a_provider_without_a_row_reaches_nobody() -> None:
    assert capability_of("twilio", ChannelKind.PUSH, "CN") is None


def test_every_row_says_where_it_is_from() -> None:
    assert all(row.source for row in CAPABILITIES.values())
