"""What was refused lately, as it was told to the court: by kind, no message."""

from collections.abc import Collection

from sqlalchemy import select

from adapters.sqlite import Tx
from adapters.store.tables import refused
from schemas.refused import RefusedLately


async def keep_refused(tx: Tx, known: Collection[RefusedLately]) -> None:
    """These and no others."""
    await tx.execute(refused.delete())
    await tx.execute(refused.insert(), [{"kind": one.kind, "body": one.model_dump_json()} for one in known])


async def list_refused(tx: Tx) -> tuple[RefusedLately, ...]:
    rows = await tx.execute(select(refused))
    return tuple(RefusedLately.model_validate_json(row.body) for row in rows)
