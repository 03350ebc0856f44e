"""How a packet changes the ordered state: only where it follows the cursor, only to exactly the signed state.

A packet that repeats is dropped by its sequence, one that leaves a gap or leads elsewhere changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from adapters.replica.lists import OrderedState
from adapters.replica.values import (
    AlreadyApplied,
    Applied,
    Diverged,
    Entry,
    FeedKey,
    FeedState,
    Gap,
    PacketOutcome,
)
from schemas.digest import Record, with_record, without_record
from schemas.messages import FeedPacket, Put, Remove


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedPacket:
    """A packet as its envelope vouched for it, with the key of the digest it must lead to."""

    feed: FeedKey
    packet: FeedPacket
    signed_at: datetime
    digest_key: bytes = field(repr=False)


def apply_packet(ordered: OrderedState, signed: SignedPacket) -> PacketOutcome:
    """Apply the changes past the cursor. The caller must roll back unless the answer is `Applied`."""
    state = ordered.state(signed.feed)
    changes = [change for change in signed.packet.changes if change.sequence > state.sequence]
    if not changes:
        return AlreadyApplied()
    gap = _find_gap(state.sequence, changes)
    if gap is not None:
        return gap
    for change in changes:
        state = _apply_change(ordered, signed, state, change)
    state = replace(state, signed_at=signed.signed_at)
    if not state.agrees_with(signed.packet.head):
        return Diverged(sequence=state.sequence)
    ordered.record_state(signed.feed, state)
    return Applied(state=state)


def _find_gap(cursor: int, changes: Sequence[Put | Remove]) -> Gap | None:
    for expected, change in enumerate(changes, start=cursor + 1):
        if change.sequence != expected:
            return Gap(expected=expected, got=change.sequence)
    return None


def _apply_change(
    ordered: OrderedState, signed: SignedPacket, state: FeedState, change: Put | Remove
) -> FeedState:
    feed, reference = signed.feed, change.reference
    count, digest = state.count, state.digest
    old = ordered.entry(feed, reference)
    if old is not None:
        ordered.remove_entry(feed, reference, old)
        count -= 1
        for record in _records(reference, old):
            digest = without_record(digest, record, signed.digest_key)
    if isinstance(change, Put):
        new = _entry(change)
        ordered.record_entry(feed, reference, new)
        count += 1
        for record in _records(reference, new):
            digest = with_record(digest, record, signed.digest_key)
    else:
        ordered.record_removal(feed, reference, change.version)
    return replace(state, sequence=change.sequence, count=count, digest=digest)


def _entry(put: Put) -> Entry:
    return Entry(
        version=put.version,
        measure=put.measure,
        valid_until=put.valid_until,
        tokens=tuple(bytes.fromhex(token) for token in put.tokens),
        named=put.named,
    )


def _records(reference: int, entry: Entry) -> list[Record]:
    return [
        Record(
            token=token,
            reference=reference,
            version=entry.version,
            measure=entry.measure,
            valid_until=entry.valid_until,
        )
        for token in entry.tokens
    ]
