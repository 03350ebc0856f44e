"""What agencies say of their replicas: receipts, and answers to the order to stand down."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from schemas.messages import GoneReference, JourneysKept, Receipt, StandDownAnswer
from tracker.domain.ids import AgencyId, CourtId
from tracker.domain.metering import Stage
from tracker.domain.people import system_actor
from tracker.services import audit
from tracker.services.alerts.stand_down import hear_answer, release_if_all_gone
from tracker.services.audit import About
from tracker.services.entries.former_withdrawals import hear_withdrawn
from tracker.storage import (
    agencies,
    feed_generations,
    feeds,
    instructions,
    journal,
    receipts,
    refusals,
    waiting_notices,
)
from tracker.storage.agencies import Held
from tracker.storage.engine.one_trip import in_one_trip
from tracker.storage.feed_generations import Standing
from tracker.storage.refused_there import count_refused_there
from tracker.storage.transaction import Tx

AHEAD_OF_THE_COURT: Final = "list ahead of the court's: was its database restored? run `tracker restored`"
NOTED_FOR: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """Which instance of an agency speaks, and of which generation of its feed."""

    agency_id: AgencyId
    instance: str
    epoch: int
    incarnation: int


async def record_receipt(tx: Tx, teller: Teller, receipt: Receipt) -> bool:
    """Note since when an agency's instructions are in force or gone: at all its instances. Whether anybody is
    gone by it.
    """
    agency_id = teller.agency_id
    said = Standing(teller.epoch, teller.incarnation, receipt.head.sequence)
    newest, feed_id = await in_one_trip(
        tx,
        feed_generations.newest_standing(tx, agency_id),
        feeds.find_in_force(tx, agency_id, teller.epoch, teller.incarnation),
    )
    if said > newest:
        await _note_ahead(tx, teller, said)
    if feed_id is not None:
        held = Held(instance=teller.instance, feed_id=feed_id, head=receipt.head, percent=receipt.percent)
        await agencies.record_replica(tx, agency_id, held)
    await hear_withdrawn(tx, agency_id, _versions(receipt.withdrawn))
    await receipts.record_told(tx, agency_id, teller.instance, _versions(receipt.gone))
    if receipt.refused:
        await count_refused_there(tx, agency_id, teller.instance, receipt.refused)
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
    return bool(reached.gone)


def _versions(gone: Sequence[GoneReference]) -> dict[int, int]:
    """Up to which version each reference is hidden."""
    versions: dict[int, int] = {}
    for one in gone:
        versions[one.reference] = max(one.version, versions.get(one.reference, 0))
    return versions


async def _note_ahead(tx: Tx, teller: Teller, said: Standing) -> None:
    """An adapter holds what this court has never made: its database was restored, and nobody has said so."""
    await refusals.count_refusals(tx, teller.agency_id, [AHEAD_OF_THE_COURT])
    tx.log(
        "list-ahead-of-the-court",
        agency=teller.agency_id,
        instance=teller.instance,
        epoch=said.epoch,
        incarnation=said.incarnation,
        sequence=said.sequence,
    )


async def list_ahead(tx: Tx) -> tuple[AgencyId, ...]:
    """The agencies of which an adapter lately held a newer list than the court had made; none once the
    restore was taken up.
    """
    found = await refusals.list_latest(tx, AHEAD_OF_THE_COURT, tx.at - NOTED_FOR)
    taken_up_at = await journal.latest_restore_at(tx)
    return tuple(agency_id for agency_id, at in found if taken_up_at is None or at > taken_up_at)


async def send_what_awaited_receipts(tx: Tx) -> None:
    """Once the last agency has said that a subject is gone, what waited for that goes out.

    In a transaction after that of the receipt: two last receipts that commit side by side do not see each
    other, and each would leave it to the other.
    """
    for subject_id in await waiting_notices.list_subjects_awaiting_receipts(tx):
        await release_if_all_gone(tx, subject_id)


async def record_stand_down_answer(
    tx: Tx, court_id: CourtId, agency_id: AgencyId, answer: StandDownAnswer
) -> None:
    """An agency has understood the order to stop."""
    await hear_answer(tx, agency_id, answer)
    instruction = await instructions.find_instruction(tx, agency_id, answer.reference)
    if instruction is None:
        return
    about = About(kind="instruction", key=instruction.instruction_id)
    actor = system_actor(court_id)
    await audit.record(tx, actor, "stand-down answered", about, agency=agency_id, holding=answer.holding)


async def record_journeys_kept(tx: Tx, court_id: CourtId, teller: Teller, said: JourneysKept) -> None:
    """For the auditor: an adapter keeps what people do whom nobody seeks, or does no more."""
    about = About(kind="instance", key=f"{teller.agency_id}.{teller.instance}")
    actor = system_actor(court_id)
    if not said.days:
        await audit.record(tx, actor, "journeys kept no more", about)
        return
    terms = {"days": said.days, "legal_basis": said.legal_basis, "assessment": said.assessment}
    await audit.record(tx, actor, "journeys kept", about, **terms)
