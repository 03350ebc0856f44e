"""The uses that an edge keeps for a while though they did not hit, where its agency has allowed that: in a
file of their own, which goes as a whole when the line is closed.

A row tells nothing without the key of its epoch: the token is keyed, and so is the name of the use; what was
done is sealed. Only its end stands in the open, in full hours.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Select,
    Table,
    select,
    tuple_,
)
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.schema import Index

from adapters.sqlite import Tx

metadata: Final = MetaData()

kept = Table(
    "kept",
    metadata,
    Column("epoch", Integer, nullable=False),
    Column("token", LargeBinary, nullable=False),
    Column("name", LargeBinary, nullable=False),
    # Hours since 1970: when the use is of no use any more.
    Column("ends_in_hour", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    PrimaryKeyConstraint("epoch", "token", "name"),
    sqlite_with_rowid=False,
)
Index("kept_by_end", kept.c.ends_in_hour)

_KEY: Final = tuple_(kept.c.epoch, kept.c.token, kept.c.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRow:
    """One use under the token of one epoch; `name` tells it apart from others under the token."""

    epoch: int
    token: bytes = field(repr=False)
    name: bytes = field(repr=False)
    ends_in_hour: int
    sealed: bytes = field(repr=False)


async def make_kept_tables(tx: Tx) -> None:
    await tx.run_sync(metadata.create_all)


async def keep_uses(tx: Tx, rows: Sequence[KeptRow]) -> None:
    """Of a use that is kept already nothing is changed."""
    given = [
        {
            "epoch": row.epoch,
            "token": row.token,
            "name": row.name,
            "ends_in_hour": row.ends_in_hour,
            "sealed": row.sealed,
        }
        for row in rows
    ]
    await tx.execute(insert(kept).on_conflict_do_nothing(), given)


async def list_kept(tx: Tx, epoch: int, tokens: Sequence[bytes]) -> Sequence[KeptRow]:
    """All that is kept under these tokens, token by token."""
    wanted = (kept.c.epoch == epoch) & kept.c.token.in_(tokens)
    return await _rows(tx, select(kept).where(wanted).order_by(kept.c.token))


async def list_kept_after(tx: Tx, epoch: int, after: KeptRow | None, limit: int) -> Sequence[KeptRow]:
    """The next rows of an epoch in the order of their keys."""
    key = (epoch, b"", b"") if after is None else (epoch, after.token, after.name)
    behind = (kept.c.epoch == epoch) & (tuple_(*key) < _KEY)
    return await _rows(tx, select(kept).where(behind).order_by(*kept.primary_key).limit(limit))


async def list_kept_epochs(tx: Tx) -> frozenset[int]:
    """Of which epochs anything is kept."""
    found: set[int] = set()
    while (more := await _next_epoch(tx, max(found, default=-1))) is not None:
        found.add(more)
    return frozenset(found)


async def remove_ended(tx: Tx, hour: int, limit: int) -> int:
    """Remove some of those that end before this hour; how many."""
    return await _remove(tx, kept.c.ends_in_hour < hour, limit)


async def remove_epoch(tx: Tx, epoch: int, limit: int) -> int:
    """Remove some of an epoch; how many."""
    return await _remove(tx, kept.c.epoch == epoch, limit)


async def _next_epoch(tx: Tx, after: int) -> int | None:
    # Each found by its first key: the table may have millions of rows of one epoch.
    first = select(kept.c.epoch).where(kept.c.epoch > after).order_by(kept.c.epoch).limit(1)
    return (await tx.execute(first)).scalar_one_or_none()


async def _remove(tx: Tx, which: ColumnElement[bool], limit: int) -> int:
    some = select(*kept.primary_key).where(which).limit(limit)
    return (await tx.execute(kept.delete().where(_KEY.in_(some)))).rowcount


async def _rows(tx: Tx, query: Select[Any]) -> Sequence[KeptRow]:
    return [KeptRow(**row) for row in (await tx.execute(query)).mappings()]
