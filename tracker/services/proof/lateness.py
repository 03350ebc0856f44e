"""What should have happened by now and has not: the work that waits in the database, by its oldest row."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from tracker.domain.lateness import Work, late_after
from tracker.storage import audit, due_work, feed_changes, inbox, notice_claims, outbox
from tracker.storage.transaction import Tx

LEAVES_THE_REST_ALONE: Final = frozenset({Work.TO_AGENCIES, Work.LIST, Work.ENTRIES})

WAITING: Final[Mapping[Work, Callable[[Tx], Awaitable[datetime | None]]]] = MappingProxyType(
    {
        Work.NOTICES: notice_claims.oldest_waiting_at,
        Work.DUE: due_work.next_due_at,
        Work.ENTRIES: due_work.next_patient_at,
        Work.POSTED: inbox.next_waiting_at,
        Work.TO_AGENCIES: outbox.oldest_unpublished_at,
        Work.LIST: feed_changes.oldest_waiting_at,
        Work.AUDIT: audit.oldest_unsealed_at,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """Work of one kind whose oldest row should have been done at `since`, `by_s` seconds ago."""

    what: Work
    since: datetime
    by_s: int

    @property
    def leaves_the_rest_alone(self) -> bool:
        """Such work waits behind one agency's queue, or behind a great many of its own kind, while all else
        goes on.
        """
        return self.what in LEAVES_THE_REST_ALONE


async def list_late(tx: Tx) -> tuple[Late, ...]:
    """Every kind of work that is late by more than its kind may be."""
    late: list[Late] = []
    for what, oldest in WAITING.items():
        due_at = await oldest(tx)
        if due_at is not None and tx.at - due_at > late_after(what):
            late.append(Late(what=what, since=due_at, by_s=int((tx.at - due_at).total_seconds())))
    return tuple(late)
