"""How a kept use is closed up: under a key that is made of the epoch's token key, and like that lives in
memory only. Pure; the nonce is an argument.

What must not break: without that key a row tells neither who nor where; a row opens in its own place only.
"""

from datetime import timedelta
from hashlib import blake2b
from typing import Final

from pydantic import TypeAdapter

from adapters.edge.card_use import CardUse
from adapters.late.journeys import counts_until
from adapters.store.kept import KeptRow
from schemas.documents import IdentityDocument
from schemas.sealing import KEY_BYTES, KeyRing
from schemas.tokens import EpochKeys, Tokens

SUITE: Final = b"dt-kept-suite-1"
NAME_BYTES: Final = 16
HOUR: Final = timedelta(hours=1)
_KEY_ID: Final = "kept"
_USES: Final = TypeAdapter(CardUse)


def hour_of(seconds: float) -> int:
    """Of seconds since 1970."""
    return int(seconds // HOUR.total_seconds())


class UseSeal:
    """Closes and opens the kept uses of one epoch."""

    def __init__(self, keys: EpochKeys) -> None:
        self.epoch = keys.epoch
        self._tokens = Tokens(keys.token_key)
        self._names = derived_key(keys, b"names")
        self._ring = KeyRing(_KEY_ID, {_KEY_ID: derived_key(keys, b"uses")})

    def row(self, use: CardUse, document: IdentityDocument, days: int, nonce: bytes) -> KeptRow:
        """`use` must have a journey; `nonce`: 12 random bytes."""
        until = counts_until(use, days)
        assert until is not None
        token = self._tokens.of(document)
        name = blake2b(use.event_id.encode(), digest_size=NAME_BYTES, key=self._names).digest()
        return KeptRow(
            epoch=self.epoch,
            token=token,
            name=name,
            ends_in_hour=hour_of(until.timestamp()),
            sealed=self._ring.seal(_USES.dump_json(use), row=_place(token, name), nonce=nonce),
        )

    def open(self, row: KeptRow) -> CardUse:
        """What was kept; raises UnsealFailed."""
        return _USES.validate_json(self._ring.unseal(row.sealed, row=_place(row.token, row.name)))


def derived_key(keys: EpochKeys, purpose: bytes) -> bytes:
    return blake2b(purpose, digest_size=KEY_BYTES, key=keys.token_key, person=SUITE).digest()


def _place(token: bytes, name: bytes) -> str:
    return f"kept:{token.hex()}:{name.hex()}"
