"""What was written to somebody about an alert gives way to what is said now, whether it still waits, is being
sent or may be tried once more: after a standstill people hear the latest, once.
"""

from collections.abc import Iterable
from typing import Final

from notifications.texts import TextId
from tracker.domain.alerts import Alert
from tracker.services.notices.telling import Telling
from tracker.storage import waiting_notices
from tracker.storage.transaction import Tx
from tracker.storage.waiting_notices import Told

PAGES: Final = (
    TextId.PLANNED_JUDGE,
    TextId.PLANNED_DUTY,
    TextId.IMMINENT,
    TextId.BORDER_COUNTER,
    TextId.TRACE,
    TextId.LADDER,
    TextId.NOBODY_REACHED,
    TextId.DRILL,
    TextId.DRILL_LADDER,
)
"""What rungs say."""


async def drop_superseded(tx: Tx, calls: Iterable[tuple[Alert, Telling]]) -> None:
    """Of the pages so far, those of the same alerts to the same people by the same channels."""
    said = {
        Told(alert.alert_id, person_id, channel)
        for alert, telling in calls
        for person_id in telling.to
        for channel in telling.channels
    }
    if said:
        await waiting_notices.cancel_waiting_by(tx, said, PAGES)
