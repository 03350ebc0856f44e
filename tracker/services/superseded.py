"""What was written to somebody about an alert gives way to what is said now, whether it still waits, is being
sent or may be tried once more: after a standstill people hear the latest, once.
"""

from collections.abc import Iterable
from typing import Final

from notifications.channels.port import ChannelKind
from notifications.texts import TextId
from tracker.domain.alerts import Alert
from tracker.services.notices import Telling
from tracker.storage import waiting_notices
from tracker.storage.transaction import Tx

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


async def drop_superseded(tx: Tx, alert: Alert, tellings: Iterable[Telling]) -> None:
    """Of the pages so far, those to the same people by the same channels."""
    said = list(tellings)
    for channel in ChannelKind:
        to = {one for telling in said if channel in telling.channels for one in telling.to}
        if to:
            await waiting_notices.cancel_waiting_by(tx, alert.alert_id, PAGES, channel, to)
