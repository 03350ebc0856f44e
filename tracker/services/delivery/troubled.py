"""Keeps a notice that cannot be read or said from stopping those that were claimed with it.

What must not break: it is put off and stays due, so that it is tried again and everybody sees that it is
late. Trouble of the database itself is nobody's in particular: it ends the whole claim.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from tracker.domain.ids import LeaseToken, NoticeId
from tracker.domain.metering import Happening
from tracker.storage import notice_claims
from tracker.storage.notices import Notice
from tracker.storage.transaction import DatabaseTrouble, Tx


class Troubled:
    """The notices of one claim whose work failed unforeseen. `unreadable`: those whose rows are."""

    def __init__(self, tx: Tx, unreadable: Mapping[NoticeId, Exception]) -> None:
        self._tx = tx
        self._ids: list[NoticeId] = []
        for notice_id, error in unreadable.items():
            self._add(notice_id, error)

    @contextmanager
    def by_itself(self, notice: Notice) -> Iterator[None]:
        """What fails in the block concerns this notice alone."""
        try:
            yield
        except DatabaseTrouble:
            raise
        except Exception as error:
            self._add(notice.notice_id, error)

    async def read(
        self, waiting: Sequence[Notice], reading: Callable[[Sequence[Notice]], Awaitable[None]]
    ) -> None:
        """Read something for all at once; where that fails, for each by itself."""
        try:
            await reading(waiting)
        except DatabaseTrouble:
            raise
        except Exception:
            for notice in waiting:
                with self.by_itself(notice):
                    await reading([notice])

    def others(self, waiting: Sequence[Notice]) -> tuple[Notice, ...]:
        """Those in no trouble."""
        return tuple(one for one in waiting if one.notice_id not in self._ids)

    async def put_off(self, token: LeaseToken) -> None:
        """Until their lease would have run out nobody tries them again."""
        if self._ids:
            await notice_claims.put_off_notices(self._tx, self._ids, token)

    def _add(self, notice_id: NoticeId, error: Exception) -> None:
        self._ids.append(notice_id)
        # The kind only: the error's own text may repeat what a row says of a person.
        self._tx.log("notice-put-off", notice=notice_id, error=type(error).__name__)
        self._tx.counted(Happening.LOOP_FAILURES, "notices")
