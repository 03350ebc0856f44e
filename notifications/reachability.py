"""By how many ways that do not fail together a person can be reached, from the capability table.

A phone number that gets SMS is one way, by however many providers. Voice to it adds none: it dies with the
number, and rings on the urgent rungs of a ladder only. All devices of one push provider are one way, since
they die with the provider. A way counts only when it was proven: the number by a code, the device by a test
message that was seen on it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from notifications.capabilities import capability_of
from notifications.channels.port import ChannelKind

LEAST_WAYS: Final = 2
MAY_BE_SWITCHED_OFF: Final = (ChannelKind.SMS, ChannelKind.PUSH)
"""Not the voice: it rings when nobody has answered, and nothing else wakes somebody at night."""
COURTS_COUNTRY: Final = "CN"
PHONE: Final = "phone"
ANY_PROVIDER: Final = "*"
"""Whoever carried a reply is not known: what it says holds for all."""

SetUp: TypeAlias = Mapping[ChannelKind, Collection[str]]
"""Which providers the court has set up, by kind of channel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What is known of the ways to one person. `country` (ISO 3166) of the number, None: it is not proven, or
    dead; `sms_stopped`: providers that may send no SMS, `ANY_PROVIDER` for all of them; `devices`: the push
    providers of devices that live and were proven.
    """

    country: str | None = None
    sms_stopped: frozenset[str] = frozenset()
    devices: frozenset[str] = frozenset()
    switched_off: frozenset[ChannelKind] = frozenset()


def ways_of(reach: Reach, set_up: SetUp) -> frozenset[str]:
    """The independent ways: "phone", and push providers by their names."""
    by_push = {
        one
        for one in _used(reach, set_up, ChannelKind.PUSH)
        if one in reach.devices and capability_of(one, ChannelKind.PUSH, COURTS_COUNTRY)
    }
    return frozenset(by_push | ({PHONE} if _is_phone_reached(reach, set_up) else set()))


def may_switch_off(
    reach: Reach, set_up: SetUp, switched_off: frozenset[ChannelKind], least: int = LEAST_WAYS
) -> bool:
    """Whether enough ways are left."""
    if not switched_off <= set(MAY_BE_SWITCHED_OFF):
        return False
    left = ways_of(replace(reach, switched_off=switched_off), set_up)
    return not switched_off or len(left) >= least


def _is_phone_reached(reach: Reach, set_up: SetUp) -> bool:
    if reach.country is None or ANY_PROVIDER in reach.sms_stopped:
        return False
    sending = [one for one in _used(reach, set_up, ChannelKind.SMS) if one not in reach.sms_stopped]
    return any(capability_of(one, ChannelKind.SMS, reach.country) for one in sending)


def _used(reach: Reach, set_up: SetUp, kind: ChannelKind) -> Collection[str]:
    return () if kind in reach.switched_off else set_up.get(kind, ())
