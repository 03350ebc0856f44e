"""Numbers, digests, packs and signs what has committed, for several agencies at once. The loop publishes the
packets afterwards.

Order holds per reference: a change older than the newest version numbered for its reference is dropped.
"""

from base64 import b64decode
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from schemas.digest import EntryHash, digest_from_hex, digest_hex
from schemas.envelope import Address, Posting, sign_envelope
from schemas.listed import ListedEntry
from schemas.measures import Measure, code_of
from schemas.messages import FeedHead, FeedPacket, Heartbeat, Put, Remove
from tracker.domain.ids import AgencyId, CourtId
from tracker.storage import (
    agencies,
    audit,
    feed_changes,
    feed_generations,
    feed_log,
    feed_records,
    feed_writing,
    receipts,
)
from tracker.storage.engine.one_trip import in_one_trip
from tracker.storage.feed_changes import Change
from tracker.storage.feed_log import Packet
from tracker.storage.feed_records import FeedRecord
from tracker.storage.feed_writing import Readership, Waiting
from tracker.storage.feeds import Feed
from tracker.storage.receipts import Numbered
from tracker.storage.transaction import Tx

PACKET_CHANGES = 500
PACKETS_AT_ONCE = 100
"""Of what a feed's log holds unpublished: they must be out, and the mark moved, within one lease."""
ALL_INSTANCES = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToPublish:
    """What the instances of an agency are to be told on one feed, the oldest packet first; `committed`: when
    each of the changes was that have got their numbers just now. `has_more`: so much waited that some of it
    may wait still.
    """

    feed: Feed
    packets: tuple[Packet, ...]
    instances: tuple[str, ...]
    committed: tuple[datetime, ...]
    has_more: bool

    @property
    def up_to(self) -> int:
        """Up to which change the feed is out, once this is published."""
        return self.packets[-1].last_sequence if self.packets else self.feed.published_up_to


