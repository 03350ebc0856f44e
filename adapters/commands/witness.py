"""`adapter witness`: writes the heads of the court's audit chain that this adapter has kept."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

from adapters.commands.outset import CannotRun, read_settings
from adapters.edge.edge import STORE
from adapters.logs import silence_logs
from adapters.sqlite import SqliteDatabase
from adapters.store.tables import make_tables
from adapters.store.witness import KeptHead, list_kept_heads


def write_witness(environment: Mapping[str, str], out: Path) -> str:
    """Also while the adapter runs; what was done, in words."""
    silence_logs()
    store = read_settings(environment, {"data"}).folder / STORE
    heads = asyncio.run(_list_heads(store)) if store.exists() else ()
    if not heads:
        raise CannotRun("no head of the court's audit chain was kept here yet: run the adapter first")
    try:
        out.write_bytes(b"".join(one.envelope + b"\n" for one in heads))
    except OSError as failure:
        raise CannotRun(f"--out: {failure.strerror}; choose another place") from None
    first, last = (one.said_at.isoformat(timespec="minutes") for one in (heads[0], heads[-1]))
    return (
        f"wrote {out}: heads of the chain: {len(heads)}, said from {first} to {last}\n"
        f"next: the court holds its audit chain against it with `tracker audit verify --witness {out.name}`"
    )


async def _list_heads(store: Path) -> Sequence[KeptHead]:
    database = await SqliteDatabase.open(store)
    try:
        async with database.transaction() as tx:
            await make_tables(tx)
            return await list_kept_heads(tx)
    finally:
        await database.close()
