"""What should have happened by now and has not: the work that waits in the database, by its oldest row."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from tracker.storage import audit, due_work, feeds, inbox, notices, outbox
from tracker.storage.transaction import Tx

LATE_AFTER: Final = timedelta(seconds=30)
TO_AGENCIES: Final = "messages to agencies"
OF_THE_LIST: Final = "changes of the list"
OF_ENTRIES: Final = "work on entries"

WAITING: Final[Mapping[str, Callable[[Tx], Awaitable[datetime | None]]]] = MappingProxyType(
    {
        "notices to people": notices.next_notice_due,
        "due work": due_work.next_due_at,
        OF_ENTRIES: due_work.next_patient_at,
        "posted messages": inbox.next_waiting_at,
        TO_AGENCIES: outbox.oldest_unpublished_at,
        OF_THE_LIST: feeds.oldest_waiting_at,
        "audit events": audit.oldest_unsealed_at,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """Work of one kind whose oldest row should have been done `by_s` seconds ago."""

    what: str
    by_s: int

    @property
    def leaves_the_rest_alone(self) -> bool:
        """Such work waits behind one agency's queue, or behind a great many of its own kind, while all else
        goes on.
        """
        return self.what in {TO_AGENCIES, OF_THE_LIST, OF_ENTRIES}


async def list_late(tx: Tx) -> tuple[Late, ...]:
    """Every kind of work that is late by more than half a minute."""
    late: list[Late] = []
    for what, oldest in WAITING.items():
        due_at = await oldest(tx)
        if due_at is not None and tx.at - due_at > LATE_AFTER:
            late.append(Late(what=what, by_s=int((tx.at - due_at).total_seconds())))
    return tuple(late)
