"""An alert on A in the books, and the time that passes over it: what falls due is done when it is due."""

from datetime import datetime

from notifications.channels.port import ChannelKind
from notifications.channels.recorder import Recorder
from notifications.providers import Providers
from notifications.texts import TextId
from schemas.messages import SightingKind
from tests.contract.storage.books import BEGINS, Books, lists_tong
from tests.unit.tracker.examples import HOTEL, seen
from tracker.domain.alerts import Alert
from tracker.domain.ids import LeaseToken, PersonId
from tracker.services.alerts.opening import Opening, open_alerts
from tracker.services.delivery.claims import claim_sendings
from tracker.services.due_work import do_due_work
from tracker.storage import due_work, entries, notices

PROVIDERS = Providers([Recorder().channel(kind) for kind in ChannelKind])
MINE = LeaseToken("one-me")


async def is_seen(books: Books, kind: SightingKind = SightingKind.HOTEL_CHECK_IN) -> Alert:
    """A is at a place now, at a hotel unless it is said."""
    entry_id = await lists_tong(books)
    async with books.registry.transaction() as tx:
        entry = await entries.get_entry(tx, entry_id)
        now = seen(kind, tx.at, HOTEL)
        (alert,) = await open_alerts(tx, [Opening(standing=(entry,), seen=now)])
    return alert


async def reaches(books: Books, at: datetime) -> None:
    """Time passes, and what falls due by then is done when it is due."""
    while True:
        async with books.registry.transaction() as tx:
            due = await due_work.claim_due(tx, MINE)
            if due is not None:
                await do_due_work(tx, due, MINE)
                continue
            next_at = await due_work.next_due_at(tx)
        if next_at is None or next_at > at:
            books.clock.move_to(at)
            return
        books.clock.move_to(next_at)


async def sends(books: Books) -> None:
    """What is due goes out."""
    async with books.registry.transaction() as tx:
        await claim_sendings(tx, MINE, PROVIDERS)


async def called(books: Books, alert: Alert, text_id: TextId) -> list[tuple[PersonId, int]]:
    """Who was written to with a text, in order, and after how many seconds."""
    async with books.registry.reading() as tx:
        written = await notices.list_notices(tx, alert.alert_id)
    found = [
        (one.person_id, int((one.created_at - BEGINS).total_seconds()))
        for one in written
        if one.text_id is text_id and one.person_id is not None
    ]
    return list(dict.fromkeys(found))
