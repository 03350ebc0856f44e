"""How a starting adapter comes to its keys: from the court, else from what an operator's passphrase opens.

What must not break: a court that refuses the instance is obeyed, whatever lies sealed in the folder; while
the court is only away, the adapter says so and goes on asking.
"""

import asyncio
import getpass
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, assert_never

import structlog

from adapters.commands.outset import CannotRun, Outset, passphrase_in
from adapters.sealed_keys import SEALED_KEYS, CannotOpen, open_keys
from adapters.web.court_client import CourtAway, NotAdmitted
from adapters.web.key_client import Fetched, fetch_keys
from schemas.enrolment import KeyHandout

FIRST_WAIT_S: Final = 1.0
LONGEST_WAIT_S: Final = 15.0
TRIES_AT_TERMINAL: Final = 3

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Obtained:
    """Keys in memory. `is_old`: they were kept here, and the court has not been asked successfully since."""

    keys: KeyHandout = field(repr=False)
    is_old: bool


async def obtain_keys(outset: Outset, typed: KeyHandout | None, tell: Callable[[str], None]) -> Obtained:
    """Ask until there are keys. `typed`: what a passphrase typed at the start has opened; `tell` is given
    what is missing, in plain words. Raises CannotRun when the court refuses.
    """
    wait_s = FIRST_WAIT_S
    while True:
        keys = await ask_once(outset, tell)
        if keys is not None:
            return Obtained(keys=keys, is_old=False)
        kept = typed or await _kept_keys(outset)
        if kept is not None:
            log.warning("keys-from-file", file=SEALED_KEYS)
            return Obtained(keys=kept, is_old=True)
        await asyncio.sleep(wait_s)
        wait_s = min(wait_s * 2, LONGEST_WAIT_S)


async def hear_of_court(outset: Outset, *, waits_for_opening: bool = False) -> KeyHandout:
    """Ask until the court answers again; raises CannotRun when it refuses, unless its refusal is to end: it
    has closed the line and may open it again.
    """
    while True:
        await asyncio.sleep(LONGEST_WAIT_S)
        try:
            keys = await ask_once(outset, lambda _why: None)
        except CannotRun:
            if not waits_for_opening:
                raise
            keys = None
        if keys is not None:
            return keys


async def ask_once(outset: Outset, tell: Callable[[str], None]) -> KeyHandout | None:
    """None while the court is away; raises CannotRun when it refuses."""
    answer = await fetch_keys(outset.settings.court_url, outset.identity)
    match answer:
        case Fetched(keys=keys):
            log.info("keys-fetched", epochs=len(keys.epochs))
            return keys
        case NotAdmitted(why=why):
            raise CannotRun(f"the court refuses the keys: {why}; enrol this instance anew")
        case CourtAway(why=why):
            log.warning("court-away", why=why)
            tell(f"the court gave no keys: {why}")
            return None
        case _:
            assert_never(answer)


async def _kept_keys(outset: Outset) -> KeyHandout | None:
    path, passphrase_file = outset.settings.folder / SEALED_KEYS, outset.settings.passphrase_file
    if passphrase_file is None or not path.exists():
        return None
    passphrase = passphrase_in(passphrase_file)
    try:
        return await asyncio.to_thread(_open, outset, passphrase)
    except CannotOpen as failure:
        log.error("keys-stay-sealed", why=str(failure))
        return None


def keys_typed_for(outset: Outset) -> KeyHandout | None:
    """At a terminal, while the court is away: what the typed passphrase opens. None when nothing is sealed,
    nobody is there to type, or a file holds the passphrase. Raises CannotRun after three wrong ones.
    """
    is_sealed = (outset.settings.folder / SEALED_KEYS).exists()
    if not is_sealed or outset.settings.passphrase_file is not None or not sys.stdin.isatty():
        return None
    if asyncio.run(ask_once(outset, lambda _why: None)) is not None:
        return None
    for _ in range(TRIES_AT_TERMINAL):
        try:
            return _open(outset, getpass.getpass(f"the court is away; passphrase of {SEALED_KEYS}: "))
        except CannotOpen as failure:
            print(f"{failure}", file=sys.stderr)
    raise CannotRun("no passphrase opened the keys: wait for the court, or find the passphrase")


def keys_kept_for(outset: Outset) -> KeyHandout:
    """What the operator's passphrase opens, from its file or typed: the only keys of an adapter that cannot
    ask the court. Raises CannotRun.
    """
    folder, passphrase_file = outset.settings.folder, outset.settings.passphrase_file
    if not (folder / SEALED_KEYS).exists():
        raise CannotRun(
            f"there is no {SEALED_KEYS} in ADAPTER_DATA: run `adapter keep-keys` with this folder on a "
            "machine that reaches the court, and bring the file here"
        )
    if passphrase_file is None and not sys.stdin.isatty():
        raise CannotRun("there is no terminal to type a passphrase on: set ADAPTER_PASSPHRASE_FILE")
    passphrase = (
        getpass.getpass(f"passphrase of {SEALED_KEYS}: ")
        if passphrase_file is None
        else passphrase_in(passphrase_file)
    )
    try:
        return _open(outset, passphrase)
    except CannotOpen as failure:
        raise CannotRun(f"{SEALED_KEYS}: {failure}") from None


def _open(outset: Outset, passphrase: str) -> KeyHandout:
    text = (outset.settings.folder / SEALED_KEYS).read_text(encoding="utf-8")
    who = outset.identity.credential
    return open_keys(text, passphrase, court=who.court, agency=who.agency, instance=who.instance)
