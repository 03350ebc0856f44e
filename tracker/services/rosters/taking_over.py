"""Whoever is on duty says so, after reading what is handed over with the shift."""

from datetime import datetime
from typing import Final

from tracker.domain.errors import NotAllowed
from tracker.domain.people import Actor
from tracker.services import audit
from tracker.services.audit import About
from tracker.storage import people
from tracker.storage.audit import find_latest_event
from tracker.storage.transaction import Tx

TAKEN_OVER: Final = "shift taken over"


async def take_over(tx: Tx, actor: Actor) -> None:
    """Only who is on duty now."""
    if not await people.duties_of(tx, actor.person_id, actor.court_id):
        raise NotAllowed("take over a shift", "you are not on duty now: look at the roster")
    await audit.record(tx, actor, TAKEN_OVER, About(kind="person", key=actor.person_id))


async def find_taken_over(tx: Tx, actor: Actor) -> datetime | None:
    """When the person last said so."""
    event = await find_latest_event(tx, actor.person_id, TAKEN_OVER, actor.person_id)
    return None if event is None else event.at
