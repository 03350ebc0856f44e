"""The court's own leads by place: for alerts that open, or change their plan, from then on."""

from datetime import timedelta

from tracker.domain.authorisation import Action
from tracker.domain.errors import Invalid, Problem
from tracker.domain.ids import CourtId
from tracker.domain.people import Actor
from tracker.domain.plans import LONGEST_LEAD, Plan, same_place_name, with_lead
from tracker.services import audit
from tracker.services.access import require_in_court
from tracker.services.audit import About
from tracker.storage import leads
from tracker.storage.transaction import Tx


async def with_court_lead(tx: Tx, court_id: CourtId, plan: Plan) -> Plan:
    """With the lead that the court keeps for its place now."""
    return with_lead(plan, await leads.list_leads(tx, court_id))


async def set_lead(tx: Tx, actor: Actor, place: str, lead: timedelta) -> None:
    """Raises Invalid for more than a day."""
    await require_in_court(tx, actor, Action.EDIT_LADDERS)
    if not timedelta(0) <= lead <= LONGEST_LEAD:
        raise Invalid([Problem(field="lead", zh="提前量须在0至24小时之间", en="must be 0 to 24 hours")])
    await leads.put_lead(tx, actor.court_id, same_place_name(place), lead)
    await _note(tx, actor, "lead saved", minutes=int(lead.total_seconds() // 60))


async def drop_lead(tx: Tx, actor: Actor, place: str) -> None:
    """From then on the place has the usual one."""
    await require_in_court(tx, actor, Action.EDIT_LADDERS)
    if await leads.remove_lead(tx, actor.court_id, place):
        await _note(tx, actor, "lead removed")


async def _note(tx: Tx, actor: Actor, action: str, **detail: int) -> None:
    await audit.record(tx, actor, action, About(kind="court", key=actor.court_id), **detail)
