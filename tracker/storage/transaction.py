"""The transaction every service and query takes first: a connection, its moment, the court's keys and chance.

The edges open and commit it; nothing below them does. `at` is the one business time of all its rows.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.sealing import blind_index
from tracker.domain.entropy import Entropy
from tracker.domain.keys import CourtKeys

NONCE_BYTES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Tx:
    """One database transaction at one business moment."""

    db: AsyncConnection
    at: datetime
    keys: CourtKeys
    entropy: Entropy

    async def rows(self, statement: sa.Executable) -> Sequence[Row[Any]]:
        """All rows of a query."""
        return (await self.db.execute(statement)).fetchall()

    async def row(self, statement: sa.Executable) -> Row[Any] | None:
        """The first row of a query, or None."""
        return (await self.db.execute(statement)).first()

    async def run(self, statement: sa.Executable) -> int:
        """Execute a change; the number of rows it touched."""
        result = await self.db.execute(statement)
        return int(getattr(result, "rowcount", 0))

    async def insert(self, table: sa.Table, **values: Any) -> None:
        """Insert one row."""
        await self.db.execute(sa.insert(table).values(**values))

    def seal(self, text: str, row: str) -> bytes:
        """Seal a text for one column of one row, such as `subject.name:ID`."""
        return self.keys.at_rest.seal(text.encode(), row=row, nonce=self.entropy.random_bytes(NONCE_BYTES))

    def unseal(self, sealed: bytes, row: str) -> str:
        """Open what `seal` made for the same column and row."""
        return self.keys.at_rest.unseal(sealed, row=row).decode()

    def seal_json(self, value: Any, row: str) -> bytes:
        """Seal a JSON value."""
        return self.seal(json.dumps(value, ensure_ascii=False, sort_keys=True), row)

    def unseal_json(self, sealed: bytes, row: str) -> Any:
        """Open a sealed JSON value."""
        return json.loads(self.unseal(sealed, row))

    def index(self, *terms: str) -> bytes:
        """The blind index of exact terms; the first term names the column's kind."""
        return blind_index(self.keys.index, *terms)
