"""Keeps what one person gets within limits: pages of many alerts at once are told as one text, and once the
budget of a day is used up only what cannot be left out goes by that channel.

Whoever is told by a text that stands for several is told of each of them: a stand-down finds them.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta

from notifications.channels.port import ChannelKind
from notifications.delivery import NoticeState, priority_of
from notifications.texts import Facts, TextId
from notifications.throttle import ALWAYS_SENT, Limits, fits_budget, is_bundled
from tracker.domain.ids import AlertId, NoticeId, PersonId
from tracker.storage import notice_limits, notices
from tracker.storage.notice_limits import Way
from tracker.storage.notices import Notice
from tracker.storage.transaction import Tx

A_DAY = timedelta(hours=24)


async def keep_within_limits(
    tx: Tx, written: Sequence[Notice], imminent: Collection[AlertId]
) -> list[Notice]:
    """What goes out of notices that are about to be written. `imminent`: those of their alerts that are."""
    if all(one.text_id in ALWAYS_SENT for one in written):
        return list(written)
    limits = await notice_limits.list_limits(tx, written[0].court_id)
    kept: list[Notice] = []
    for channel in dict.fromkeys(one.channel for one in written):
        pages = _Pages(tx, limits[channel], imminent)
        kept += await pages.keep([one for one in written if one.channel is channel])
    return kept


class _Pages:
    """The notices of one telling on one channel, as they are written one after the other."""

    def __init__(self, tx: Tx, limits: Limits, imminent: Collection[AlertId]) -> None:
        self._tx = tx
        self._limits = limits
        self._imminent = imminent
        self._carriers: dict[Way, NoticeId] = {}

    async def keep(self, written: Sequence[Notice]) -> list[Notice]:
        tx, limits = self._tx, self._limits
        person_ids = {one.person_id for one in written if one.person_id is not None}
        since = tx.at - timedelta(seconds=limits.burst_s)
        paged = dict(await notice_limits.list_paged(tx, person_ids, since))
        sent = {} if limits.a_day is None else await notice_limits.count_sent(tx, person_ids, tx.at - A_DAY)
        kept = []
        for notice in sorted(written, key=lambda one: one.priority):
            way = _way(notice)
            others = paged.get(way, frozenset()) - {notice.alert_id}
            if not self._fits(notice, sent.get(way, 0)):
                _tell_left_out(tx, notice)
            elif notice.due_at <= tx.at and is_bundled(notice.text_id, others, limits):
                kept += await self._carried(notice, way)
            else:
                kept.append(notice)
                sent[way] = sent.get(way, 0) + 1
                paged[way] = others | ({notice.alert_id} if notice.alert_id else set())
        return kept

    def _fits(self, notice: Notice, sent: int) -> bool:
        is_imminent = notice.alert_id in self._imminent
        return fits_budget(notice.text_id, sent, self._limits, is_imminent=is_imminent)

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
    ids = await notice_limits.list_carried(tx, [carrier.notice_id])
    return tuple([await notices.get_notice(tx, one) for one in ids])
