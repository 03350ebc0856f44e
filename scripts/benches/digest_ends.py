"""The parts of the digest bench, each a process of its own: one fills a replica, one brings changes to it,
one brings the same rows to LMDB alone, one recounts it, one only hashes and sums.

Run as a program with the name of one, it reads what it is given as a line of JSON, and says what it did as a
line of JSON. Costs are processor time of the whole process, in seconds.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import reduce
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from statistics import fmean
from typing import Any, Final

import lmdb

from adapters.edge.scrubber import turn_s
from adapters.machine import SystemClock
from adapters.replica.codec import BUCKETS, feed_key
from adapters.replica.environment import Tables, open_environment
from adapters.replica.lists import place_of
from adapters.replica.packets import SignedPacket
from adapters.replica.replica import LISTS, Replica
from adapters.replica.tags import Table
from adapters.replica.values import Applied, FeedKey, FeedState
from schemas.digest import DIGEST_BYTES, DIGEST_MODULUS, EMPTY_DIGEST, TAG_BYTES, EntryHash, digest_hex
from schemas.listed import HEAD_BYTES, REFERENCE_BYTES, ListedEntry
from schemas.measures import measure_of
from schemas.messages import MAX_CHANGES, FeedHead, FeedPacket, Put, Remove
from schemas.snapshots import ENTRIES_IN_CHUNK
from scripts.benches.made_up import entries_under, fill
from scripts.benches.processes import be_one_of, tell
from scripts.benches.timing import processor_seconds
from tracker.entropy import SystemEntropy

FEED: Final = FeedKey(epoch=1, incarnation=1)
KEY: Final = bytes(range(32))
OWN: Final = feed_key(FEED)
GENERATION: Final = 1
"""Of the files: what is filled takes the place of what was there."""
HASH: Final = EntryHash(KEY, FEED.epoch, FEED.incarnation)


def _replica(given: Mapping[str, Any]) -> Replica:
    return Replica(Path(given["folder"]) / "replica", {FEED.epoch: KEY})


async def _fill(given: Mapping[str, Any]) -> None:
    replica = _replica(given)
    await fill(replica, FEED, KEY, entries_under(iter(()), int(given["entries"])))
    replica.close()
    tell()


async def _change(given: Mapping[str, Any]) -> None:
    """Full packets: one lists new people, the next removes them, so that the list keeps its length."""
    replica, costs_s = _replica(given), []
    for _ in range(given["packets"] // 2):
        entries = _new_entries()
        for changes_of in (_puts, _removals):
            state = replica.state(FEED)
            packet = _packet(state, changes_of(state, entries), entries)
            began_s = processor_seconds()
            assert isinstance(await replica.apply_packet(packet), Applied)
            costs_s.append(processor_seconds() - began_s)
    replica.close()
    tell(cost_s=fmean(costs_s) / MAX_CHANGES)


def _new_entries() -> list[ListedEntry]:
    chance = SystemEntropy()
    like = ListedEntry.unpack(next(entries_under(iter(()), 1)))
    return [
        like._replace(reference=chance.reference(), tokens=chance.random_bytes(len(like.tokens)))
        for _ in range(MAX_CHANGES)
    ]


def _puts(state: FeedState, entries: Sequence[ListedEntry]) -> tuple[Put | Remove, ...]:
    return tuple(
        Put(
            sequence=sequence,
            reference=entry.reference,
            version=entry.version,
            measure=measure_of(entry.code),
            valid_until=date.fromordinal(entry.last_day),
            tokens=(entry.tokens.hex(),),
        )
        for sequence, entry in enumerate(entries, state.sequence + 1)
    )


def _removals(state: FeedState, entries: Sequence[ListedEntry]) -> tuple[Put | Remove, ...]:
    return tuple(
        Remove(op="remove", sequence=sequence, reference=entry.reference, version=entry.version)
        for sequence, entry in enumerate(entries, state.sequence + 1)
    )


def _packet(
    state: FeedState, changes: tuple[Put | Remove, ...], entries: Sequence[ListedEntry]
) -> SignedPacket:
    """With the head that the list has after it."""
    is_listing = isinstance(changes[0], Put)
    summed = HASH.with_entry if is_listing else HASH.without_entry
    head = FeedHead(
        sequence=state.sequence + len(changes),
        count=state.count + (len(changes) if is_listing else -len(changes)),
        digest=digest_hex(reduce(summed, [entry.pack() for entry in entries], state.digest)),
    )
    return SignedPacket(
        feed=FEED,
        packet=FeedPacket(changes=changes, head=head),
        signed_at=SystemClock().now(),
        digest_key=KEY,
    )


async def _bare_change(given: Mapping[str, Any]) -> None:
    """The rows of such packets in the very tables of the list, with LMDB alone: no digest, tag or count."""
    env, tables = open_environment(place_of(Path(given["folder"]) / "replica" / LISTS, GENERATION))
    costs_s = []
    for _ in range(given["packets"] // 2):
        entries = [entry.pack() for entry in _new_entries()]
        for bring in (_put_rows, _remove_rows):
            began_s = processor_seconds()
            with env.begin(write=True) as txn:
                bring(txn, tables, entries)
            costs_s.append(processor_seconds() - began_s)
    env.close()
    tell(cost_s=fmean(costs_s) / MAX_CHANGES)


def _put_rows(txn: "lmdb.Transaction[bytes]", tables: Tables, entries: Sequence[bytes]) -> None:
    for entry in entries:
        reference = entry[:REFERENCE_BYTES]
        txn.put(OWN + reference, entry[REFERENCE_BYTES:] + bytes(TAG_BYTES), db=tables[Table.ENTRIES])
        txn.put(OWN + entry[HEAD_BYTES:], reference, db=tables[Table.TOKENS])


def _remove_rows(txn: "lmdb.Transaction[bytes]", tables: Tables, entries: Sequence[bytes]) -> None:
    for entry in entries:
        key = OWN + entry[:REFERENCE_BYTES]
        txn.delete(key, db=tables[Table.ENTRIES])
        txn.delete(OWN + entry[HEAD_BYTES:], db=tables[Table.TOKENS])
        txn.put(key, bytes(REFERENCE_BYTES + TAG_BYTES), db=tables[Table.REMOVALS])


async def _recount(given: Mapping[str, Any]) -> None:
    """One pass of the scrubber without its rests; `pass_s` is how long it would have taken with them."""
    replica, worked, began_s, pass_s = _replica(given), SystemClock().worked, processor_seconds(), 0.0
    for bucket in range(BUCKETS):
        bucket_began_s = worked()
        assert replica.is_whole(FEED, bucket)
        pass_s += turn_s(worked() - bucket_began_s)
    cost_s = processor_seconds() - began_s
    replica.close()
    tell(cost_s=cost_s, pass_s=pass_s)


async def _bare(given: Mapping[str, Any]) -> None:
    """A keyed BLAKE2b and a modular sum for each of so many entries, of which some thousands are made up."""
    entries = list(entries_under(iter(()), ENTRIES_IN_CHUNK))
    digest, cost_s, left = EMPTY_DIGEST, 0.0, int(given["entries"])
    while left > 0:
        began_s = processor_seconds()
        for entry in islice(entries, left):
            hashed = blake2b(entry, digest_size=DIGEST_BYTES, key=KEY).digest()
            digest = (digest + int.from_bytes(hashed, "big")) % DIGEST_MODULUS
        cost_s += processor_seconds() - began_s
        left -= len(entries)
    tell(cost_s=cost_s / given["entries"])


if __name__ == "__main__":
    parts = {"fill": _fill, "change": _change, "recount": _recount}
    be_one_of({**parts, "bare": _bare, "bare-change": _bare_change})
