"""What an adapter lacks of its list and cannot fetch is sent to it as messages of its feed: packets, or the
newest snapshot part by part.

What must not break: it goes to the adapter that asked, of its own agency's list only, and is what the others
fetch, signed as that is.
"""

from base64 import b64encode
from dataclasses import replace

from schemas.envelope import Address, Posting, sign_envelope
from schemas.messages import ListWanted
from schemas.snapshots import PART_BYTES, SnapshotPart
from tracker.domain.errors import NotFound
from tracker.services.feeds.catch_up import needs_snapshot
from tracker.services.feeds.snapshots import Snapshot
from tracker.services.lines.reports import Teller
from tracker.storage import agencies, feed_log, feeds, folder_lines, outbox
from tracker.storage.folder_lines import Waiting, WantedList
from tracker.storage.outbox import OutboxLane, OutboxMessage
from tracker.storage.transaction import Tx


async def answer(tx: Tx, teller: Teller, said: ListWanted) -> None:
    """Send the packets past what the adapter has, or note that it waits for a whole list."""
    agency_id, instance = teller.agency_id, teller.instance
    try:
        feed = await feeds.find_generation(tx, agency_id, teller.epoch, teller.incarnation)
    except NotFound:
        # Of a list that has ended since.
        return
    if await needs_snapshot(tx, feed, said.after):
        wanted = WantedList(epoch=teller.epoch, incarnation=teller.incarnation)
        await folder_lines.record_wanted(tx, agency_id, instance, wanted)
        tx.log("list-wanted", agency=agency_id, instance=instance, sequence=said.after)
        return
    missing = max(0, feed.head.sequence - said.after)
    packets = await feed_log.list_packets(tx, feed.feed_id, said.after, missing)
    for packet in packets:
        await _post(tx, agency_id, instance, packet.envelope)
    tx.log("packets-posted", agency=agency_id, instance=instance, messages=len(packets))


async def send_next_part(tx: Tx, worker: str, waiting: Waiting, snapshot: Snapshot) -> None:
    """Send the manifest, then a part of the file each time; nothing where another worker came first."""
    agency_id, instance, wanted = waiting.agency_id, waiting.instance, waiting.wanted
    if await folder_lines.lock_wanted(tx, agency_id, instance) != wanted:
        return
    if wanted.sequence != snapshot.sequence:
        # The first time, or the one that was being sent is not kept any more.
        await _post(tx, agency_id, instance, snapshot.manifest())
        begun = replace(wanted, sequence=snapshot.sequence, worker=worker, begin=0)
        await folder_lines.record_wanted(tx, agency_id, instance, begun)
        return
    data, length = snapshot.part(wanted.begin, PART_BYTES)
    if data:
        part = SnapshotPart(sequence=snapshot.sequence, begin=wanted.begin, data=b64encode(data).decode())
        await _post(tx, agency_id, instance, await _signed(tx, waiting, part))
    end = wanted.begin + len(data)
    left = None if end >= length else replace(wanted, begin=end)
    await folder_lines.record_wanted(tx, agency_id, instance, left)
    percent = 100 * end // length if length else 100
    tx.log("list-posted", agency=agency_id, instance=instance, sequence=snapshot.sequence, percent=percent)


async def _signed(tx: Tx, waiting: Waiting, part: SnapshotPart) -> bytes:
    address = Address(
        court=(await agencies.get_agency(tx, waiting.agency_id)).court_id,
        agency=waiting.agency_id,
        instance=waiting.instance,
        epoch=waiting.wanted.epoch,
        incarnation=waiting.wanted.incarnation,
    )
    posting = Posting(id=tx.entropy.new_id(), at=tx.at, address=address)
    return sign_envelope(part, posting, tx.keys.signing)


async def _post(tx: Tx, agency_id: str, instance: str, envelope: bytes) -> None:
    message = OutboxMessage(
        message_id=tx.entropy.new_id(),
        queue=f"feed.{agency_id}.{instance}",
        lane=OutboxLane.LISTS,
        body=envelope,
    )
    await outbox.add_message(tx, message)
