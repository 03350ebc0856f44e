"""What the audit log keeps of a refused message that an operator drops for good."""

from tracker.domain.dead_letters import Discard
from tracker.domain.people import Actor
from tracker.services import audit
from tracker.services.audit import About
from tracker.storage.transaction import Tx


async def record_discard(tx: Tx, actor: Actor, discard: Discard) -> None:
    """Without its id and the words of its refusal, which its sender may have chosen."""
    await audit.record(
        tx,
        actor,
        "dead letter discarded",
        About(kind="dead letter", key=discard.mark),
        queue=discard.queue,
        sender=discard.sender,
        died_at=discard.died_at.isoformat(),
        reason=discard.reason,
        operator=discard.operator,
    )
