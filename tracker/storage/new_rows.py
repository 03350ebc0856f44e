"""Rows that a transaction is about to write, gathered by table.

What must not break: a row never goes before one that it refers to, rows of one table keep their order, and
no statement can tell that a row waits.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.sql import visitors

Values = Mapping[str, Any]


class NewRows:
    """Gathers rows. Those of a table that name the same columns are written together."""

    def __init__(self) -> None:
        self._by_table: dict[sa.Table, list[Values]] = {}
        self.count = 0

    def add(self, table: sa.Table, rows: Sequence[Values]) -> None:
        self._by_table.setdefault(table, []).extend(rows)
        self.count += len(rows)

    def concern(self, statement: sa.Executable) -> bool:
        """Whether they must be written before a statement: before any but a plain query of other tables."""
        if not self._by_table:
            return False
        if not isinstance(statement, sa.Select) or statement._for_update_arg is not None:
            return True
        read = _tables_of(statement)
        return read is None or not read.isdisjoint(self._by_table)

    def take(self) -> list[tuple[sa.Table, list[Values]]]:
        """All of them, what is referred to first; afterwards none are left."""
        taken, self._by_table, self.count = self._by_table, {}, 0
        tables = sorted(taken, key=_place) if len(taken) > 1 else list(taken)
        return [(table, run) for table in tables for run in _runs(taken[table])]


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


_known: Final = WeakKeyDictionary[sa.Select[Any], frozenset[sa.Table] | None]()


def _tables_of(query: sa.Select[Any]) -> frozenset[sa.Table] | None:
    """The tables that a query reads; None when part of it is text."""
    if query not in _known:
        elements = list(visitors.iterate(query))
        is_clear = not any(isinstance(one, sa.TextClause) for one in elements)
        _known[query] = frozenset(one for one in elements if isinstance(one, sa.Table)) if is_clear else None
    return _known[query]
