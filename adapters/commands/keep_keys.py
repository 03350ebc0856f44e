"""`adapter keep-keys`: seals the keys of the list under a passphrase, for a start while the court is away."""

import asyncio
import getpass
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import assert_never

from adapters.commands.outset import CannotRun, passphrase_in, read_outset
from adapters.identity import write_for_owner
from adapters.logs import silence_logs
from adapters.machine import SystemChance, keep_out_of_dumps
from adapters.sealed_keys import NONCE_BYTES, SALT_BYTES, SEALED_KEYS, SHORTEST_PASSPHRASE, seal_keys
from adapters.web.court_client import CourtAway, NotAdmitted
from adapters.web.key_client import Fetched, fetch_keys


def keep_keys(environment: Mapping[str, str]) -> str:
    """Fetch and seal; what was done, in words."""
    silence_logs()
    keep_out_of_dumps()
    outset = read_outset(environment, ("court_url",))
    passphrase = _passphrase(outset.settings.passphrase_file)
    answer = asyncio.run(fetch_keys(outset.settings.court_url, outset.identity))
    match answer:
        case Fetched(keys=keys):
            chance = SystemChance().random_bytes(SALT_BYTES + NONCE_BYTES)
            path = outset.settings.folder / SEALED_KEYS
            write_for_owner(path, seal_keys(keys, passphrase, chance))
            return f"wrote {path}: an adapter that starts while the court is away asks for the passphrase"
        case NotAdmitted(why=why) | CourtAway(why=why):
            raise CannotRun(f"the court gave no keys: {why}")
        case _:
            assert_never(answer)


def _passphrase(path: Path | None) -> str:
    if path is not None:
        return passphrase_in(path)
    if not sys.stdin.isatty():
        raise CannotRun("there is no terminal to type a passphrase on: set ADAPTER_PASSPHRASE_FILE")
    passphrase = getpass.getpass(f"passphrase (at least {SHORTEST_PASSPHRASE} characters): ")
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise CannotRun(f"too short: give at least {SHORTEST_PASSPHRASE} characters")
    if getpass.getpass("once more: ") != passphrase:
        raise CannotRun("the two differ: type it again")
    return passphrase
