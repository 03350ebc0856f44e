"""The driver's connection, telling others of a commit with the commit itself: one trip instead of two.

What must not break: a word is told of what was committed and of nothing else, and a commit that fails leaves
the connection outside of any transaction.
"""

from typing import Any, Final

import asyncpg

PLANS_KEPT: Final = 100
"""After how many transactions of a connection its statements are planned anew, by what has grown meanwhile:
a plan that was made for an empty table would be kept until the table is analysed.
"""
PLAN_ANEW: Final = "; DISCARD PLANS"
PRICE_OF_PLANNING: Final = "; SET LOCAL cpu_operator_cost = 0.05"
"""PostgreSQL keeps a plan that does for all values when it looks dearer than one for the values given by no
more than planning costs. For that it reckons a thousand operators for each table, which at the default price
of one is a twentieth of what planning takes.
"""
BEGIN: Final = {
    None: "BEGIN",
    "read_committed": "BEGIN ISOLATION LEVEL READ COMMITTED",
    "repeatable_read": "BEGIN ISOLATION LEVEL REPEATABLE READ",
}


class TellingConnection(asyncpg.Connection):  # type: ignore[misc]
    """What SQLAlchemy opens."""

    __slots__ = ("_begun", "_notify")

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._begun = 0
        self._notify = ""

    def tell_with_commit(self, channel: str, word: str) -> None:
        """Those who listen hear the word once the present transaction has committed, and not otherwise."""
        self._notify = f"NOTIFY {channel}, '{word.replace(chr(39), chr(39) * 2)}'; "

    def transaction(
        self, *, isolation: str | None = None, readonly: bool = False, deferrable: bool = False
    ) -> "TellingTransaction":
        # Who only reads may read a lot, and waits for the best plan.
        return TellingTransaction(self, BEGIN[isolation] + (" READ ONLY" if readonly else PRICE_OF_PLANNING))

    async def begin(self, statement: str) -> None:
        self._notify = ""
        self._begun += 1
        await self.execute(statement if self._begun % PLANS_KEPT else statement + PLAN_ANEW)

    async def commit(self) -> None:
        try:
            await self.execute(f"{self._notify}COMMIT")
        except BaseException:
            # Where telling was refused, nothing has ended yet.
            if not self.is_closed() and self.is_in_transaction():
                await self.execute("ROLLBACK")
            raise


class TellingTransaction:
    """What SQLAlchemy asks of a transaction; its savepoints are statements of their own."""

    def __init__(self, connection: TellingConnection, begin: str) -> None:
        self._connection = connection
        self._begin = begin

    async def start(self) -> None:
        await self._connection.begin(self._begin)

    async def commit(self) -> None:
        await self._connection.commit()

    async def rollback(self) -> None:
        await self._connection.execute("ROLLBACK")
