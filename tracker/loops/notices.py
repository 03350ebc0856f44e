"""Sends notices: claim, send outside any transaction, record. The channels are asked for nothing while one is
open.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

from notifications.channels.port import Channel, ChannelKind, Unknown
from tracker.domain.ids import LeaseToken
from tracker.services.delivery import Errand, Sending, claim_sendings, record_looked_up, record_sent
from tracker.storage.notices import next_notice_due
from tracker.storage.registry import Registry

LONGEST_SEND_S = 20.0


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
        if sending.errand is Errand.SEND:
            await self._send(sending, token)
            return
        channel = self._channels[sending.notice.channel]
        since = sending.attempt.submitted_at - timedelta(minutes=1)
        found = await channel.find_sent(sending.outgoing, since=since)
        async with self._registry.transaction() as tx:
            repeat = await record_looked_up(tx, sending, found, token)
        if repeat is not None:
            await self._send(repeat, token)

    async def _send(self, sending: Sending, token: LeaseToken) -> None:
        channel = self._channels[sending.notice.channel]
        try:
            async with asyncio.timeout(LONGEST_SEND_S):
                result = await channel.send(sending.outgoing)
        except TimeoutError:
            result = Unknown(reason="no answer in time")
        async with self._registry.transaction() as tx:
            await record_sent(tx, sending, result, token)

    async def next_due(self) -> datetime | None:
        """When the earliest waiting notice is due."""
        async with self._registry.reading() as tx:
            return await next_notice_due(tx)
