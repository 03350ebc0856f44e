"""When a message does not arrive, its notice goes on by the next provider.

A due row stands for the doubt: it survives any crash, and one process takes it. It only makes the notice due
again. Whoever claims that sees all its attempts, and decides whether anything is to be sent.
"""

from datetime import datetime

from tracker.domain.due import DueKind, DueWork
from tracker.domain.ids import LeaseToken, NoticeId
from tracker.storage import due_work, notices
from tracker.storage.transaction import Tx


async def doubt_delivery(tx: Tx, notice_id: NoticeId, due_at: datetime) -> None:
    """From `due_at` on the notice is taken as not arrived, unless its delivery was reported by then."""
    doubt = DueWork(due_id=tx.entropy.new_id(), kind=DueKind.DELIVERY_FAILED, about=notice_id, due_at=due_at)
    await due_work.add_due(tx, doubt)


async def fail_over(tx: Tx, due: DueWork, token: LeaseToken) -> None:
    """The moment has come."""
    if await due_work.record_done(tx, due.due_id, token):
        await notices.reopen_notice(tx, NoticeId(due.about))
