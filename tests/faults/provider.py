"""A provider of messages that outlives every life of the court: what it got, it keeps in a file."""

import json
import os
from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from notifications.channels.port import (
    Channel,
    ChannelKind,
    FindResult,
    NotFound,
    Outgoing,
    SendResult,
    Submitted,
)
from notifications.channels.recorder import RecordedMessage, Recorder
from notifications.delivery import AttemptState
from tests.faults.crossings import Crossings


def provider_of(data: Path) -> Recorder:
    """The provider with all it got in former lives."""
    log = data / "provider.jsonl"
    recorder = Recorder()
    for line in log.read_text().splitlines() if log.exists() else ():
        stored = json.loads(line)
        recorder.record(ChannelKind(stored.pop("kind")), Outgoing(**stored))

    def remember(recorded: RecordedMessage) -> None:
        stored = {**asdict(recorded.message), "kind": recorded.kind}
        with log.open("a") as file:
            file.write(json.dumps(stored, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())

    recorder.listen(remember)
    return recorder


def channels_of(recorder: Recorder, crossings: Crossings) -> Sequence[Channel]:
    return tuple(ProviderChannel(recorder, kind, crossings) for kind in ChannelKind)


class ProviderChannel:
    """Takes each message at once, and reports its delivery later, as real ones do."""

    name = "recorder"

    def __init__(self, recorder: Recorder, kind: ChannelKind, crossings: Crossings) -> None:
        self._recorder = recorder
        self._crossings = crossings
        self.kind = kind

    async def send(self, message: Outgoing) -> SendResult:
        with self._crossings.crossing(f"channel send: {self.kind.value}"):
            recorded = self._recorder.record(self.kind, message)
        return _taken(recorded)

    async def find_sent(self, message: Outgoing, *, since: datetime, but: Collection[str] = ()) -> FindResult:
        for recorded in self._recorder.sent_to(message.to):
            if recorded.message.attempt_id == message.attempt_id:
                return _taken(recorded)
        return NotFound()

    async def close(self) -> None:
        """Nothing is held open."""


def _taken(recorded: RecordedMessage) -> Submitted:
    return Submitted(provider_id=recorded.provider_id, state=AttemptState.SENT)
