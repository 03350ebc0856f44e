"""What came in and could not be used. Refused money must be seen: whoever paid may still be sought for it. A
refused message of an agency rings the desk: it may be a sighting.
"""

from datetime import datetime, timedelta
from typing import Final

from tracker.domain.authorisation import Action
from tracker.domain.ids import AgencyId
from tracker.domain.people import Actor
from tracker.services.access import require_in_court
from tracker.services.lines.notices import tell_of_refused
from tracker.services.lines.reports import AHEAD_OF_THE_COURT
from tracker.storage import agencies, inbox, refusals
from tracker.storage.inbox import RefusedMessage
from tracker.storage.refusals import Refusal
from tracker.storage.transaction import Tx

CASE_SYSTEM: Final = "case-system"
LISTED_AT_MOST: Final = 200
RINGS_AGAIN_AFTER: Final = timedelta(minutes=30)
"""Without a refused message of the agency: one that sends a hundred of them is one thing to call about."""


async def list_refused_messages(tx: Tx, actor: Actor) -> tuple[RefusedMessage, ...]:
    """The latest refused messages to the actor's court, newest first."""
    await require_in_court(tx, actor, Action.READ_REFUSED)
    partners = await agencies.list_agencies(tx, actor.court_id)
    sources = [*(one.agency_id for one in partners), f"{actor.court_id}:{CASE_SYSTEM}"]
    return await inbox.list_refused(tx, sources, LISTED_AT_MOST)


async def list_refusals_since(tx: Tx, agency_id: AgencyId, since: datetime) -> tuple[Refusal, ...]:
    """What was refused of an agency by either way in, the latest first."""
    posted = await inbox.count_refused(tx, agency_id, since)
    found = (*await refusals.list_refusals(tx, agency_id, since), *posted)
    return tuple(sorted(found, key=lambda one: one.last_at, reverse=True))


async def ring_for_refused(tx: Tx, agency_id: AgencyId) -> None:
    """The desk hears that a message of an agency is refused; to be called before that is noted. Of a closed
    line it has heard already that nothing of it is believed.
    """
    agency = await agencies.get_agency(tx, agency_id)
    recent = await list_refusals_since(tx, agency_id, tx.at - RINGS_AGAIN_AFTER)
    if agency.closing is None and all(one.reason == AHEAD_OF_THE_COURT for one in recent):
        await tell_of_refused(tx, agency)
