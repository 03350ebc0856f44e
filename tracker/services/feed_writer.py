"""Numbers, digests, packs and signs what has committed for one agency. Its loop publishes the packets
afterwards.

Order holds per reference: a change older than the newest version numbered for its reference is dropped.
"""

from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from schemas.digest import EntryHash, digest_from_hex, digest_hex
from schemas.envelope import Address, Posting, sign_envelope
from schemas.listed import ListedEntry
from schemas.measures import Measure, code_of
from schemas.messages import FeedHead, FeedPacket, Heartbeat, Put, Remove
from tracker.domain.ids import CourtId
from tracker.storage import agencies, audit, feed_generations, feed_log, feeds, receipts
from tracker.storage.feed_log import Packet
from tracker.storage.feeds import Change, Feed, FeedRecord
from tracker.storage.receipts import Numbered
from tracker.storage.transaction import Tx

PACKET_CHANGES = 500
ALL_INSTANCES = "all"


@dataclass(slots=True)
class _Numbering:
    """The running state of a feed while a packet is made."""

    feed: Feed
    hash: EntryHash
    sequence: int
    count: int
    digest: int

    @property
    def head(self) -> FeedHead:
        return FeedHead(sequence=self.sequence, count=self.count, digest=digest_hex(self.digest))

    def forget(self, entry: ListedEntry) -> None:
        self.digest = self.hash.without_entry(self.digest, entry.pack())
        self.count -= 1

    def remember(self, entry: ListedEntry) -> None:
        self.digest = self.hash.with_entry(self.digest, entry.pack())
        self.count += 1


async def number_changes(tx: Tx, feed: Feed, at: datetime) -> tuple[datetime, ...]:
    """Number one packet of waiting changes; when each of them was committed. The caller holds the feed's
    lease and has locked the feed; `at` is a moment since.
    """
    waiting = await feeds.list_waiting_changes(tx, feed.agency_id, feed.keys.epoch, PACKET_CHANGES)
    if not waiting:
        return ()
    numbering = _Numbering(
        feed=feed,
        hash=EntryHash(feed.keys.digest_key, feed.keys.epoch, feed.incarnation),
        sequence=feed.head.sequence,
        count=feed.head.count,
        digest=digest_from_hex(feed.head.digest),
    )
    numbered = await _number(tx, numbering, waiting)
    await feeds.remove_changes(tx, waiting)
    if numbered:
        head = numbering.head
        court_id = (await agencies.get_agency(tx, feed.agency_id)).court_id
        envelope = sign_envelope(
            FeedPacket(changes=tuple(numbered), head=head, in_force_from=await _oldest_in_force(tx, feed)),
            _posting(tx, replace(feed, head=head), court_id, at),
            tx.keys.signing,
        )
        first = feed.head.sequence + 1
        packet = Packet(first_sequence=first, last_sequence=head.sequence, envelope=envelope)
        await feed_log.add_packet(tx, feed, packet, head)
    return tuple(change.committed_at for change in waiting if change.committed_at is not None)


async def _oldest_in_force(tx: Tx, feed: Feed) -> int:
    epochs = await feed_generations.list_epochs_in_force(tx, [feed.agency_id])
    return min(epochs[feed.agency_id])


async def _number(tx: Tx, numbering: _Numbering, waiting: Sequence[Change]) -> list[Put | Remove]:
    feed = numbering.feed
    known = await feeds.find_records(tx, feed.feed_id, {change.reference for change in waiting})
    written: dict[int, FeedRecord] = {}
    numbers: list[Numbered] = []
    numbered: list[Put | Remove] = []
    for change in waiting:
        former = known.get(change.reference)
        if _is_overtaken(change, former):
            continue
        record = FeedRecord(reference=change.reference, version=change.version, entry=_entry(change))
        if former is not None and former.entry is not None:
            numbering.forget(former.entry)
        if record.entry is not None:
            numbering.remember(record.entry)
        numbering.sequence += 1
        known[change.reference] = written[change.reference] = record
        number = Numbered(
            reference=change.reference,
            version=change.version,
            is_listed=record.entry is not None,
            sequence=numbering.sequence,
        )
        numbers.append(number)
        numbered.append(_message(change, numbering.sequence))
        tx.log("change-numbered", agency=feed.agency_id, change=change.change_id, sequence=numbering.sequence)
    await feeds.record_records(tx, feed.feed_id, list(written.values()))
    await receipts.record_numbered(tx, feed.agency_id, numbers)
    return numbered


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
