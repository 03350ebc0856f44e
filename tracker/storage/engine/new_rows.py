"""What a transaction is about to write: new rows, gathered by table, and changes before them.

What must not break: a row never goes before one that it refers to, rows of one table keep their order, and
no statement can tell that anything waits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.sql import visitors

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LateChange:
    """A change with the values of its parameters, or with those of each of several times (`rows`)."""

    statement: sa.Update | sa.Delete
    values: Values
    rows: Sequence[Values] | None = None

    @property
    def table(self) -> sa.Table:
        table = self.statement.table
        assert isinstance(table, sa.Table)
        return table


class NewRows:
    """Gathers rows. Those of a table that name the same columns are written together."""

    def __init__(self) -> None:
        self._by_table: dict[sa.Table, list[Values]] = {}
        self._changes: list[LateChange] = []
        self.count = 0

    def add_change(self, change: LateChange) -> None:
        """One that no row and no other change that waits has to do with."""
        self._changes.append(change)

    def add(self, table: sa.Table, rows: Sequence[Values]) -> None:
        self._by_table.setdefault(table, []).extend(rows)
        self.count += len(rows)

    def concern(self, statement: sa.Executable) -> bool:
        """Whether they must be written before a statement: before any but a plain query of other tables."""
        if not self._by_table and not self._changes:
            return False
        if not isinstance(statement, sa.Select) or statement._for_update_arg is not None:
            return True
        return self._have_to_do_with(statement)

    def concern_change(self, change: sa.Update | sa.Delete) -> bool:
        """Whether they must be written before a change that could wait with them."""
        return bool(self._by_table) or (bool(self._changes) and self._have_to_do_with(change))

    def _have_to_do_with(self, statement: sa.Select[Any] | sa.Update | sa.Delete) -> bool:
        named = _tables_of(statement)
        changed = {one.table for one in self._changes}
        return named is None or not named.isdisjoint({*self._by_table, *changed})

    def take(self) -> tuple[list[LateChange], list[tuple[sa.Table, list[Values]]]]:
        """The changes, and all rows, what is referred to first; afterwards none are left."""
        taken, self._by_table, self.count = self._by_table, {}, 0
        changes, self._changes = self._changes, []
        tables = sorted(taken, key=_place) if len(taken) > 1 else list(taken)
        return changes, [(table, run) for table in tables for run in _runs(taken[table])]


def _place(table: sa.Table) -> int:
    return _order(table.metadata)[table]


@lru_cache(maxsize=8)
def _order(metadata: sa.MetaData) -> dict[sa.Table, int]:
    return {table: place for place, table in enumerate(metadata.sorted_tables)}


def _runs(rows: Sequence[Values]) -> list[list[Values]]:
    """Rows one after the other that name the same columns."""
    runs: list[list[Values]] = []
    for row in rows:
        if runs and runs[-1][0].keys() == row.keys():
            runs[-1].append(row)
        else:
            runs.append([row])
    return runs


Statement = sa.Select[Any] | sa.Update | sa.Delete
_known: Final = WeakKeyDictionary[Statement, frozenset[sa.Table] | None]()


def _tables_of(statement: Statement) -> frozenset[sa.Table] | None:
    """The tables that a statement names; None when part of it is text."""
    if statement not in _known:
        elements = list(visitors.iterate(statement))
        is_clear = not any(isinstance(one, sa.TextClause) for one in elements)
        tables = frozenset(one for one in elements if isinstance(one, sa.Table))
        _known[statement] = tables if is_clear else None
    return _known[statement]
