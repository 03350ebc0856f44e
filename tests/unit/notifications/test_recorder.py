"""The record of what would have been sent."""

import pytest

from notifications.channels.port import ChannelKind, Outgoing
from notifications.channels.recorder import RecordedMessage, Recorder


def to_shen(text: str) -> Outgoing:
    return Outgoing(attempt_id=text, to="+8610000000001", text=text)


async def test_messages_of_all_kinds_keep_one_order() -> None:
    recorder = Recorder()

    await recorder.channel(ChannelKind.SMS).send(to_shen("first"))
    await recorder.channel(ChannelKind.PUSH).send(to_shen("second"))
    await recorder.channel(ChannelKind.SMS).send(to_shen("third"))

    assert [(recorded.number, recorded.kind, recorded.message.text) for recorded in recorder.messages] == [
        (1, ChannelKind.SMS, "first"),
        (2, ChannelKind.PUSH, "second"),
        (3, ChannelKind.SMS, "third"),
    ]


async def test_a_listener_hears_each_message_until_it_leaves() -> None:
    recorder = Recorder()
    heard: list[RecordedMessage] = []
    leave = recorder.listen(heard.append)

    await recorder.channel(ChannelKind.SMS).send(to_shen("heard"))
    leave()
    await recorder.channel(ChannelKind.SMS).send(to_shen("missed"))

    assert [recorded.message.text for recorded in heard] == ["heard"]


async def test_a_guard_forbids_sending() -> None:
    def refuse() -> None:
        raise RuntimeError("a channel was called inside a transaction")

    recorder = Recorder(guard=refuse)

    with pytest.raises(RuntimeError, match="inside a transaction"):
        await recorder.channel(ChannelKind.SMS).send(to_shen("never"))
    assert recorder.messages == ()
