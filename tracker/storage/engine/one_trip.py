"""Several readings in one trip to the database, where it answers several queries in one statement.

Each reading runs until it asks its next query; what all of them ask then goes together. PostgreSQL answers
with the rows of each query as one array; SQLite, where a trip costs nothing, one query after the other.

What must not break: only plain queries go together. What changes rows, or locks them and may have to wait,
goes by itself, since what stood beside it would be as old as the beginning of its wait.
"""

from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, Protocol, TypeVar, overload

import sqlalchemy as sa
from sqlalchemy.engine import IteratorResult, Result, Row
from sqlalchemy.engine.result import SimpleResultMetaData

TRIPS_KEPT: Final = 200
FLOAT8: Final = 701
"""PostgreSQL's number of the one type whose values the library makes by the number (catalogue pg_type)."""

Rows = Sequence[Row[Any]]
Process = Callable[[Any], Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A query and the values of its parameters."""

    query: sa.Executable
    values: Mapping[str, Any]


@dataclass(slots=True)
class Asking:
    """Whether a reading of one trip is at work at this moment, so that its questions wait for the others'."""

    is_shared: bool = False


@dataclass(frozen=True, slots=True)
class Asked(Awaitable[list[Rows]]):
    """Questions on their way to whoever runs the readings; the answer to each, in their order."""

    questions: Sequence[Question]

    def __await__(self) -> Generator["Asked", list[Rows], list[Rows]]:
        return (yield self)


class Answering(Protocol):
    """A transaction that can answer several questions at once."""

    @property
    def asking(self) -> Asking: ...

    async def answer(self, questions: Sequence[Question]) -> list[Rows]: ...


A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
Reading = Coroutine[Any, Any, A]


@overload
async def in_one_trip(tx: Answering, a: Reading[A], b: Reading[B], /) -> tuple[A, B]: ...
@overload
async def in_one_trip(tx: Answering, a: Reading[A], b: Reading[B], c: Reading[C], /) -> tuple[A, B, C]: ...
@overload
async def in_one_trip(
    tx: Answering, a: Reading[A], b: Reading[B], c: Reading[C], d: Reading[D], /
) -> tuple[A, B, C, D]: ...
@overload
async def in_one_trip(tx: Answering, *readings: Reading[A]) -> tuple[A, ...]: ...
async def in_one_trip(tx: Answering, *readings: Reading[Any]) -> tuple[Any, ...]:
    """What each of the readings found, in their order; the first error of one ends them all.

    A reading that asks several times, one query after the other, takes as many trips; the others go with it.
    """
    under_way = [_UnderWay(reading) for reading in readings]
    try:
        while asking := [one for one in under_way if not one.is_done and one.go_on(tx.asking)]:
            questions = [question for one in asking for question in one.questions]
            answers = iter(await tx.answer(questions))
            for one in asking:
                one.hear(answers)
    finally:
        for reading in readings:
            reading.close()
    return tuple(one.found for one in under_way)


@dataclass(slots=True)
class _UnderWay:
    """A reading, as far as it has come."""

    reading: Reading[Any]
    questions: Sequence[Question] = ()
    is_done: bool = False
    found: Any = None
    _answers: list[Rows] | None = field(default=None, init=False)

    def go_on(self, asking: Asking) -> bool:
        """Run it until it asks; False when it has found what it looked for."""
        before, asking.is_shared = asking.is_shared, True
        try:
            asked = self.reading.send(self._answers)
        except StopIteration as end:
            self.is_done, self.found = True, end.value
            return False
        finally:
            asking.is_shared = before
        if not isinstance(asked, Asked):
            raise RuntimeError("a reading that goes in one trip with others awaits nothing but its queries")
        self.questions = asked.questions
        return True

    def hear(self, answers: Iterator[Rows]) -> None:
        """Take the answers to its questions."""
        self._answers = [next(answers) for _ in self.questions]


def goes_with_others(statement: sa.Executable) -> bool:
    """Whether it is a plain query."""
    return isinstance(statement, sa.SelectBase) and getattr(statement, "_for_update_arg", None) is None


def fit_together(questions: Sequence[Question]) -> list[list[Question]]:
    """The questions in their order, in as few statements as may be: in one, a name has one value."""
    together: list[list[Question]] = []
    values: dict[str, Any] = {}
    for question in questions:
        if together and all(values.get(name, value) == value for name, value in question.values.items()):
            together[-1].append(question)
        else:
            together.append([question])
            values = {}
        values.update(question.values)
    return together


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """One statement for several queries; its only row has an array of rows for each of them."""

    statement: sa.Select[Any]
    _shapes: Sequence["_Shape"]

    def rows_of(self, answer: Row[Any]) -> list[Rows]:
        """The rows of each query, as if it had been asked alone."""
        return [shape.rows_of(found) for shape, found in zip(self._shapes, answer, strict=True)]


def trip_for(dialect: sa.Dialect, questions: Sequence[Question]) -> Trip:
    """The statement that asks them all."""
    return _trip(dialect, tuple(question.query for question in questions))


@lru_cache(maxsize=TRIPS_KEPT)
def _trip(dialect: sa.Dialect, queries: tuple[sa.SelectBase, ...]) -> Trip:
    parts = [query.subquery() for query in queries]
    arrays = [sa.func.array(sa.select(sa.func.row(*part.c)).scalar_subquery()) for part in parts]
    return Trip(statement=sa.select(*arrays), _shapes=[_shape(dialect, part) for part in parts])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """The names of one query's columns, and how values are made of what the driver brings."""

    names: SimpleResultMetaData
    processes: Sequence[Process]

    def rows_of(self, found: Sequence[Sequence[Any]]) -> Rows:
        rows = (
            tuple(
                value if process is None else process(value)
                for value, process in zip(row, self.processes, strict=True)
            )
            for row in found
        )
        result: Result[Any] = IteratorResult(self.names, rows)
        return result.fetchall()


def _shape(dialect: sa.Dialect, part: sa.Subquery) -> _Shape:
    return _Shape(
        names=SimpleResultMetaData(part.c.keys()),
        processes=[_process(dialect, column.type) for column in part.c],
    )


def _process(dialect: sa.Dialect, kind: sa.types.TypeEngine[Any]) -> Process:
    number = FLOAT8 if isinstance(kind, sa.Float) else None
    return kind.dialect_impl(dialect).result_processor(dialect, number)
