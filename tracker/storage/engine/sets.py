"""Sets of values in statements: one parameter on PostgreSQL, so that sets of every size share one statement,
which is built, compiled and prepared once.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler


class IsOneOf(sa.ColumnElement[bool]):
    """Whether a column has one of the values that the statement gets, as a list, under a name."""

    inherit_cache = True
    type = sa.Boolean()
    _traverse_internals = [  # noqa: RUF012 - as the library declares it
        ("column", sa.sql.visitors.InternalTraversal.dp_clauseelement),
        ("name", sa.sql.visitors.InternalTraversal.dp_string),
    ]

    def __init__(self, column: sa.ColumnElement[Any], name: str) -> None:
        self.column = column
        self.name = name

    def self_group(self, against: object = None) -> "IsOneOf":
        """As it is: SQLite would be asked whether it equals 1, and then use no index."""
        return self


def by_column(rows: Iterable[sa.Row[Any]], name: str) -> Mapping[str, list[sa.Row[Any]]]:
    """The rows of each value of a column, in their order; none of a value that does not occur."""
    found: defaultdict[str, list[sa.Row[Any]]] = defaultdict(list)
    for row in rows:
        found[getattr(row, name)].append(row)
    return found


def is_one_of(column: sa.ColumnElement[Any], name: str) -> IsOneOf:
    """Give the values with the statement: `tx.rows(statement, name=values)`."""
    return IsOneOf(column, name)


class IsFoundBy(sa.ColumnElement[bool]):
    """Whether a column has one of the values that a query finds, which is asked once and before."""

    inherit_cache = True
    type = sa.Boolean()
    _traverse_internals = [  # noqa: RUF012 - as the library declares it
        ("column", sa.sql.visitors.InternalTraversal.dp_clauseelement),
        ("query", sa.sql.visitors.InternalTraversal.dp_clauseelement),
    ]

    def __init__(self, column: sa.ColumnElement[Any], query: sa.Select[Any]) -> None:
        self.column = column
        self.query = query

    def self_group(self, against: object = None) -> "IsFoundBy":
        return self


def is_found_by(column: sa.ColumnElement[Any], query: sa.Select[Any]) -> IsFoundBy:
    """On PostgreSQL one array: a set may be joined with the whole table instead of being looked up in it, and
    asked anew with each row.
    """
    return IsFoundBy(column, query)


@compiles(IsFoundBy)
def _in_set(element: IsFoundBy, compiler: SQLCompiler, **more: Any) -> str:
    return str(compiler.process(element.column.in_(element.query), **more))


@compiles(IsFoundBy, "postgresql")
def _in_array(element: IsFoundBy, compiler: SQLCompiler, **more: Any) -> str:
    found = sa.func.array(element.query.scalar_subquery())
    return str(compiler.process(element.column == sa.any_(found), **more))


@compiles(IsOneOf)
def _expanded(element: IsOneOf, compiler: SQLCompiler, **more: Any) -> str:
    values = sa.bindparam(element.name, type_=element.column.type, expanding=True, required=True)
    return str(compiler.process(element.column.in_(values), **more))


@compiles(IsOneOf, "postgresql")
def _as_array(element: IsOneOf, compiler: SQLCompiler, **more: Any) -> str:
    values = sa.bindparam(element.name, type_=postgresql.ARRAY(element.column.type), required=True)
    return str(compiler.process(element.column == sa.any_(values), **more))
