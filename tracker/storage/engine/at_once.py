"""Many rows in one statement, where the database can: new ones and changes, of several tables too.

PostgreSQL can. The rows of a table are one parameter for each column, so that the statement is the same
however many they are; so are the values of a change that is made several times. Of several tables each is a
part of a WITH: all of them see the rows as they were before, and references are looked at when all are
written.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, Final, cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql import visitors
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from adapters.commits import SETTLES, WRITES
from tracker.storage.engine.new_rows import LateChange, Values
from tracker.storage.tables.columns import TOLD_AS

Run = tuple[sa.Table, Sequence[Values]]
"""Rows of one table that name the same columns."""
Changing = tuple[sa.Update | sa.Delete, tuple[str, ...] | None]
"""A change, and the names of its parameters where it is made several times."""
Shape = tuple[tuple[sa.Table, tuple[str, ...]], ...]
Statement = sa.Insert | sa.Update | sa.Delete

SHAPES_KEPT: Final = 200
FEWEST_AT_ONCE: Final = 4
"""Fewer rows of one table are no dearer one by one, by a statement that is there anyway."""


def goes_at_once(dialect: sa.Dialect, changes: Sequence[LateChange], runs: Sequence[Run]) -> bool:
    """Whether one statement writes them all: on PostgreSQL those of several tables, each of which comes once,
    since rows of one table keep their order; and in one statement a parameter has one value.
    """
    # By what it has counted of its last part, the rows, is seen that it has changed anything.
    if dialect.name != "postgresql" or not runs or len({table for table, _ in runs}) != len(runs):
        return False
    are_many = len(changes) + len(runs) > 1 or len(runs[0][1]) >= FEWEST_AT_ONCE
    return are_many and _fit(changes)


def _fit(changes: Sequence[LateChange]) -> bool:
    values: dict[str, Any] = {}
    for change in changes:
        if any(values.get(name, value) != value for name, value in change.values.items()):
            return False
        values.update(change.values)
    return True


def at_once(changes: Sequence[LateChange], runs: Sequence[Run]) -> tuple[Statement, dict[str, Any]]:
    """The statement that makes the changes and writes the rows, and the values of its parameters."""
    filled = [(table, [{**_defaults(table), **row} for row in rows]) for table, rows in runs]
    changing = tuple((one.statement, tuple(one.rows[0]) if one.rows else None) for one in changes)
    shape = tuple((table, tuple(rows[0])) for table, rows in filled)
    words = (*_words(changes), *(_told_as(table, rows) for table, rows in filled))
    values = dict(_values(changes))
    for table, rows in filled:
        values |= {_parameter(table.name, name): [row[name] for row in rows] for name in rows[0]}
    return _at_once(changing, shape, words), values


def insert_of(table: sa.Table, rows: Sequence[Values]) -> sa.Insert:
    """The statement that writes the rows of one table, told under the same word."""
    return _insert_of(table, _told_as(table, rows))


@cache
def _insert_of(table: sa.Table, word: str) -> sa.Insert:
    return sa.insert(table).execution_options(**{WRITES: [word]})


def _values(changes: Sequence[LateChange]) -> Iterator[tuple[str, Any]]:
    for position, one in enumerate(changes):
        yield from one.values.items()
        rows = one.rows or ()
        for name in rows[0] if rows else ():
            yield _parameter(position, name), [row[name] for row in rows]


def _words(changes: Sequence[LateChange]) -> Iterator[str]:
    """Under which loops hear of the changes that leave them anything to do."""
    for one in changes:
        if not one.statement.get_execution_options().get(SETTLES):
            yield one.table.name


def _told_as(table: sa.Table, rows: Sequence[Values]) -> str:
    """The word under which loops hear of new rows."""
    word: Callable[[Sequence[Values]], str] | None = table.info.get(TOLD_AS)
    return table.name if word is None else word(rows)


@lru_cache(maxsize=SHAPES_KEPT)
def _at_once(changing: tuple[Changing, ...], shape: Shape, words: tuple[str, ...]) -> Statement:
    changes = [
        change if names is None else _for_each(change, position, names)
        for position, (change, names) in enumerate(changing)
    ]
    parts: list[Statement] = [*changes, *(_rows_into(table, names) for table, names in shape)]
    ctes = [one.cte(f"part_{position}") for position, one in enumerate(parts[:-1])]
    return parts[-1].add_cte(*ctes).execution_options(**{WRITES: list(words)})


def _for_each(change: sa.Update | sa.Delete, position: int, names: tuple[str, ...]) -> sa.Update | sa.Delete:
    """The change as it is made with the values of all rows."""
    types = {one.key: one.type for one in visitors.iterate(change) if isinstance(one, sa.BindParameter)}
    rows = _unnested(position, {name: types[name] for name in names})

    def of_row(element: Any, **_: Any) -> Any:
        is_given = isinstance(element, sa.BindParameter) and element.key in names
        return rows.c[element.key] if is_given else None

    return cast("sa.Update | sa.Delete", visitors.replacement_traverse(change, {}, of_row))


@cache
def _defaults(table: sa.Table) -> Mapping[str, Any]:
    """What stands in columns that a row does not name: the library puts it into plain inserts only."""
    defaults = {column.name: column.default for column in table.c}
    return {name: one.arg for name, one in defaults.items() if isinstance(one, ScalarElementColumnDefault)}


def change_of(dialect: sa.Dialect, table: sa.Table, rows: Sequence[Values]) -> tuple[sa.Update, Any]:
    """What gives rows of a table the values that they name beside their `id`, and its parameters."""
    names, of = tuple(rows[0]), table.name
    if dialect.name == "postgresql" and len(rows) >= FEWEST_AT_ONCE:
        return _change(table, names), {_parameter(of, name): [row[name] for row in rows] for name in names}
    return _change_of_one(table, names), [
        {_parameter(of, name): value for name, value in row.items()} for row in rows
    ]


@lru_cache(maxsize=SHAPES_KEPT)
def _change(table: sa.Table, names: tuple[str, ...]) -> sa.Update:
    rows = _unnested(table.name, {name: table.c[name].type for name in names})
    found = sa.update(table).where(table.c.id == rows.c.id)
    return found.values({name: rows.c[name] for name in names if name != "id"})


@lru_cache(maxsize=SHAPES_KEPT)
def _change_of_one(table: sa.Table, names: tuple[str, ...]) -> sa.Update:
    values = {name: sa.bindparam(_parameter(table.name, name), type_=table.c[name].type) for name in names}
    return sa.update(table).where(table.c.id == values.pop("id")).values(values)


def _rows_into(table: sa.Table, names: tuple[str, ...]) -> sa.Insert:
    rows = _unnested(table.name, {name: table.c[name].type for name in names})
    return sa.insert(table).from_select(names, sa.select(*rows.c), include_defaults=False)


def _unnested(of: str | int, types: Mapping[str, Any]) -> sa.TableValuedAlias:
    """Rows made of one list of values for each column."""
    columns = [
        sa.bindparam(_parameter(of, name), type_=postgresql.ARRAY(_any_length(kind), dimensions=1))
        for name, kind in types.items()
    ]
    typed = [sa.column(name, kind) for name, kind in types.items()]
    return sa.func.unnest(*columns).table_valued(*typed).render_derived(f"rows_of_{of}")


def _any_length(kind: Any) -> Any:
    """PostgreSQL would cut a parameter to a length without a word; of the column itself it refuses more."""
    return sa.String() if isinstance(kind, sa.String) else kind


def _parameter(of: str | int, name: str) -> str:
    return f"{of}__{name}"
