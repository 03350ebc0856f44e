"""Works on what webhooks left in the inbox, after their answer was given."""

from collections.abc import Sequence
from datetime import datetime

from tracker.domain.ids import LeaseToken
from tracker.loops.rows import RowLoop
from tracker.services.lines.inbox import put_off, work_on
from tracker.services.notices.telling import Writing, write_as_due
from tracker.storage import inbox
from tracker.storage.inbox import Waiting
from tracker.storage.registry import Registry
from tracker.storage.transaction import Tx


class InboxLoop(RowLoop[Waiting]):
    """The oldest first; what has failed too often is refused. `write`: puts the first notices of a new alert
    into the books.
    """

    name = "inbox"
    tables = ("inbox",)
    failed = "inbox-row-failed"

    def __init__(self, registry: Registry, write: Writing = write_as_due) -> None:
        super().__init__(registry)
        self._write = write

    async def next_at(self, tx: Tx) -> datetime | None:
        return await inbox.next_waiting_at(tx)

    async def claim(self, tx: Tx, token: LeaseToken) -> Sequence[Waiting]:
        waiting = await inbox.claim_waiting(tx, token)
        return [] if waiting is None else [waiting]

    async def work(self, tx: Tx, rows: Sequence[Waiting], token: LeaseToken) -> None:
        for row in rows:
            await work_on(tx, row, token, self._write)

    async def put_off(self, tx: Tx, row: Waiting, token: LeaseToken) -> None:
        await put_off(tx, row, token)

    def told(self, row: Waiting) -> dict[str, str]:
        return {"row": row.row_id}
