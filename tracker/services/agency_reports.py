"""What agencies say of their replicas: receipts, and answers to the order to stand down."""

from dataclasses import dataclass

from schemas.messages import Receipt, StandDownAnswer
from tracker.domain.ids import AgencyId, CourtId
from tracker.domain.metering import Stage
from tracker.domain.people import system_actor
from tracker.services import audit
from tracker.services.audit import About
from tracker.services.stand_down import release_if_all_gone
from tracker.storage import agencies, feeds, instructions, notices, receipts
from tracker.storage.agencies import Held
from tracker.storage.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """Which instance of an agency speaks, and of which generation of its feed."""

    agency_id: AgencyId
    instance: str
    epoch: int
    incarnation: int


async def record_receipt(tx: Tx, teller: Teller, receipt: Receipt) -> None:
    """Note since when an agency's instructions are in force or gone: at all its instances."""
    agency_id = teller.agency_id
    feed_id = await feeds.find_in_force(tx, agency_id, teller.epoch, teller.incarnation)
    if feed_id is not None:
        held = Held(instance=teller.instance, feed_id=feed_id, head=receipt.head)
        await agencies.record_replica(tx, agency_id, held)
    newest: dict[int, int] = {}
    for one in receipt.gone:
        newest[one.reference] = max(one.version, newest.get(one.reference, 0))
    await receipts.record_told(tx, agency_id, teller.instance, newest)
    reached = await receipts.record_reached(tx, agency_id)
    for changed_at in reached.in_force:
        tx.timed(Stage.CHANGE_COMMITTED_TO_IN_FORCE, changed_at, agency_id, until=tx.at)
    for changed_at in reached.gone:
        tx.timed(Stage.CHANGE_COMMITTED_TO_GONE, changed_at, agency_id, until=tx.at)
    tx.log(
        "receipt-taken",
        agency=agency_id,
        instance=teller.instance,
        sequence=receipt.head.sequence,
        in_force=len(reached.in_force),
        gone=len(reached.gone),
    )


async def send_what_awaited_receipts(tx: Tx) -> None:
    """Once the last agency has said that a subject is gone, what waited for that goes out.

    In a transaction after that of the receipt: two last receipts that commit side by side do not see each
    other, and each would leave it to the other.
    """
    for subject_id in await notices.list_subjects_awaiting_receipts(tx):
        await release_if_all_gone(tx, subject_id)


async def record_stand_down_answer(
    tx: Tx, court_id: CourtId, agency_id: AgencyId, answer: StandDownAnswer
) -> None:
    """An agency has understood the order to stop."""
    instruction = await instructions.find_instruction(tx, agency_id, answer.reference)
    if instruction is None:
        return
    about = About(kind="instruction", key=instruction.instruction_id)
    actor = system_actor(court_id)
    await audit.record(tx, actor, "stand-down answered", about, agency=agency_id, holding=answer.holding)
