"""`tracker audit verify`: whether the audit chain is whole and the one that adapters have witnessed, and
whether a file of proof is the court's.
"""

from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final, assert_never

from tracker.commands.engines import court_of, open_registry
from tracker.commands.start import FAILED, WELL, CannotRun, complain, say
from tracker.commands.witness import read_witness
from tracker.domain.ids import CourtId
from tracker.services.audit import (
    ChainBroken,
    ChainRewritten,
    ChainWhole,
    WitnessedHead,
    verify_witnessed,
)
from tracker.services.proof.file import FileRefused, check_file
from tracker.settings import TrackerSettings
from tracker.storage.transaction import Tx

NEEDED: Final = ("court_id", "database_url", "keys_file")


async def verify_chain(settings: TrackerSettings, proof: Path | None, witness: Path | None) -> int:
    """Names the first link that does not hold, or the first that was witnessed otherwise."""
    content = None if proof is None else _read(proof, "the file of proof")
    kept = None if witness is None else _read(witness, "the witness file")
    async with AsyncExitStack() as opened:
        registry = await open_registry(settings, opened)
        async with registry.reading() as tx:
            if not await holds(tx, court_of(settings), kept):
                return FAILED
            return WELL if content is None else await _check(tx, content)


async def holds(tx: Tx, court_id: CourtId, kept: bytes | None) -> bool:
    """Whether the chain does, and is the one that was witnessed; says so. Raises CannotRun."""
    own = tx.keys.signing.verifying
    heads = () if kept is None else read_witness(kept, {own.key_id: own}, court_id)
    chain = await verify_witnessed(tx, heads)
    match chain:
        case ChainBroken(position=position):
            complain(f"the chain is broken at link {position}")
        case ChainRewritten():
            complain(*_told(chain))
        case ChainWhole(links=links):
            say(f"the chain is whole: {links} links hold")
            if heads:
                say(
                    f"it is the one that was witnessed, by heads that were kept: {len(heads)}, {_span(heads)}"
                )
        case _:
            assert_never(chain)
    return isinstance(chain, ChainWhole)


def _told(chain: ChainRewritten) -> Iterator[str]:
    """The first is what is wrong, then what still stands, and what else it may be."""
    head, fits = chain.head, chain.fits
    if head.position > chain.links:
        wrong = f"was cut off: it ends at link {chain.links}, and there was a link {head.position}"
    else:
        wrong = f"was written anew: link {head.position} is not the one that was"
    yield f"the chain {wrong}: the court signed it at {_moment(head)}, and {head.kept_by} has kept that"
    stands = 0 if fits is None else fits.position
    before = "no head before it was kept" if fits is None else f"witnessed at {_moment(fits)}"
    yield f"up to link {stands} it is as it was ({before}): look at links {stands + 1} to {head.position}"
    yield "a restored backup does this too: what the court signed after the backup was made is then not in it"


def _moment(head: WitnessedHead) -> str:
    return head.said_at.isoformat(timespec="seconds")


def _span(heads: Sequence[WitnessedHead]) -> str:
    first, last = (choose(heads, key=lambda one: one.position) for choose in (min, max))
    return f"from link {first.position} ({_moment(first)}) to link {last.position} ({_moment(last)})"


async def _check(tx: Tx, content: bytes) -> int:
    checked = await check_file(tx, content)
    if isinstance(checked, FileRefused):
        complain(f"the file proves nothing: {checked.reason}")
        return FAILED
    given_out = checked.given_out_at.isoformat(timespec="seconds")
    say(f"the file holds: given out {given_out}, unchanged, {checked.links} of its events are in the chain")
    return WELL


def _read(path: Path, what: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as failure:
        raise CannotRun(f"{what} cannot be read: {failure.strerror}") from None
