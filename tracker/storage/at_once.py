"""Many rows in one statement, where the database can: new ones, of several tables too, and changed ones.

PostgreSQL can. The rows of a table are one parameter for each column, so that the statement is the same
however many they are. New rows of several tables are each a part of a WITH, and references are looked at when
all are written.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from adapters.commits import WRITES
from tracker.storage.tables.columns import TOLD_AS

Values = Mapping[str, Any]
Run = tuple[sa.Table, Sequence[Values]]
"""Rows of one table that name the same columns."""
Shape = tuple[tuple[sa.Table, tuple[str, ...]], ...]

SHAPES_KEPT: Final = 200
FEWEST_AT_ONCE: Final = 4
"""Fewer rows of one table are no dearer one by one, by a statement that is there anyway."""


def goes_at_once(dialect: sa.Dialect, runs: Sequence[Run]) -> bool:
    """Whether one statement writes them all: on PostgreSQL those of several tables, each of which comes once,
    since rows of one table keep their order.
    """
    if dialect.name != "postgresql" or len({table for table, _ in runs}) != len(runs):
        return False
    return len(runs) > 1 or any(len(rows) >= FEWEST_AT_ONCE for _, rows in runs)


def insertion(runs: Sequence[Run]) -> tuple[sa.Insert, dict[str, list[Any]]]:
    """The statement that writes all of the rows, and the values of its parameters."""
    filled = [(table, [{**_defaults(table), **row} for row in rows]) for table, rows in runs]
    shape = tuple((table, tuple(rows[0])) for table, rows in filled)
    values = {
        _parameter(table, name): [row[name] for row in rows] for table, rows in filled for name in rows[0]
    }
    return _insertion(shape, tuple(_told_as(table, rows) for table, rows in filled)), values


@lru_cache(maxsize=SHAPES_KEPT)
def _insertion(shape: Shape, told_as: tuple[str, ...]) -> sa.Insert:
    *others, last = (_rows_into(table, names) for table, names in shape)
    parts = [one.cte(f"into_{one.table.name}") for one in others]
    return last.add_cte(*parts).execution_options(**{WRITES: told_as})


def _told_as(table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> str:
    """The word under which its loops hear of new rows."""
    word: Callable[[Sequence[Mapping[str, Any]]], str] | None = table.info.get(TOLD_AS)
    return table.name if word is None else word(rows)


@cache
def _defaults(table: sa.Table) -> Mapping[str, Any]:
    """What stands in columns that a row does not name: the library puts it into plain inserts only."""
    defaults = {column.name: column.default for column in table.c}
    return {name: one.arg for name, one in defaults.items() if isinstance(one, ScalarElementColumnDefault)}


def change(dialect: sa.Dialect, table: sa.Table, rows: Sequence[Values]) -> tuple[sa.Update, Any]:
    """What gives rows of a table the values that they name beside their `id`, and its parameters."""
    names = tuple(rows[0])
    if dialect.name == "postgresql" and len(rows) >= FEWEST_AT_ONCE:
        return _change(table, names), {_parameter(table, name): [row[name] for row in rows] for name in names}
    return _change_of_one(table, names), [
        {_parameter(table, name): value for name, value in row.items()} for row in rows
    ]


@lru_cache(maxsize=SHAPES_KEPT)
def _change(table: sa.Table, names: tuple[str, ...]) -> sa.Update:
    rows = _rows_of(table, names)
    found = sa.update(table).where(table.c.id == rows.c.id)
    return found.values({name: rows.c[name] for name in names if name != "id"})


@lru_cache(maxsize=SHAPES_KEPT)
def _change_of_one(table: sa.Table, names: tuple[str, ...]) -> sa.Update:
    values = {name: sa.bindparam(_parameter(table, name), type_=table.c[name].type) for name in names}
    return sa.update(table).where(table.c.id == values.pop("id")).values(values)


def _rows_into(table: sa.Table, names: tuple[str, ...]) -> sa.Insert:
    return sa.insert(table).from_select(names, sa.select(*_rows_of(table, names).c), include_defaults=False)


def _rows_of(table: sa.Table, names: tuple[str, ...]) -> sa.TableValuedAlias:
    """The rows that a statement is given, as a table."""
    columns = [
        sa.bindparam(
            _parameter(table, name),
            type_=postgresql.ARRAY(_any_length(table.c[name]), dimensions=1),
        )
        for name in names
    ]
    typed = [sa.column(name, table.c[name].type) for name in names]
    return sa.func.unnest(*columns).table_valued(*typed).render_derived(f"rows_of_{table.name}")


def _any_length(column: sa.Column[Any]) -> sa.types.TypeEngine[Any]:
    """PostgreSQL would cut a parameter to a length without a word; of the column itself it refuses more."""
    return sa.String() if isinstance(column.type, sa.String) else column.type


def _parameter(table: sa.Table, name: str) -> str:
    return f"{table.name}__{name}"
