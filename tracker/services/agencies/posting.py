"""Messages to agencies: signed here, committed to the outbox, published later by the relay."""

from schemas.envelope import Address, Posting, sign_envelope
from schemas.messages import CloseLine, Confirmation, StandDown, Tombstone
from tracker.domain.ids import AgencyId
from tracker.storage import agencies, feed_generations, outbox
from tracker.storage.outbox import OutboxLane, OutboxMessage
from tracker.storage.transaction import Tx

# Tombstones have a queue of their own, so that nothing ever stands before them.
ROUTES = {
    Tombstone.TYPE: ("express", OutboxLane.EXPRESS),
    CloseLine.TYPE: ("express", OutboxLane.EXPRESS),
    StandDown.TYPE: ("orders", OutboxLane.EXPRESS),
    Confirmation.TYPE: ("orders", OutboxLane.ORDERS),
}


async def queues_of(tx: Tx, agency_id: AgencyId) -> list[str]:
    """Every queue that messages to an agency's instances wait for."""
    kinds = sorted({kind for kind, _lane in ROUTES.values()})
    instances = await agencies.list_instances(tx, agency_id)
    return [f"{kind}.{agency_id}.{instance.name}" for kind in kinds for instance in instances]


async def post_to_agency(
    tx: Tx, agency_id: AgencyId, body: Tombstone | CloseLine | Confirmation | StandDown
) -> tuple[str, ...]:
    """Commit one signed message for every instance of an agency; a closed line is told nothing. Returns the
    ids of the messages.
    """
    agency = await agencies.get_agency(tx, agency_id)
    if agency.closing is not None:
        return ()
    newest = await feed_generations.newest_generation(tx, agency_id)
    queue_kind, lane = ROUTES[body.TYPE]
    posted = []
    for instance in await agencies.list_open_instances(tx, agency_id):
        message_id = tx.entropy.new_id()
        address = Address(
            court=agency.court_id,
            agency=agency_id,
            instance=instance.name,
            epoch=newest.epoch,
            incarnation=newest.incarnation,
        )
        envelope = sign_envelope(body, Posting(id=message_id, at=tx.at, address=address), tx.keys.signing)
        queue = f"{queue_kind}.{agency_id}.{instance.name}"
        await outbox.add_message(
            tx, OutboxMessage(message_id=message_id, queue=queue, lane=lane, body=envelope)
        )
        tx.log("message-posted", agency=agency_id, queue=queue, message=message_id, kind=body.TYPE)
        posted.append(message_id)
    return tuple(posted)
