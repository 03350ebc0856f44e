"""The engines of these tests refuse to be called inside a transaction, so that no test passes while one is
held over a slow bus or provider.
"""

import pytest

from notifications.channels.port import ChannelKind, Outgoing
from scripts.cast import JUDGE
from tests.acceptance.court import CourtStage


async def test_the_bus_refuses(stage: CourtStage) -> None:
    with pytest.raises(AssertionError, match="inside a transaction"):
        async with stage.registry.transaction():
            await stage.system.bus.publish("from.rail", b"{}", message_id="m-1", sender="agency.rail")


async def test_a_channel_refuses(stage: CourtStage) -> None:
    message = Outgoing(attempt_id="attempt-1", to=JUDGE.phone, text="测试")
    sms = stage.recorder.channel(ChannelKind.SMS)

    with pytest.raises(AssertionError, match="inside a transaction"):
        async with stage.registry.transaction():
            await sms.send(message)
