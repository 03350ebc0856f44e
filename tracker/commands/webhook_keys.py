"""`tracker webhook-keys`: who may post signed webhooks, and with which key.

What must not break: a shared secret is shown once, on standard output, and kept sealed only.
"""

import secrets
from base64 import b64encode
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from tracker.commands.engines import court_of, open_registry
from tracker.commands.start import WELL, CannotRun, say
from tracker.domain.people import system_actor
from tracker.services.lines.refused_messages import CASE_SYSTEM
from tracker.services.lines.webhook_keys import end_webhook_key, give_webhook_key
from tracker.settings import TrackerSettings
from tracker.storage.webhook_keys import list_webhook_key_ids

NEEDED: Final = ("court_id", "database_url", "keys_file")
SECRET_BYTES: Final = 32


async def give_key(settings: TrackerSettings, sender: str, public: Path | None) -> int:
    """A key for a sender: its own public one, or a shared secret that is made here."""
    if public is None and sender == CASE_SYSTEM:
        raise CannotRun(f"{CASE_SYSTEM} signs with a key pair of its own: give --public FILE")
    key = secrets.token_bytes(SECRET_BYTES) if public is None else _read(public)
    actor = system_actor(court_of(settings))
    async with AsyncExitStack() as opened:
        registry = await open_registry(settings, opened)
        async with registry.transaction() as tx:
            key_id = await give_webhook_key(tx, actor, sender, key, is_public=public is not None)
    say(f"{key_id}: {sender} may sign with it from now on")
    if public is None:
        say(f"the secret, as base64, shown this once: {b64encode(key).decode()}")
    return WELL


async def list_keys(settings: TrackerSettings) -> int:
    """The live keys, a line each."""
    async with AsyncExitStack() as opened:
        registry = await open_registry(settings, opened)
        async with registry.reading() as tx:
            for sender, key_id in await list_webhook_key_ids(tx, court_of(settings)):
                say(f"{key_id}  {sender}")
    return WELL


async def end_key(settings: TrackerSettings, key_id: str) -> int:
    """Believe nothing more that it signs."""
    async with AsyncExitStack() as opened:
        registry = await open_registry(settings, opened)
        async with registry.transaction() as tx:
            await end_webhook_key(tx, system_actor(court_of(settings)), key_id)
    say(f"{key_id}: ended")
    return WELL


def _read(path: Path) -> bytes:
    try:
        key = load_pem_public_key(path.read_bytes())
    except OSError as failure:
        raise CannotRun(f"{path}: {failure.strerror}; name the file with the public key") from None
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise CannotRun(f"{path}: is no Ed25519 public key as PEM; `openssl pkey -pubout` writes one")
    return key.public_bytes_raw()
