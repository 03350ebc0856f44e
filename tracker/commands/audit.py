"""`tracker audit verify`: whether the audit chain is whole, and whether a file of proof is the court's."""

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from tracker.commands.engines import open_registry
from tracker.commands.start import FAILED, WELL, CannotRun, complain, say
from tracker.services.audit import ChainBroken, verify
from tracker.services.proof.file import FileRefused, check_file
from tracker.settings import TrackerSettings
from tracker.storage.transaction import Tx

NEEDED: Final = ("court_id", "database_url", "keys_file")


async def verify_chain(settings: TrackerSettings, proof: Path | None) -> int:
    """Names the first link that does not hold."""
    content = None if proof is None else _read(proof)
    async with AsyncExitStack() as opened:
        registry = await open_registry(settings, opened)
        async with registry.reading() as tx:
            chain = await verify(tx)
            if isinstance(chain, ChainBroken):
                complain(f"the chain is broken at link {chain.position}")
                return FAILED
            say(f"the chain is whole: {chain.links} links hold")
            return WELL if content is None else await _check(tx, content)


async def _check(tx: Tx, content: bytes) -> int:
    checked = await check_file(tx, content)
    if isinstance(checked, FileRefused):
        complain(f"the file proves nothing: {checked.reason}")
        return FAILED
    given_out = checked.given_out_at.isoformat(timespec="seconds")
    say(f"the file holds: given out {given_out}, unchanged, {checked.links} of its events are in the chain")
    return WELL


def _read(proof: Path) -> bytes:
    try:
        return proof.read_bytes()
    except OSError as failure:
        raise CannotRun(f"the file of proof cannot be read: {failure.strerror}") from None
