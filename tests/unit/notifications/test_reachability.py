"""By how many ways that do not fail together a person can be reached, and what may be switched off."""

import pytest

from notifications.channels.port import ChannelKind
from notifications.reachability import Reach, SetUp, may_switch_off, ways_of

SMS, VOICE, PUSH = ChannelKind.SMS, ChannelKind.VOICE, ChannelKind.PUSH
SET_UP = {SMS: ("twilio", "recorder"), VOICE: ("recorder",), PUSH: ("recorder",)}
SMS_BY_TWILIO = {SMS: ("twilio",)}
BOTH = Reach(country="CN", devices=frozenset({"recorder"}))


@pytest.mark.parametrize(
    ("reach", "providers", "ways"),
    [
        (Reach(), SET_UP, set()),
        # SMS by two providers and voice go to one number.
        (Reach(country="CN"), SET_UP, {"phone"}),
        (BOTH, SET_UP, {"phone", "recorder"}),
        (Reach(devices=frozenset({"recorder"})), SET_UP, {"recorder"}),
        # A device of a provider that the court has not set up, or of which nothing is known.
        (Reach(country="CN", devices=frozenset({"recorder"})), SMS_BY_TWILIO, {"phone"}),
        (Reach(devices=frozenset({"carrier-pigeon"})), {PUSH: ("carrier-pigeon",)}, set()),
        (Reach(country="CN", sms_stopped=frozenset({"twilio"})), SET_UP, {"phone"}),
        (Reach(country="CN", sms_stopped=frozenset({"twilio"})), SMS_BY_TWILIO, set()),
        # A call alone is no way: it comes on the urgent rungs only.
        (Reach(country="CN"), {VOICE: ("recorder",)}, set()),
        (Reach(country="CN", sms_stopped=frozenset({"*"})), SET_UP, set()),
    ],
)
def test_ways_that_do_not_fail_together(reach: Reach, providers: SetUp, ways: set[str]) -> None:
    assert ways_of(reach, providers) == ways


@pytest.mark.parametrize(
    ("reach", "switched_off", "least", "allowed"),
    [
        (BOTH, set(), 2, True),
        (BOTH, {SMS}, 2, False),
        (BOTH, {PUSH}, 2, False),
        (BOTH, {PUSH}, 1, True),
        (BOTH, {SMS, PUSH}, 1, False),
        (BOTH, {VOICE}, 1, False),
        # Whoever lacks ways may at least choose to switch nothing off.
        (Reach(), set(), 2, True),
    ],
)
def test_nobody_switches_off_what_the_court_needs(
    reach: Reach, switched_off: set[ChannelKind], least: int, allowed: bool
) -> None:
    assert may_switch_off(reach, SET_UP, frozenset(switched_off), least) is allowed
