"""Whom the clock of a question from an agency tells."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

from notifications.texts import TextId
from scripts import cast
from tests.contract.storage.books import undone
from tests.contract.storage.sighted import Sighted, sends
from tracker.services.alerts.confirmations import escalate, remind
from tracker.services.notices.telling import Telling, tell
from tracker.storage import alert_acts, alerts, notices


async def test_after_a_standstill_the_desk_is_told_of_it_once(sighted: Sighted) -> None:
    """Both the reminder and the end of the clock are due by then, and it had been told of the alert."""
    async with undone(sighted.books.registry) as tx:
        alert = await alerts.get_alert(tx, sighted.alert_id)
        await tell(tx, alert, Telling(text_id=TextId.LADDER, to=(cast.DESK.person_id,)))
        await sends(tx)
        (asked,) = await alert_acts.list_confirmations(tx, sighted.alert_id)
        later = replace(tx, at=asked.due_at + timedelta(minutes=5))

        await remind(later, alert, asked.confirmation_id)
        await escalate(later, alert, asked.confirmation_id)
        await later.flush()

        written = await notices.list_notices(tx, sighted.alert_id)
        told = Counter(one.person_id for one in written if one.text_id is TextId.CONFIRMATION_DUE)
        by_sms_and_push = 2
        assert told[cast.DESK.person_id] == told[cast.JUDGE.person_id] == by_sms_and_push
