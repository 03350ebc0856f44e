"""Rolls the list of an agency to a new epoch, with new keys and references, beside the one in force.

What must not break: until the old epoch is ended both lists are kept up and both are screened; it is ended
only once every adapter that was ever heard holds the new list, nobody withdrawn may still be shown, and no
officer acts on an order that names the old list alone.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tracker.domain.due import DueKind
from tracker.domain.errors import Conflict, NotFound
from tracker.domain.ids import AgencyId
from tracker.domain.people import Actor, system_actor
from tracker.services import audit
from tracker.services.audit import About
from tracker.services.due_rows import set_due
from tracker.services.feeds.epochs import begin_epoch
from tracker.services.feeds.journal import note_list_ended
from tracker.services.lines.canaries import tend_lines
from tracker.storage import agencies, alert_acts, feed_generations, feeds, lines, receipts
from tracker.storage.feed_generations import Roll
from tracker.storage.feeds import Feed
from tracker.storage.transaction import Tx

LOOKS_EVERY: Final = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class RollStatus:
    """What the old epoch is still kept for. `behind`: adapters that have not said that they hold the new
    list, `keyless`: those among them to whom somebody has to bring its keys; `withdrawn`: so many people who
    were withdrawn may still be shown; `answered`: about so many open alerts the agency was answered by names
    of the old list alone, or keeps a person.
    """

    roll: Roll
    behind: tuple[str, ...]
    withdrawn: int
    answered: int
    keyless: tuple[str, ...] = ()

    @property
    def begun_at(self) -> datetime:
        return self.roll.begun_at

    @property
    def is_filled(self) -> bool:
        return self.roll.filled_at is not None

    @property
    def may_end(self) -> bool:
        return self.is_filled and not (self.behind or self.withdrawn or self.answered)


async def roll_epoch(tx: Tx, actor: Actor, agency_id: AgencyId, *, operator: str) -> int:
    """Open a new epoch beside the one in force; it fills, and the old one ends, by themselves. `operator`:
    who asked for it, for the audit log. The new epoch's number.
    """
    agency = await agencies.lock_agency(tx, agency_id)
    if agency.court_id != actor.court_id:
        raise NotFound("agency")
    if agency.closing is not None:
        raise Conflict(
            "该单位的线路已关闭，重新开通时即换新密钥",
            "the line to this agency is closed: when it is opened its list begins anew, under new keys",
        )
    if await feed_generations.find_roll(tx, agency_id) is not None:
        raise Conflict(
            "该单位上一次更换尚未完成",
            "the list of this agency is being rolled already: `tracker agency status` says what it waits for",
        )
    former = await feeds.lock_feed(tx, agency_id)
    epoch = await begin_epoch(tx, former, after=former.keys.epoch)
    await lines.lock_all_lines(tx, actor.court_id)
    # The new list has a canary of its own.
    await tend_lines(tx, actor.court_id)
    await audit.record(tx, actor, "epoch rolled", _about(agency_id), epoch=epoch, operator=operator)
    tx.log("epoch-rolled", agency=agency_id, epoch=epoch)
    return epoch


async def end_old_epoch(tx: Tx, agency_id: AgencyId) -> None:
    """End the old epoch if nothing needs it any more, or look again soon."""
    agency = await agencies.lock_agency(tx, agency_id)
    # Nothing is numbered from here on but under the new epoch alone, if the old one ends.
    await feeds.lock_feeds(tx, agency_id)
    status = await find_roll_status(tx, agency_id)
    if status is None or agency.closing is not None:
        return
    if not status.may_end:
        await set_due(tx, DueKind.EPOCH_ENDS, agency_id, tx.at + LOOKS_EVERY)
        return
    ended = status.roll.to_epoch - 1
    await feed_generations.end_feeds(tx, agency_id, ended)
    await receipts.record_reached(tx, agency_id)
    await note_list_ended(tx, agency.court_id, agency_id, ended)
    await audit.record(tx, system_actor(agency.court_id), "epoch ended", _about(agency_id), epoch=ended)
    tx.log("epoch-ended", agency=agency_id, epoch=ended)


async def find_roll_status(tx: Tx, agency_id: AgencyId) -> RollStatus | None:
    """What keeps the old epoch of an agency in force; None when there is one epoch alone."""
    roll = await feed_generations.find_roll(tx, agency_id)
    if roll is None:
        return None
    behind = await _list_behind(tx, (await feeds.list_feeds(tx, agency_id))[-1])
    return RollStatus(
        roll=roll,
        behind=tuple(behind),
        keyless=tuple(name for name, is_keyless in behind.items() if is_keyless),
        withdrawn=await receipts.count_missing(tx, agency_id),
        answered=await alert_acts.count_acted_on(tx, agency_id, roll.filled_at or tx.at),
    )


async def _list_behind(tx: Tx, feed: Feed) -> dict[str, bool]:
    """The adapters that were ever heard and do not hold what the feed tells; whether it is for want of keys,
    which never go by folder.
    """
    held = await agencies.list_replicas(tx, feed.feed_id)
    instances = await agencies.list_instances(tx, feed.agency_id)
    behind = [one for one in instances if one.heard_at is not None and held.get(one.name) != feed.head]
    return {one.name: one.carryings is not None and one.name not in held for one in behind}


def _about(agency_id: AgencyId) -> About:
    return About(kind="agency", key=agency_id)
