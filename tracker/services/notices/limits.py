"""Keeps what one person gets within limits: pages of many alerts at once are told as one text, and once the
budget of a day is used up only what cannot be left out goes by that channel. An SMS is left out only where a
device that reaches the person gets the push.

Whoever is told by a text that stands for several is told of each of them: a stand-down finds them.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TypeAlias

from notifications.capabilities import ANYWHERE, CAPABILITIES, capability_of
from notifications.channels.port import ChannelKind
from notifications.delivery import NoticeState, priority_of
from notifications.people import country_of
from notifications.texts import Facts, TextId
from notifications.throttle import (
    ALWAYS_SENT,
    BUNDLED,
    KEPT_BACK,
    Limits,
    fits_budget,
    is_bundled,
    within_caps,
)
from tracker.domain.devices import DeviceStanding, standing_of
from tracker.domain.ids import AlertId, NoticeId, PersonId
from tracker.storage import contacts, notice_limits, people
from tracker.storage.notice_limits import Way
from tracker.storage.notices import Notice
from tracker.storage.providers_set_up import list_set_up
from tracker.storage.transaction import Tx

A_DAY = timedelta(hours=24)
FEWEST_A_DAY = min(one.daily_cap for one in CAPABILITIES.values() if one.daily_cap) - KEPT_BACK
"""Whatever the provider, so many go out in a day."""
MOST_A_DAY = sum(one.daily_cap or 0 for one in CAPABILITIES.values())
"""No providers that count let more through to one person."""

Page: TypeAlias = tuple[PersonId | None, AlertId | None, TextId]
"""What one person is told of one alert, by whatever channel."""


async def keep_within_limits(
    tx: Tx, written: Sequence[Notice], imminent: Collection[AlertId]
) -> list[Notice]:
    """What goes out of notices that are about to be written. `imminent`: those of their alerts that are."""
    if all(one.text_id in ALWAYS_SENT - BUNDLED for one in written):
        return list(written)
    limits = await notice_limits.list_limits(tx, written[0].court_id)
    kept: list[Notice] = []
    # Push first: whether an SMS may be left out depends on it.
    for channel in sorted({one.channel for one in written}, key=lambda one: one is not ChannelKind.PUSH):
        pages = _Pages(tx, limits[channel], imminent, {_page(one) for one in kept})
        kept += await pages.keep([one for one in written if one.channel is channel])
    return kept


class _Pages:
    """The notices of one telling on one channel, as they are written one after the other."""

    def __init__(
        self, tx: Tx, limits: Limits, imminent: Collection[AlertId], pushed: Collection[Page]
    ) -> None:
        self._tx = tx
        self._limits = limits
        self._imminent = imminent
        self._pushed = pushed
        self._carriers: dict[Way, NoticeId] = {}

    async def keep(self, written: Sequence[Notice]) -> list[Notice]:
        tx, limits = self._tx, self._limits
        person_ids = {one.person_id for one in written if one.person_id is not None}
        paged: dict[Way, frozenset[AlertId]] = {}
        if any(one.text_id in BUNDLED for one in written):
            since = tx.at - timedelta(seconds=limits.burst_s)
            # One more than may page alone: the alert that is to be told may be among them.
            paged |= await notice_limits.list_paged(tx, person_ids, since, limits.alone + 1)
        # Where the court sets none, the providers of SMS do.
        has_budget = limits.a_day is not None or any(one.channel is ChannelKind.SMS for one in written)
        sent = await self._count_sent(written[0].channel, person_ids) if has_budget else {}
        kept = []
        for notice in sorted(written, key=lambda one: one.priority):
            way = _way(notice)
            others = paged.get(way, frozenset()) - {notice.alert_id}
            if not await self._may_go(notice, sent.get(way, 0)):
                _tell_left_out(tx, notice)
            elif notice.due_at <= tx.at and is_bundled(notice.text_id, others, limits):
                kept += await self._carried(notice, way)
            else:
                kept.append(notice)
                sent[way] = sent.get(way, 0) + 1
                paged[way] = others | ({notice.alert_id} if notice.alert_id else set())
        return kept

    async def _count_sent(self, channel: ChannelKind, person_ids: Collection[PersonId]) -> dict[Way, int]:
        """As far as it matters: who has used up a budget may have got thousands."""
        most, since = self._limits.a_day or MOST_A_DAY, self._tx.at - A_DAY
        return await notice_limits.count_sent(self._tx, channel, person_ids, since, most)

    async def _may_go(self, notice: Notice, sent: int) -> bool:
        is_imminent = notice.alert_id in self._imminent
        limits = await self._limits_of(notice, sent)
        if fits_budget(notice.text_id, sent, limits, is_imminent=is_imminent):
            return True
        if notice.channel is not ChannelKind.SMS or notice.person_id is None:
            return False
        return not (_page(notice) in self._pushed and await _has_device(self._tx, notice.person_id))

    async def _limits_of(self, notice: Notice, sent: int) -> Limits:
        """Within what the providers that reach the receiver let through in a day."""
        if notice.text_id in ALWAYS_SENT or sent < FEWEST_A_DAY or notice.person_id is None:
            return self._limits
        person = await people.get_person(self._tx, notice.person_id)
        country = country_of(person.phone) or ANYWHERE
        set_up = await list_set_up(self._tx, notice.court_id)
        reaching = [capability_of(one, notice.channel, country) for one in set_up.get(notice.channel, ())]
        return within_caps(self._limits, [one.daily_cap for one in reaching if one is not None])

    async def _carried(self, notice: Notice, way: Way) -> list[Notice]:
        """The notice, told by one that waits to stand for several; that one too when it is new."""
        known = self._carriers.get(way) or await notice_limits.lock_carrier(self._tx, way)
        new = [] if known is not None else [self._carrier(notice)]
        self._carriers[way] = known or new[0].notice_id
        carried = replace(notice, state=NoticeState.CARRIED, carried_by=self._carriers[way])
        return [*new, carried]

    def _carrier(self, first: Notice) -> Notice:
        return replace(
            first,
            notice_id=NoticeId(self._tx.entropy.new_id()),
            alert_id=None,
            text_id=TextId.MORE_ALERTS,
            facts=Facts(court=first.facts.court, sent_at=self._tx.at),
            priority=priority_of(TextId.MORE_ALERTS),
            due_at=self._tx.at + timedelta(seconds=self._limits.wait_s),
            correlation=None,
        )


def _way(notice: Notice) -> Way:
    return Way(PersonId(notice.person_id or ""), ChannelKind(notice.channel))


def _page(notice: Notice) -> Page:
    return notice.person_id, notice.alert_id, notice.text_id


async def _has_device(tx: Tx, person_id: PersonId) -> bool:
    """One that lives, was proven lately, and to which a provider of the court leads."""
    person = await people.get_person(tx, person_id)
    set_up = await list_set_up(tx, person.court_id)
    return any(
        standing_of(one.seen_at, one.dead_at, tx.at) is DeviceStanding.REACHES
        and (not set_up or one.provider in set_up.get(ChannelKind.PUSH, ()))
        for one in await contacts.list_own_contacts(tx, person_id)
    )


def _tell_left_out(tx: Tx, notice: Notice) -> None:
    tx.log(
        "notice-over-budget",
        correlation=notice.correlation,
        alert=notice.alert_id,
        channel=notice.channel.value,
        text=notice.text_id.value,
    )


async def facts_of_carried(tx: Tx, carrier: Notice) -> Facts:
    """What a text that stands for several says: how many alerts, and which is the nearest."""
    carried = await list_carried(tx, carrier)
    nearest = min(carried, key=lambda one: (one.priority, one.facts.act_at or tx.at))
    return replace(nearest.facts, more=len({one.alert_id for one in carried}))


async def list_carried(tx: Tx, carrier: Notice) -> tuple[Notice, ...]:
    """The notices for which one stands."""
    return await notice_limits.list_carried(tx, carrier.notice_id)
