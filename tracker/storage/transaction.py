"""The transaction every service and query takes first: a connection, its moment, the court's keys and chance.

The edges open and commit it; nothing below them does. `at` is the one business time of all its rows. What is
logged and measured inside it is told only once it has committed: what was rolled back has not happened.

New rows wait for the next statement that they concern, or the commit, and then go to the database table by
table: ten notices are one statement. Whatever reads their tables, changes or locks comes after them; a row
that the database refuses is refused there, not where it was inserted.
"""

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import CursorResult, Row
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.sealing import blind_index
from tracker.domain.entropy import Entropy
from tracker.domain.keys import CourtKeys
from tracker.domain.metering import UNMEASURED, Happening, Meter, Stage
from tracker.storage.engine.at_once import at_once, change_of, goes_at_once, insert_of
from tracker.storage.engine.memory import Memory
from tracker.storage.engine.new_rows import LateChange, NewRows
from tracker.storage.engine.news import settling
from tracker.storage.engine.one_trip import (
    Asked,
    Asking,
    Question,
    Rows,
    fit_together,
    goes_with_others,
    trip_for,
)

NONCE_BYTES = 12
MOST_NEW_ROWS = 1000
DatabaseTrouble: TypeAlias = sa.exc.SQLAlchemyError
"""What a statement raises: the transaction may be beyond use."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tx:
    """One database transaction at one business moment."""

    db: AsyncConnection
    at: datetime
    keys: CourtKeys
    entropy: Entropy
    meter: Meter = UNMEASURED
    afterwards: list[Callable[[datetime], None]] = field(default_factory=list, repr=False)
    """Called with the moment of the commit."""
    departures: list[Callable[[], None]] = field(default_factory=list, repr=False)
    """Called with the commit, before anything is told of it: they only begin what goes on by itself."""
    memory: Memory = field(default_factory=Memory, repr=False, compare=False)
    asking: Asking = field(default_factory=Asking, init=False, repr=False, compare=False)
    _new_rows: NewRows = field(default_factory=NewRows, init=False, repr=False, compare=False)
    _logger: Any = field(default_factory=_log.bind, init=False, repr=False, compare=False)
    """Bound once: as much as a fifth of each line."""

    async def rows(self, statement: sa.Executable, **values: Any) -> Sequence[Row[Any]]:
        """All rows of a query; `values` are those of its named parameters."""
        if self.asking.is_shared:
            return (await self.answer([Question(query=statement, values=values)]))[0]
        return (await self._execute(statement, values)).fetchall()

    async def row(self, statement: sa.Executable, **values: Any) -> Row[Any] | None:
        """The first row of a query, or None."""
        if self.asking.is_shared:
            return next(iter(await self.rows(statement, **values)), None)
        return (await self._execute(statement, values)).first()

    async def answer(self, questions: Sequence[Question]) -> list[Rows]:
        """The rows of each of the queries, which are asked in one trip where the database can do that."""
        if not all(goes_with_others(question.query) for question in questions):
            raise RuntimeError("what changes or locks rows goes by itself, not in a shared trip")
        if self.asking.is_shared:
            return await Asked(questions)
        if self.db.dialect.name != "postgresql":
            return [await self.rows(question.query, **question.values) for question in questions]
        return [rows for some in fit_together(questions) for rows in await self._answer_at_once(some)]

    async def _answer_at_once(self, questions: Sequence[Question]) -> list[Rows]:
        if len(questions) == 1:
            return [await self.rows(questions[0].query, **questions[0].values)]
        if any(self._new_rows.concern(question.query) for question in questions):
            await self.flush()
        trip = trip_for(self.db.dialect, questions)
        values = {name: value for question in questions for name, value in question.values.items()}
        return trip.rows_of((await self.db.execute(trip.statement, values)).one())

    async def run(self, statement: sa.Executable, **values: Any) -> int:
        """Execute a change; the number of rows it touched."""
        return int(getattr(await self._execute(statement, values), "rowcount", 0))

    async def run_many(self, change: sa.Update | sa.Delete, rows: Sequence[Mapping[str, Any]]) -> None:
        """Execute one change for each of the rows, which hold the values of its parameters."""
        if rows:
            await self._execute(change, rows)

    async def change_rows(self, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Give rows of a table the values that they name beside their `id`; all name the same, and each row
        of the table comes once. Whoever may meet others at these rows has locked them before.
        """
        if rows:
            await self._execute(*change_of(self.db.dialect, table, rows))

    async def _execute(
        self, statement: sa.Executable, values: Mapping[str, Any] | Sequence[Mapping[str, Any]]
    ) -> CursorResult[Any]:
        if self._new_rows.concern(statement):
            await self.flush()
        self.memory.hear(statement)
        return await self.db.execute(statement, values or None)

    async def insert(self, table: sa.Table, **values: Any) -> None:
        """Insert one row."""
        await self.insert_many(table, [values])

    async def insert_many(self, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows."""
        if not rows:
            return
        self.memory.forget_table(table.name)
        self._new_rows.add(table, rows)
        if self._new_rows.count >= MOST_NEW_ROWS:
            await self.flush()

    async def run_late(self, change: sa.Update | sa.Delete, **values: Any) -> None:
        """Execute a change whose outcome nobody asks for, with the new rows at the latest. Not one that makes
        room for them under a unique key, nor one of rows that must be locked before others.
        """
        await self._run_late(LateChange(change, values))

    async def run_many_late(self, change: sa.Update | sa.Delete, rows: Sequence[Mapping[str, Any]]) -> None:
        """The same for each of the rows, which hold the values of its parameters; no two of them change the
        same row.
        """
        if rows:
            await self._run_late(LateChange(change, {}, rows))

    async def _run_late(self, change: LateChange) -> None:
        if self._new_rows.concern_change(change.statement):
            await self.flush()
        self.memory.hear(change.statement)
        self._new_rows.add_change(change)
        if self.db.dialect.name != "postgresql":
            await self.flush()

    async def flush(self) -> None:
        """Write now what waits."""
        changes, runs = self._new_rows.take()
        if goes_at_once(self.db.dialect, changes, runs):
            await self.db.execute(*at_once(changes, runs))
            return
        for change in changes:
            await self.db.execute(change.statement, change.rows or change.values or None)
        for table, rows in runs:
            await self.db.execute(insert_of(table, rows), rows)

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """When the block raises, what it did is undone, and nothing else."""
        await self.flush()
        told, leaving = len(self.afterwards), len(self.departures)
        savepoint = await self.db.begin_nested()
        try:
            yield
            await self.flush()
        except Exception:
            self._new_rows.take()
            await savepoint.rollback()
            self.memory.forget()
            del self.afterwards[told:], self.departures[leaving:]
            raise
        await savepoint.commit()

    async def insert_once(self, table: sa.Table, *, settles: bool = False, **values: Any) -> bool:
        """Insert one row; False when a unique key of the table has it already, be it from a moment ago."""
        once = self._insert(table).values(**values).on_conflict_do_nothing()
        return await self.run(settling(once) if settles else once) == 1

    def _insert(self, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
        return postgresql.insert(table) if self.db.dialect.name == "postgresql" else sqlite.insert(table)

    def log(self, event: str, **fields: str | int | bool | None) -> None:
        """Log an event after the commit; fields are ids, numbers and words of tables."""
        self.afterwards.append(lambda _at: self._logger.info(event, **fields))

    def counted(self, happening: Happening, *labels: str) -> None:
        """Count something after the commit."""
        self.afterwards.append(lambda _at: self.meter.counted(happening, *labels))

    def timed(self, stage: Stage, since: datetime, *labels: str, until: datetime | None = None) -> None:
        """Measure a stage after the commit; `until` None means the moment of the commit."""
        self.afterwards.append(
            lambda at: self.meter.timed(stage, max(0.0, ((until or at) - since).total_seconds()), *labels)
        )

    def seal(self, text: str, row: str) -> bytes:
        """Seal a text for one column of one row, such as `subject.name:ID`."""
        return self.seal_bytes(text.encode(), row)

    def seal_bytes(self, plain: bytes, row: str) -> bytes:
        """Likewise what is no text."""
        return self.keys.at_rest.seal(plain, row=row, nonce=self.entropy.random_bytes(NONCE_BYTES))

    def unseal(self, sealed: bytes, row: str) -> str:
        """Open what `seal` made for the same column and row."""
        return self.unseal_bytes(sealed, row).decode()

    def unseal_bytes(self, sealed: bytes, row: str) -> bytes:
        """Open what `seal_bytes` made for the same column and row."""
        return self.keys.at_rest.unseal(sealed, row=row)

    def seal_json(self, value: Any, row: str) -> bytes:
        """Seal a JSON value."""
        return self.seal(json.dumps(value, ensure_ascii=False, sort_keys=True), row)

    def unseal_json(self, sealed: bytes, row: str) -> Any:
        """Open a sealed JSON value."""
        return json.loads(self.unseal(sealed, row))

    def index(self, *terms: str) -> bytes:
        """The blind index of exact terms; the first term names the column's kind."""
        return blind_index(self.keys.index, *terms)
