"""What an adapter has kept of the court's audit chain, as a file for the court."""

from pathlib import Path

from adapters.edge.edge import STORE
from adapters.edge.witness import Witness
from adapters.sqlite import SqliteDatabase
from adapters.store.tables import make_tables
from tests.contract.edge.program import ran
from tests.unit.adapters.world import START


async def keeps_head(folder: Path) -> None:
    """As the adapter does that runs there."""
    database = await SqliteDatabase.open(folder / STORE)
    async with database.transaction() as tx:
        await make_tables(tx)
    await Witness("rail.one", database).hear(START, b"as the court signed it")
    await database.close()


async def test_what_it_kept_of_the_audit_chain_is_written_for_the_court(folder: Path) -> None:
    none_kept = await ran(folder, "witness", "--out", str(folder / "heads.jsonl"))
    await keeps_head(folder)

    written = await ran(folder, "witness", "--out", str(folder / "heads.jsonl"))

    assert (none_kept.code, "run the adapter first" in none_kept.err) == (1, True)
    assert (written.code, "heads of the chain: 1, said from 2026-02-26T12:41+00:00 to" in written.out) == (
        0,
        True,
    )
    assert (folder / "heads.jsonl").read_bytes() == b"as the court signed it\n"
