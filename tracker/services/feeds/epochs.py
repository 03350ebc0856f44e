"""Begins an epoch of an agency's list under new keys and fills it with everybody whom the list is to tell of.

What must not break: whoever changes while the list fills is on it in the newest version, whichever came
first; a crash costs the step that it interrupts.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from schemas.digest import EMPTY_DIGEST, digest_hex
from schemas.messages import FeedHead
from schemas.tokens import EpochKeys
from tracker.domain.due import DueKind, DueWork
from tracker.domain.ids import AgencyId
from tracker.services.due_rows import set_due
from tracker.services.feeds.instructions import resolve_instructions
from tracker.services.feeds.journal import note_list_begun
from tracker.storage import agencies, entry_locks, feed_generations, feeds, instructions
from tracker.storage.feeds import Feed, Lane
from tracker.storage.transaction import Tx

KEY_BYTES: Final = 32
NOTHING_LISTED: Final = FeedHead(sequence=0, count=0, digest=digest_hex(EMPTY_DIGEST))
FROM_THE_FIRST: Final = ""
"""Before every instruction's id."""
LISTED_AT_ONCE: Final = 100
LOOKED_FOR: Final = timedelta(minutes=1)
"""A change that was decided before the epoch was begun may commit after that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """How far a list has come: `after` is the last instruction looked at in this round."""

    agency_id: AgencyId
    begun_at: datetime
    after: str = FROM_THE_FIRST

    @classmethod
    def of(cls, due: DueWork) -> "Filling":
        return cls(
            agency_id=AgencyId(due.about),
            begun_at=datetime.fromisoformat(due.detail["started_at"]),
            after=due.detail.get("after", FROM_THE_FIRST),
        )


async def begin_epoch(tx: Tx, former: Feed, *, after: int, incarnation: int = 1) -> int:
    """Open the epoch `after` another, under new keys, on the line of `former`; its list fills by itself. The
    new epoch's number.
    """
    epoch = after + 1
    keys = EpochKeys(
        epoch=epoch,
        token_key=tx.entropy.random_bytes(KEY_BYTES),
        digest_key=tx.entropy.random_bytes(KEY_BYTES),
    )
    feed = Feed(
        feed_id=tx.entropy.new_id(),
        agency_id=former.agency_id,
        incarnation=incarnation,
        keys=keys,
        head=NOTHING_LISTED,
        published_up_to=0,
    )
    await add_list(tx, feed)
    await fill_from_the_first(tx, former.agency_id)
    return epoch


async def add_list(tx: Tx, feed: Feed) -> None:
    """A generation of a list begins, with nobody on it; the journal knows of it."""
    court_id = (await agencies.get_agency(tx, feed.agency_id)).court_id
    await feeds.add_feed(tx, feed)
    await note_list_begun(tx, court_id, feed.agency_id, feed.keys.epoch, feed.incarnation)
    tx.log("incarnation-begun", agency=feed.agency_id, epoch=feed.keys.epoch, incarnation=feed.incarnation)


async def fill_from_the_first(tx: Tx, agency_id: AgencyId) -> None:
    """The newest list comes to tell of everybody, step by step."""
    await _go_on_at(tx, Filling(agency_id=agency_id, begun_at=tx.at), tx.at)


async def fill_list(tx: Tx, filling: Filling) -> None:
    """Put the next of those on the newest list whom it does not tell of yet; the rest follows by itself. The
    list is full once a whole round has found nobody.
    """
    agency_id = filling.agency_id
    if (await agencies.get_agency(tx, agency_id)).closing is not None:
        return
    found = await instructions.list_to_copy(tx, agency_id, filling.after, LISTED_AT_ONCE)
    if found is not None:
        await entry_locks.lock_entries_of_subjects(tx, found.subject_ids)
        for subject_id in found.subject_ids:
            await resolve_instructions(tx, subject_id, Lane.BULK)
        await _go_on_at(tx, replace(filling, after=found.last), tx.at)
    elif filling.after != FROM_THE_FIRST:
        await _go_on_at(tx, replace(filling, after=FROM_THE_FIRST), tx.at)
    elif tx.at - filling.begun_at < LOOKED_FOR:
        await _go_on_at(tx, filling, filling.begun_at + LOOKED_FOR)
    else:
        await _is_filled(tx, agency_id)


async def _is_filled(tx: Tx, agency_id: AgencyId) -> None:
    """Only beside an older list does anybody wait for that."""
    roll = await feed_generations.find_roll(tx, agency_id)
    if roll is not None:
        await feed_generations.record_filled(tx, roll)
        await set_due(tx, DueKind.EPOCH_ENDS, agency_id, tx.at)
        tx.log("epoch-filled", agency=agency_id, epoch=roll.to_epoch)


async def _go_on_at(tx: Tx, filling: Filling, due_at: datetime) -> None:
    started_at, after = filling.begun_at.isoformat(), filling.after
    kind, about = DueKind.LIST_BEGUN_ANEW, filling.agency_id
    await set_due(tx, kind, about, due_at, started_at=started_at, after=after)
