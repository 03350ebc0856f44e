"""What leaves the log of packets when its time is over.

What must not break: no packet of a generation in use leaves while no snapshot stands at or after its end: a
list that lies further back would never come to the head again.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from tracker.domain.ids import AgencyId
from tracker.storage import feed_log, feeds
from tracker.storage.feeds import Feed
from tracker.storage.transaction import Tx

KEPT_FOR: Final = timedelta(days=7)
PACKETS_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue:
    """The next packets of a feed to leave: those that end at `up_to` or before it. `is_former`: the feed has
    ended, or a newer incarnation of the epoch has taken its place, so that nobody asks for them any more.
    """

    feed: Feed
    up_to: int
    is_former: bool


async def list_overdue(tx: Tx, agency_id: AgencyId) -> tuple[Overdue, ...]:
    """What is older than seven days, of each generation that has any."""
    generations = await feeds.list_generations(tx, agency_id)
    current = {feed.keys.epoch: feed.feed_id for feed in generations}
    overdue = []
    for feed in generations:
        last = await feed_log.find_last_old(tx, feed.feed_id, tx.at - KEPT_FOR, PACKETS_AT_ONCE)
        is_former = feed.has_ended or current[feed.keys.epoch] != feed.feed_id
        if last is not None and (is_former or last <= feed.published_up_to):
            overdue.append(Overdue(feed=feed, up_to=last, is_former=is_former))
    return tuple(overdue)


async def let_go(tx: Tx, overdue: Overdue) -> None:
    """Take them out of the log."""
    removed = await feed_log.remove_packets(tx, overdue.feed.feed_id, overdue.up_to)
    tx.log(
        "packets-removed",
        agency=overdue.feed.agency_id,
        epoch=overdue.feed.keys.epoch,
        incarnation=overdue.feed.incarnation,
        sequence=overdue.up_to,
        messages=removed,
    )
