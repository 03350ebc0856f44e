"""Tells whoever uploaded a file that it is done."""

from datetime import timedelta
from typing import Final

from notifications.channels.port import ChannelKind
from notifications.ladders import Urgency, after_quiet_hours, ladder_for
from notifications.texts import Facts, TextId
from tracker.domain.imports import Batch
from tracker.services.notices.plain import PlainNotice, write_notice
from tracker.storage import people
from tracker.storage.transaction import Tx

KEPT_FOR: Final = timedelta(hours=24)


async def tell_of_listed(tx: Tx, batch: Batch) -> None:
    """Once, quietly and by day: how many rows are on the list, and how many were not taken after all."""
    court = await people.get_court(tx, batch.court_id)
    told = PlainNotice(
        text_id=TextId.IMPORT_LISTED,
        channel=ChannelKind.PUSH,
        due_at=after_quiet_hours(tx.at, None, ladder_for(Urgency.TRACE)),
        kept_for=KEPT_FOR,
        person_id=batch.uploaded_by,
    )
    facts = Facts(
        court=court.sms_name,
        sent_at=tx.at,
        rows_listed=batch.listed,
        rows_refused=batch.refused or None,
    )
    await write_notice(tx, batch.court_id, told, facts)