@dataclass(slots=True, kw_only=True)
class _Numbering:
    """The running state of a feed while a packet is made."""

    feed: Feed
    hash: EntryHash
    known: dict[int, FeedRecord]
    """The newest numbered version of each reference."""
    sequence: int
    count: int
    digest: int
    replaced: set[int] = field(default_factory=set)
    written: dict[int, FeedRecord] = field(default_factory=dict)
    numbers: list[Numbered] = field(default_factory=list)
    changes: list[Put | Remove] = field(default_factory=list)

    @property
    def head(self) -> FeedHead:
        return FeedHead(sequence=self.sequence, count=self.count, digest=digest_hex(self.digest))

    @property
    def moved(self) -> Feed:
        """The feed as it stands after the packet."""
        return replace(self.feed, head=self.head)

    def take(self, change: Change) -> bool:
        """Give the change its number; False: it was overtaken."""
        former = self.known.get(change.reference)
        if _is_overtaken(change, former):
            return False
        record = FeedRecord(reference=change.reference, version=change.version, entry=_entry(change))
        self._replace(former, record)
        self.sequence += 1
        number = Numbered(
            agency_id=self.feed.agency_id,
            reference=change.reference,
            version=change.version,
            is_listed=record.entry is not None,
            sequence=self.sequence,
        )
        self.numbers.append(number)
        self.changes.append(_message(change, self.sequence))
        return True

    def _replace(self, former: FeedRecord | None, record: FeedRecord) -> None:
        if former is not None and former.entry is not None:
            self.digest = self.hash.without_entry(self.digest, former.entry.pack())
            self.count -= 1
        if record.entry is not None:
            self.digest = self.hash.with_entry(self.digest, record.entry.pack())
            self.count += 1
        if former is not None and record.reference not in self.written:
            self.replaced.add(record.reference)
        self.known[record.reference] = self.written[record.reference] = record


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What the claimed feeds are to be told, by feed: what a writer before us has numbered (`left`), and what
    waits for a number; and by agency whom it is for. `share`: so many changes of each feed at most.
    `caught_up`: the feeds to which something is added.
    """

    claimed: Sequence[Feed]
    left: Mapping[str, tuple[Packet, ...]]
    caught_up: Sequence[Feed]
    share: int
    waiting: Waiting
    readers: Mapping[AgencyId, Readership]

    @property
    def is_all(self) -> bool:
        """Whether every feed of the agencies was claimed."""
        return len(self.claimed) == sum(one.epochs for one in self.readers.values())


async def read_round(tx: Tx, claimed: Sequence[Feed], agency_ids: Collection[AgencyId]) -> Round:
    """The caller holds the leases of the feeds, which are those of these agencies, and has locked them."""
    left = {feed.feed_id: await _list_unpublished(tx, feed) for feed in claimed}
    # What a feed's log holds is published first: nothing is added to a backlog there.
    caught_up = [feed for feed in claimed if len(left[feed.feed_id]) < PACKETS_AT_ONCE]
    share = -(-PACKET_CHANGES // len(claimed))
    waiting, readers, _ = await in_one_trip(
        tx,
        _list_waiting(tx, caught_up, share),
        feed_writing.list_readerships(tx, agency_ids),
        # Whoever decides about one subject would otherwise keep the feeds of all agencies waiting.
        feed_writing.give_way(tx),
    )
    return Round(
        claimed=claimed, left=left, caught_up=caught_up, share=share, waiting=waiting, readers=readers
    )


async def number_changes(tx: Tx, read: Round, at: datetime) -> tuple[ToPublish, ...]:
    """Number one packet of waiting changes of each feed; `at` is a moment since the feeds were locked."""
    waiting = {feed.feed_id: read.waiting.changes.get(feed.feed_id, ()) for feed in read.claimed}
    numberings = [_number(tx, feed, waiting[feed.feed_id], read.waiting.known) for feed in read.claimed]
    packed = [_pack(tx, one, read.readers[one.feed.agency_id], at) for one in numberings if one.changes]
    if any(waiting.values()):
        await _record(tx, [change for some in waiting.values() for change in some], numberings, packed)
    new = {feed.feed_id: (packet,) for feed, packet in packed}
    return tuple(
        ToPublish(
            feed=one.moved,
            packets=(*read.left[one.feed.feed_id], *new.get(one.feed.feed_id, ())),
            instances=read.readers[one.feed.agency_id].instances,
            committed=_committed_at(waiting[one.feed.feed_id]),
            has_more=one.feed not in read.caught_up or len(waiting[one.feed.feed_id]) >= read.share,
        )
        for one in numberings
    )


async def _list_unpublished(tx: Tx, feed: Feed) -> tuple[Packet, ...]:
    """The first of what a writer before us has numbered."""
    is_behind = feed.published_up_to < feed.head.sequence
    return await feed_log.list_unpublished(tx, feed, PACKETS_AT_ONCE) if is_behind else ()


def _committed_at(changes: Sequence[Change]) -> tuple[datetime, ...]:
    return tuple(change.committed_at for change in changes if change.committed_at is not None)


async def _list_waiting(tx: Tx, caught_up: Sequence[Feed], share: int) -> Waiting:
    """Of a backlog each feed gets its share, so that a transaction stays short, whatever waits."""
    feed_ids = [feed.feed_id for feed in caught_up]
    waiting = await feed_writing.list_all_waiting(tx, feed_ids, PACKET_CHANGES)
    if waiting is not None:
        return waiting
    changes = {
        feed.feed_id: await feed_changes.list_waiting_changes(tx, feed.agency_id, feed.keys.epoch, share)
        for feed in caught_up
    }
    references = {change.reference for some in changes.values() for change in some}
    return Waiting(changes=changes, known=await feed_records.find_records(tx, feed_ids, references))


def _number(
    tx: Tx, feed: Feed, waiting: Sequence[Change], known: Mapping[str, dict[int, FeedRecord]]
) -> _Numbering:
    numbering = _begun(feed, known.get(feed.feed_id, {}))
    for change in waiting:
        if numbering.take(change):
            sequence = numbering.sequence
            tx.log("change-numbered", agency=feed.agency_id, change=change.change_id, sequence=sequence)
    return numbering


def _begun(feed: Feed, known: dict[int, FeedRecord]) -> _Numbering:
    return _Numbering(
        feed=feed,
        hash=EntryHash(feed.keys.digest_key, feed.keys.epoch, feed.incarnation),
        known=known,
        sequence=feed.head.sequence,
        count=feed.head.count,
        digest=digest_from_hex(feed.head.digest),
    )


def _pack(tx: Tx, one: _Numbering, their: Readership, at: datetime) -> tuple[Feed, Packet]:
    """The feed as it stands afterwards, and its signed packet."""
    feed = one.moved
    body = FeedPacket(changes=tuple(one.changes), head=feed.head, in_force_from=their.oldest_epoch)
    packet = Packet(
        first_sequence=one.feed.head.sequence + 1,
        last_sequence=feed.head.sequence,
        envelope=sign_envelope(body, _posting(tx, feed, their.court_id, at), tx.keys.signing),
    )
    return feed, packet


async def _record(
    tx: Tx,
    changes: Sequence[Change],
    numberings: Sequence[_Numbering],
    packed: Sequence[tuple[Feed, Packet]],
) -> None:
    """What changes rows first, so that the new ones of all tables go to the database together."""
    await receipts.record_numbered(tx, [number for one in numberings for number in one.numbers])
    await feed_changes.remove_changes(tx, changes)
    replaced = [(one.feed.feed_id, reference) for one in numberings for reference in one.replaced]
    await feed_records.remove_records(tx, replaced)
    await feed_log.add_packets(tx, packed)
    for one in numberings:
        await feed_records.add_records(tx, one.feed.feed_id, one.written.values())


def _is_overtaken(change: Change, former: FeedRecord | None) -> bool:
    """A put must go beyond the newest numbered version, a removal must reach it."""
    if former is None:
        return False
    return change.version <= former.version if change.body is not None else change.version < former.version


def _entry(change: Change) -> ListedEntry | None:
    body = change.body
    if body is None:
        return None
    return ListedEntry(
        reference=change.reference,
        version=change.version,
        code=code_of(Measure(body["measure"])),
        last_day=date.fromisoformat(body["valid_until"]).toordinal(),
        tokens=b"".join(map(bytes.fromhex, body["tokens"])),
        named=b"" if body["named"] is None else b64decode(body["named"]),
    )


def _message(change: Change, sequence: int) -> Put | Remove:
    if change.body is None:
        return Remove(op="remove", sequence=sequence, reference=change.reference, version=change.version)
    return Put(
        sequence=sequence,
        reference=change.reference,
        version=change.version,
        measure=Measure(change.body["measure"]),
        valid_until=date.fromisoformat(change.body["valid_until"]),
        tokens=tuple(change.body["tokens"]),
        named=change.body["named"],
    )


def _posting(tx: Tx, feed: Feed, court_id: CourtId, at: datetime) -> Posting:
    address = Address(
        court=court_id,
        agency=feed.agency_id,
        instance=ALL_INSTANCES,
        epoch=feed.keys.epoch,
        incarnation=feed.incarnation,
    )
    return Posting(id=tx.entropy.new_id(), at=at, address=address, sequence=feed.head.sequence)


async def _oldest_in_force(tx: Tx, feed: Feed) -> int:
    epochs = await feed_generations.list_epochs_in_force(tx, [feed.agency_id])
    return min(epochs[feed.agency_id])


async def heartbeat(tx: Tx, feed: Feed, at: datetime) -> bytes:
    """A signed heartbeat with the feed's head and the audit chain's head, for outside witnesses. The caller
    has locked the feed; `at` is a moment since.
    """
    chain = await audit.chain_head(tx)
    agency = await agencies.get_agency(tx, feed.agency_id)
    body = Heartbeat(
        head=feed.head,
        in_force_from=await _oldest_in_force(tx, feed),
        audit_sequence=chain.position,
        audit_head=chain.link if chain.position else None,
        canary_every_s=agency.canary_every_s,
    )
    return sign_envelope(body, _posting(tx, feed, agency.court_id, at), tx.keys.signing)
