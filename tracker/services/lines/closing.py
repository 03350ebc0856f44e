"""Closes the line to an agency, so that its copy of the list is harmless at once, and opens it again.

What must not break: a closed line is told nothing and believed nothing; whoever closed it does not open it;
an open line begins with an empty list under new keys, so that nobody withdrawn meanwhile is on it, and nobody
is called gone before every adapter has passed the withdrawal on the new list.
"""

from schemas.messages import CloseLine, LineEmptied
from tracker.domain.authorisation import Action
from tracker.domain.errors import Conflict, NotAllowed, NotFound
from tracker.domain.ids import AgencyId
from tracker.domain.line_closing import NEEDS_NEW_KEYS, Closing, ClosingReason
from tracker.domain.people import Actor, system_actor
from tracker.services import audit
from tracker.services.access import require_in_court
from tracker.services.agencies.posting import post_to_agency, queues_of
from tracker.services.audit import About
from tracker.services.feeds.epochs import begin_epoch
from tracker.services.feeds.journal import note_line_closed
from tracker.services.lines.canaries import tend_lines
from tracker.services.lines.notices import tell_of_closing
from tracker.services.lines.reports import Teller
from tracker.storage import agencies, feed_generations, feeds, lines, outbox
from tracker.storage.agencies import Agency
from tracker.storage.transaction import Tx


async def close_line(tx: Tx, actor: Actor, agency_id: AgencyId, reason: ClosingReason) -> None:
    """Tell the agency's adapters to remove the list, and nothing after that; believe nothing of it."""
    await require_in_court(tx, actor, Action.CLOSE_LINE)
    agency = await _lock_own(tx, actor, agency_id)
    if agency.closing is not None:
        raise Conflict("该单位的线路已经关闭", "the line to this agency is closed already")
    epoch = (await feeds.get_feed(tx, agency_id)).keys.epoch
    # First what waits: a confirmation names who is sought where, and the list that it stands on goes.
    await outbox.drop_unpublished(tx, await queues_of(tx, agency_id))
    await post_to_agency(tx, agency_id, CloseLine(up_to_epoch=epoch))
    # In the order in which they are locked by whoever hears canaries.
    await lines.lock_all_lines(tx, actor.court_id)
    await agencies.record_closing(tx, agency_id, Closing(at=tx.at, by=actor.person_id, reason=reason))
    # No canary comes by a closed line, and nobody is to call the agency for that.
    await lines.stop_watching(tx, agency_id)
    if reason in NEEDS_NEW_KEYS:
        await agencies.record_keys_spent(tx, agency_id)
    await audit.record(tx, actor, "line closed", _about(agency_id), reason=reason, epoch=epoch)
    await note_line_closed(tx, actor.court_id, agency_id, reason)
    await tell_of_closing(tx, agency)
    tx.log("line-closed", agency=agency_id, reason=reason.value, epoch=epoch)


async def open_line(tx: Tx, actor: Actor, agency_id: AgencyId) -> None:
    """Begin an empty list under new keys, for adapters whose own keys are not spent; it fills by itself."""
    await require_in_court(tx, actor, Action.OPEN_LINE)
    closing = (await _lock_own(tx, actor, agency_id)).closing
    if closing is None:
        raise Conflict("该单位的线路并未关闭", "the line to this agency is open")
    if closing.by == actor.person_id:
        raise NotAllowed(Action.OPEN_LINE.value, "whoever closed it does not open it: ask a second person")
    former = await feeds.lock_feed(tx, agency_id)
    await feed_generations.end_feeds(tx, agency_id, former.keys.epoch)
    epoch = await begin_epoch(tx, former, after=former.keys.epoch)
    await lines.lock_all_lines(tx, actor.court_id)
    await agencies.record_opening(tx, agency_id)
    await tend_lines(tx, actor.court_id)
    await audit.record(tx, actor, "line opened", _about(agency_id), epoch=epoch)
    tx.log("line-opened", agency=agency_id, epoch=epoch)


async def record_emptied(tx: Tx, agency: Agency, teller: Teller, said: LineEmptied) -> None:
    """Note that an adapter says it has removed its list: shown as its word, and no receipt for anybody."""
    await agencies.record_emptied(tx, teller.agency_id, teller.instance)
    actor = system_actor(agency.court_id)
    about = About(kind="instance", key=f"{teller.agency_id}.{teller.instance}")
    await audit.record(tx, actor, "list removed", about, epoch=said.up_to_epoch)
    tx.log("list-removed", agency=teller.agency_id, instance=teller.instance)


async def _lock_own(tx: Tx, actor: Actor, agency_id: AgencyId) -> Agency:
    agency = await agencies.lock_agency(tx, agency_id)
    if agency.court_id != actor.court_id:
        raise NotFound("agency")
    return agency


def _about(agency_id: AgencyId) -> About:
    return About(kind="agency", key=agency_id)
