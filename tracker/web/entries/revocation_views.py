"""What was said of the papers that are revoked, as the pages of entries show it."""

from collections.abc import Mapping
from datetime import date

from tracker.domain.entries import Entry
from tracker.domain.ids import PaperId
from tracker.domain.revocations import RecordedRevocation, Revocation, RevocationReason
from tracker.storage import audit
from tracker.storage.audit import AuditEvent
from tracker.storage.transaction import Tx
from tracker.web.titles import title_of


async def find_revocations(tx: Tx, entry: Entry, language: str) -> Mapping[PaperId, RecordedRevocation]:
    """Of an entry's papers that are revoked; people by their titles."""
    if all(paper.revoked_at is None for paper in entry.papers):
        return {}
    found: dict[PaperId, RecordedRevocation] = {}
    for event in await audit.list_events_about(tx, entry.entry_id):
        if event.action == "paper revoked":
            recorded = _recorded(event, await title_of(tx, event.actor, language))
            found |= {PaperId(paper_id): recorded for paper_id in event.detail["papers"]}
    return found


def _recorded(event: AuditEvent, by: str) -> RecordedRevocation:
    revocation = Revocation(
        reason=RevocationReason(event.detail["reason"]),
        revoked_on=date.fromisoformat(event.detail["revoked_on"]),
    )
    return RecordedRevocation(revocation=revocation, by=by)
