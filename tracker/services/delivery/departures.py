"""Notices that leave with the commit of what they tell: written as claimed, with their attempts, and handed
to whoever sends in this process.

What must not break: the attempt is committed before its request, and nothing is handed over that has not
committed. What dies between the two is taken by another once its lease has run out, as any claim is.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from notifications.delivery import NoticeState
from notifications.providers import Providers
from tracker.domain.ids import AlertId, LeaseToken
from tracker.services.delivery.claims import begin_sendings
from tracker.services.delivery.sendings import Sending
from tracker.storage import attempts, notice_claims, notices
from tracker.storage.notices import Notice
from tracker.storage.transaction import Tx


class Sender(Protocol):
    """Whoever sends in this process."""

    def room(self) -> int:
        """How many notices it begins to send at once."""

    def take_over(self, sendings: Sequence[Sending], token: LeaseToken) -> None:
        """Send what has committed under this lease."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Departures:
    """Where notices leave, the most urgent first. For what there is no room it waits as due."""

    providers: Providers
    sender: Sender
    new_lease: Callable[[], LeaseToken]

    async def write(self, tx: Tx, written: Sequence[Notice], imminent: Collection[AlertId]) -> None:
        """Put notices into the books. `imminent`: those of their alerts that are."""
        leaving = [replace(one, state=NoticeState.LEASED) for one in written if _is_due(one, tx.at)]
        leaving = sorted(leaving, key=lambda one: (one.priority, one.notice_id))[: self.sender.room()]
        sendings = await begin_sendings(tx, self.providers, leaving, imminent) if leaving else ()
        begun = {one.notice.notice_id for one in sendings}
        await notices.add_notices(tx, [one for one in written if one.notice_id not in begun])
        if sendings:
            token = self.new_lease()
            await notice_claims.add_claimed_notices(tx, [one.notice for one in sendings], token)
            await attempts.add_attempts(tx, [one.attempt for one in sendings])
            tx.departures.append(lambda: self.sender.take_over(sendings, token))


def _is_due(notice: Notice, at: datetime) -> bool:
    """Not one that waits, nor one for which another stands."""
    return notice.state is NoticeState.DUE and notice.due_at <= at
