"""What was asked of a person last: an answer holds for what its message said, and nothing that came after."""

from notifications.texts import TextId
from notifications.texts.ids import Asks, asks
from tracker.domain.ids import AlertId, PersonId
from tracker.storage import notices
from tracker.storage.transaction import Tx


async def is_overtaken(tx: Tx, alert_id: AlertId, person_id: PersonId, text_id: TextId) -> bool:
    """Whether something else has come to the person since: another order, or an order after a page."""
    sent = await notices.list_sent(tx, alert_id, person_id)
    asking = [one.text_id for one in sent if asks(one.text_id) is not Asks.NOTHING]
    if asks(text_id) is Asks.TAKE:
        return bool(asking) and asks(asking[-1]) is not Asks.TAKE
    return not asking or asking[-1] is not text_id
