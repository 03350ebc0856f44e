"""Leases: who works on a row, by the database's own clock, so that no process's clock can stretch one.

Every final write filters on the lease token: a worker that was taken over changes no row. A token begins with
the name of its worker, so that a worker that starts anew finds the leases of its former life.
"""

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from tracker.domain.entropy import Entropy
from tracker.domain.ids import LeaseToken
from tracker.storage.tables import alerts, feeds, notices, plumbing
from tracker.storage.transaction import Tx

LEASE_S = 30.0
CHANCE_CHARACTERS = 22


class database_seconds(GenericFunction[float]):
    """Seconds since 1970 by the clock of the database server."""

    type = sa.Float()
    inherit_cache = True


@compiles(database_seconds, "sqlite")
def _on_sqlite(_element: Any, _compiler: Any, **_options: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(database_seconds, "postgresql")
def _on_postgresql(_element: Any, _compiler: Any, **_options: Any) -> str:
    return "extract(epoch from clock_timestamp())"


_SECONDS: Final = sa.select(database_seconds())


async def remember_database_seconds(tx: Tx) -> None:
    """Read the clock in a trip that goes anyway, for `leased_from_now`."""
    tx.memory.keep(read_database_seconds.__name__, (), await read_database_seconds(tx))


async def leased_from_now(tx: Tx, token: LeaseToken) -> dict[str, Any]:
    """The values of a new row that is claimed from the beginning; the lease counts from the last look at the
    clock.
    """
    known = tx.memory.find(read_database_seconds.__name__)
    seconds: float = await read_database_seconds(tx) if known is None else known[0]
    return {"lease_token": token, "lease_until": seconds + LEASE_S}


async def read_database_seconds(tx: Tx) -> float:
    """The clock by which leases end."""
    row = await tx.row(_SECONDS)
    assert row is not None
    return float(row[0])


def is_free(table: sa.Table) -> sa.ColumnElement[bool]:
    """Nobody works on the row, or whoever did is late."""
    return sa.or_(table.c.lease_token.is_(None), table.c.lease_until < database_seconds())


def leased(token: LeaseToken | sa.BindParameter[str]) -> dict[str, Any]:
    """The values that claim a row."""
    return {"lease_token": token, "lease_until": database_seconds() + LEASE_S}


RELEASED: dict[str, Any] = {"lease_token": None, "lease_until": None}


def draw_token(worker: str, entropy: Entropy) -> LeaseToken:
    """A new token of a worker; it begins with the worker's name, of at most 12 characters."""
    return LeaseToken(f"{worker}.{entropy.new_id().replace('-', '')[-CHANCE_CHARACTERS:]}")


async def free_leases(tx: Tx, worker: str) -> None:
    """A worker frees what its former life held, or when it ends; nobody else may bear its name meanwhile."""
    begins = f"{worker}."
    notice = notices.notice
    held = notice.c.lease_token.startswith(begins, autoescape=True)
    await tx.run(sa.update(notice).where(held, notice.c.state == "leased").values(state="due", **RELEASED))
    for table in (feeds.feed, alerts.due_work, plumbing.inbox, plumbing.outbox):
        mine = table.c.lease_token.startswith(begins, autoescape=True)
        await tx.run(sa.update(table).where(mine).values(**RELEASED))
