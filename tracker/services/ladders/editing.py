"""Ladders in the court's own hands: each saved version stays, with who saved it and why. Open alerts keep the
one they opened with.
"""

from dataclasses import replace
from typing import Final

from notifications.ladders import Ladder
from tracker.domain.authorisation import Action
from tracker.domain.errors import Conflict, Invalid
from tracker.domain.ladder_rules import faults_of
from tracker.domain.people import Actor
from tracker.services import audit
from tracker.services.access import require_in_court
from tracker.services.audit import About
from tracker.storage import ladders
from tracker.storage.ladders import SavedLadder
from tracker.storage.transaction import Tx

LONGEST_REASON: Final = 200


async def save_ladder(tx: Tx, actor: Actor, edited: Ladder, reason: str) -> Ladder:
    """Put a ladder in force for alerts that open from now on. `edited` bears the version it was made from."""
    await require_in_court(tx, actor, Action.EDIT_LADDERS)
    faults = faults_of(edited)
    if faults:
        raise Invalid(faults)
    ladder = replace(edited, version=edited.version + 1)
    newest = await ladders.get_ladder(tx, actor.court_id, edited.urgency)
    saved = SavedLadder(ladder=ladder, reason=reason, saved_by=actor.person_id, saved_at=tx.at)
    if newest.version != edited.version or not await ladders.add_ladder(tx, actor.court_id, saved):
        raise Conflict(
            "刚刚有人保存了新版本，请刷新后再修改",
            "somebody has just saved a newer version: reload and look again",
        )
    about = About(kind="ladder", key=ladder.urgency)
    await audit.record(tx, actor, "ladder saved", about, version=ladder.version)
    return ladder
