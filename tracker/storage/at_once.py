"""New rows of several tables in one statement, where the database can write into several at once.

PostgreSQL can, each table in a part of a WITH, and looks at references when all are written. The rows of a
table are one parameter for each column, so that the statement is the same however many they are.
"""

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from adapters.commits import WRITES

Run = tuple[sa.Table, Sequence[Mapping[str, Any]]]
"""Rows of one table that name the same columns."""
Shape = tuple[tuple[sa.Table, tuple[str, ...]], ...]

SHAPES_KEPT: Final = 200


def goes_at_once(dialect: sa.Dialect, runs: Sequence[Run]) -> bool:
    """Whether one statement writes them all: on PostgreSQL those of several tables, each of which comes once,
    since rows of one table keep their order.
    """
    return dialect.name == "postgresql" and len(runs) > 1 and len({table for table, _ in runs}) == len(runs)


def insertion(runs: Sequence[Run]) -> tuple[sa.Insert, dict[str, list[Any]]]:
    """The statement that writes all of the rows, and the values of its parameters."""
    filled = [(table, [{**_defaults(table), **row} for row in rows]) for table, rows in runs]
    shape = tuple((table, tuple(rows[0])) for table, rows in filled)
    values = {
        _parameter(table, name): [row[name] for row in rows] for table, rows in filled for name in rows[0]
    }
    return _insertion(shape), values


@lru_cache(maxsize=SHAPES_KEPT)
def _insertion(shape: Shape) -> sa.Insert:
    *others, last = (_rows_into(table, names) for table, names in shape)
    parts = [one.cte(f"into_{one.table.name}") for one in others]
    written = [table.name for table, _ in shape]
    return last.add_cte(*parts).execution_options(**{WRITES: written})


@cache
def _defaults(table: sa.Table) -> Mapping[str, Any]:
    """What stands in columns that a row does not name: the library puts it into plain inserts only."""
    defaults = {column.name: column.default for column in table.c}
    return {name: one.arg for name, one in defaults.items() if isinstance(one, ScalarElementColumnDefault)}


def _rows_into(table: sa.Table, names: tuple[str, ...]) -> sa.Insert:
    columns = [
        sa.bindparam(_parameter(table, name), type_=postgresql.ARRAY(table.c[name].type, dimensions=1))
        for name in names
    ]
    rows = sa.func.unnest(*columns).table_valued(*names).render_derived(f"rows_of_{table.name}")
    return sa.insert(table).from_select(names, sa.select(*rows.c), include_defaults=False)


def _parameter(table: sa.Table, name: str) -> str:
    return f"{table.name}__{name}"
