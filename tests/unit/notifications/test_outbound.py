"""Which addresses nothing is ever sent to, whoever asks for it."""

from collections.abc import AsyncIterator
from ipaddress import ip_network

import pytest

from notifications.channels.outbound import Outbound, UrlFault, may_be_reached


@pytest.fixture
async def outbound() -> AsyncIterator[Outbound]:
    outbound = Outbound()
    yield outbound
    await outbound.close()


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",  # noqa: S104
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "192.168.1.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
        "2001::1",
        "fc00::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
    ],
)
def test_nothing_goes_into_a_private_network(address: str) -> None:
    assert not may_be_reached(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_a_public_address_may_be_reached(address: str) -> None:
    assert may_be_reached(address)


def test_a_trial_may_reach_the_networks_that_it_names() -> None:
    allowed = (ip_network("127.0.0.0/8"),)

    assert may_be_reached("127.0.0.1", allowed)
    assert may_be_reached("::ffff:127.0.0.1", allowed)
    assert not may_be_reached("10.0.0.1", allowed)


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("https://8.8.8.8/push/device-1", None),
        ("https://127.0.0.1/", UrlFault.PRIVATE),
        ("https://2130706433/", UrlFault.PRIVATE),
        ("https://0x7f000001/", UrlFault.PRIVATE),
        ("https://0177.0.0.1/", UrlFault.PRIVATE),
        ("https://127.1/", UrlFault.PRIVATE),
        ("https://[::ffff:10.0.0.1]:8443/", UrlFault.PRIVATE),
        ("https://localhost/", UrlFault.PRIVATE),
        ("http://8.8.8.8/", UrlFault.NOT_SECURE),
        ("ftp://8.8.8.8/", UrlFault.NOT_SECURE),
        ("file:///etc/passwd", UrlFault.UNREADABLE),
        ("https://", UrlFault.UNREADABLE),
        ("https://8.8.8.8:99999/", UrlFault.UNREADABLE),
        ("https://court@8.8.8.8/", UrlFault.UNREADABLE),
        ("https://8.8.8.8/\n", UrlFault.UNREADABLE),
        ("https://8.8.8.8/" + "x" * 1000, UrlFault.UNREADABLE),
        ("https://" + "x" * 70 + ".example/", UrlFault.UNKNOWN_HOST),
    ],
)
async def test_an_address_is_checked_before_it_is_kept(
    outbound: Outbound, url: str, fault: UrlFault | None
) -> None:
    assert await outbound.find_fault(url) is fault
