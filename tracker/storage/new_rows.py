"""Rows that a transaction is about to write, gathered by table.

What must not break: a row never goes before one that it refers to, and rows of one table keep their order.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

Values = Mapping[str, Any]


class NewRows:
    """Gathers rows. Those of a table that name the same columns are written together."""

    def __init__(self) -> None:
        self._by_table: dict[sa.Table, list[Values]] = {}
        self.count = 0

    def add(self, table: sa.Table, rows: Sequence[Values]) -> None:
        self._by_table.setdefault(table, []).extend(rows)
        self.count += len(rows)

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
