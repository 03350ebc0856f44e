"""What came in and could not be used. Refused money must be seen: whoever paid may still be sought for it."""

from typing import Final

from tracker.domain.authorisation import Action
from tracker.domain.people import Actor
from tracker.services.access import require_in_court
from tracker.storage import agencies, inbox
from tracker.storage.inbox import RefusedMessage
from tracker.storage.transaction import Tx

CASE_SYSTEM: Final = "case-system"
LISTED_AT_MOST: Final = 200


async def list_refused_messages(tx: Tx, actor: Actor) -> tuple[RefusedMessage, ...]:
    """The latest refused messages to the actor's court, newest first."""
    await require_in_court(tx, actor, Action.READ_REFUSED)
    partners = await agencies.list_agencies(tx, actor.court_id)
    sources = [*(one.agency_id for one in partners), f"{actor.court_id}:{CASE_SYSTEM}"]
    return await inbox.list_refused(tx, sources, LISTED_AT_MOST)
