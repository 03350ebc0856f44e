"""Stamps on the way: when an alert was committed, and when each request was handed to a channel.

All moments are seconds of one clock of this process.
"""

import asyncio
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, MutableMapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import structlog

from adapters.logs import as_json, withhold
from notifications.channels.port import (
    Channel,
    ChannelKind,
    FindResult,
    NotFound,
    Outgoing,
    SendResult,
    Submitted,
)
from scripts.benches.timing import seconds
from tracker.storage.registry import Registry
from tracker.storage.tables import alerts, notices


class Wire:
    """The channels of a bench: each stamps what it is handed, and answers like a provider, later."""

    def __init__(self, answers_after_s: float) -> None:
        self.answers_after_s = answers_after_s
        self.handed: dict[str, float] = {}
        """By attempt."""
        self.kinds: dict[str, ChannelKind] = {}
        self._changed = asyncio.Event()

    @property
    def channels(self) -> Sequence[Channel]:
        return tuple(StampingChannel(kind, self) for kind in ChannelKind)

    def take(self, attempt_id: str, kind: ChannelKind) -> None:
        self.handed[attempt_id] = seconds()
        self.kinds[attempt_id] = kind
        self._changed.set()

    async def reach(self, count: int) -> None:
        """Until so many requests were handed over since the beginning."""
        while len(self.handed) < count:
            self._changed.clear()
            await self._changed.wait()


class StampingChannel:
    name = "recorder"

    def __init__(self, kind: ChannelKind, wire: Wire) -> None:
        self.kind = kind
        self._wire = wire

    async def send(self, message: Outgoing) -> SendResult:
        self._wire.take(message.attempt_id, self.kind)
        await asyncio.sleep(self._wire.answers_after_s)
        return Submitted(provider_id=message.attempt_id)

    async def find_sent(self, message: Outgoing, *, since: datetime, but: Collection[str] = ()) -> FindResult:
        if message.attempt_id in self._wire.handed:
            return Submitted(provider_id=message.attempt_id)
        return NotFound()

    async def close(self) -> None:
        """Nothing is held open."""


class Commits:
    """When transactions that wrote one table committed: a listener to `on_written`."""

    def __init__(self, table: str) -> None:
        self._table = table
        self._moments: list[float] = []

    def hear(self, tables: Collection[str]) -> None:
        if self._table in tables:
            self._moments.append(seconds())

    def last_before(self, moment: float) -> float:
        """Of what was told at a moment, which follows its commit at once."""
        return self._moments[bisect_right(self._moments, moment) - 1]


class Log:
    """The service's log as in production, in a file; the events of some names are stamped as they are told,
    and what was logged as a warning or an error is counted.
    """

    def __init__(self, path: Path, *stamped: str) -> None:
        self.heard: dict[str, list[tuple[float, Mapping[str, Any]]]] = {name: [] for name in stamped}
        """By name: when, and the event."""
        self.troubles: Counter[str] = Counter()
        path.parent.mkdir(parents=True)
        self._file = path.open("a")
        structlog.configure(
            processors=[
                structlog.processors.add_log_level,
                self._stamp,
                structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
                withhold,
                as_json,
            ],
            wrapper_class=structlog.make_filtering_bound_logger(20),
            logger_factory=structlog.WriteLoggerFactory(self._file),
            cache_logger_on_first_use=False,
        )

    def close(self) -> None:
        structlog.reset_defaults()
        self._file.close()

    def _stamp(self, _logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        if event["event"] in self.heard:
            self.heard[event["event"]].append((seconds(), dict(event)))
        if event["level"] in ("warning", "error", "critical"):
            self.troubles[f"{event['event']} {event.get('error', '')}".strip()] += 1
        return event


async def sendings_of(registry: Registry) -> dict[str, tuple[str, list[str]]]:
    """By the agency's event: the alert it raised, and the attempts made for that alert."""
    sighting, match, notice, attempt = alerts.sighting.c, alerts.match.c, notices.notice.c, notices.attempt.c
    query = (
        sa.select(sighting.event_id, match.alert_id, attempt.id)
        .join(alerts.match, match.sighting_id == sighting.id)
        .join(notices.notice, notice.alert_id == match.alert_id)
        .join(notices.attempt, attempt.notice_id == notice.id)
    )
    found: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    async with registry.reading() as tx:
        for row in await tx.rows(query):
            found[row.event_id, row.alert_id].append(row.id)
    return {event_id: (alert_id, attempts) for (event_id, alert_id), attempts in found.items()}
