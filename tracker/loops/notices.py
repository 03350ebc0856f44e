"""Sends notices: claim, send outside any transaction, record. The channels are asked for nothing while one is
open.
"""

import asyncio
from collections.abc import Awaitable, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

import structlog

from notifications.channels.port import Channel, ChannelKind, Unknown
from tracker.domain.ids import LeaseToken
from tracker.services.delivery import Errand, Sending, claim_sendings, record_looked_up, record_sent
from tracker.storage.notices import next_notice_due
from tracker.storage.registry import Registry

# Together shorter than a lease: whoever looks up and then sends is still the one who works on it.
LONGEST_LOOK_UP_S = 8.0
LONGEST_SEND_S = 20.0
T = TypeVar("T")
_log = structlog.get_logger(__name__)


class NoticeLoop:
    """Several may run; each claims its own notices."""

    name = "notices"

    def __init__(self, registry: Registry, channels: Mapping[ChannelKind, Channel]) -> None:
        self._registry = registry
        self._channels = channels
        self._providers = {kind: channel.name for kind, channel in channels.items()}

    async def step(self) -> bool:
        """Send one claim of due notices, side by side."""
        async with self._registry.reading() as tx:
            due_at = await next_notice_due(tx)
        if due_at is None or due_at > self._registry.now():
            return False
        token = LeaseToken(self._registry.entropy.new_id())
        async with self._registry.transaction() as tx:
            sendings = await claim_sendings(tx, token, self._providers)
        async with asyncio.TaskGroup() as group:
            for sending in sendings:
                group.create_task(self._run(sending, token))
        return True

    async def _run(self, sending: Sending, token: LeaseToken) -> None:
        try:
            if sending.errand is Errand.SEND:
                await self._send(sending, token)
            else:
                await self._look_up(sending, token)
        except Exception as error:
            # One sending must not end those beside it; its lease runs out, and then it is looked up.
            _log.error("sending-failed", notice=sending.notice.notice_id, error=type(error).__name__)

    async def _look_up(self, sending: Sending, token: LeaseToken) -> None:
        channel = self._channels[sending.notice.channel]
        since = sending.attempt.submitted_at - timedelta(minutes=1)
        found = await _answer(channel.find_sent(sending.outgoing, since=since), LONGEST_LOOK_UP_S)
        async with self._registry.transaction() as tx:
            repeat = await record_looked_up(tx, sending, found, token)
        if repeat is not None:
            await self._send(repeat, token)

    async def _send(self, sending: Sending, token: LeaseToken) -> None:
        channel = self._channels[sending.notice.channel]
        result = await _answer(channel.send(sending.outgoing), LONGEST_SEND_S)
        async with self._registry.transaction() as tx:
            await record_sent(tx, sending, result, token)

    async def next_due(self) -> datetime | None:
        """When the earliest waiting notice is due."""
        async with self._registry.reading() as tx:
            return await next_notice_due(tx)


async def _answer(asked: Awaitable[T], longest_s: float) -> T | Unknown:
    """What the channel answered; without an answer, for whatever reason, nobody knows what it did."""
    try:
        async with asyncio.timeout(longest_s):
            return await asked
    except TimeoutError:
        return Unknown(reason="no answer in time")
    except Exception as error:
        _log.error("channel-failed", error=type(error).__name__)
        return Unknown(reason="the channel failed")
