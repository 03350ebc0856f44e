"""The keys of the list, sealed under an operator's passphrase, for a restart while the court is away.

What must not break: without the passphrase the file says nothing (scrypt, AES-256-GCM), it opens for the
instance it was made for only, and a wrong passphrase is told as such.
"""

import json
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from pydantic import ValidationError

from schemas.enrolment import KeyHandout

SEALED_KEYS: Final = "keys.sealed"
SUITE: Final = 1
"""Names how the key was made: the costs stand here and not in the file, which somebody might alter."""
COST: Final = 2**16
BLOCK_SIZE: Final = 8
PARALLEL: Final = 1
KEY_BYTES: Final = 32
SALT_BYTES: Final = 16
NONCE_BYTES: Final = 12
SHORTEST_PASSPHRASE: Final = 12


class CannotOpen(Exception):
    """The file does not open; the text says why."""


def seal_keys(handout: KeyHandout, passphrase: str, chance: bytes) -> str:
    """The text of the file. `chance`: 28 fresh random bytes, for salt and nonce."""
    salt, nonce = chance[:SALT_BYTES], chance[SALT_BYTES : SALT_BYTES + NONCE_BYTES]
    context = _context(handout.court, handout.agency, handout.instance)
    sealed = _cipher(passphrase, salt).encrypt(nonce, handout.model_dump_json().encode(), context)
    return json.dumps({"suite": SUITE, "salt": salt.hex(), "nonce": nonce.hex(), "sealed": sealed.hex()})


def open_keys(text: str, passphrase: str, *, court: str, agency: str, instance: str) -> KeyHandout:
    """What was sealed for this instance; raises CannotOpen. Takes a tenth of a second, on purpose."""
    try:
        stored = json.loads(text)
        if stored["suite"] != SUITE:
            raise CannotOpen("the file was made by another version: run `adapter keep-keys` again")
        salt, nonce, sealed = (bytes.fromhex(stored[name]) for name in ("salt", "nonce", "sealed"))
        plain = _cipher(passphrase, salt).decrypt(nonce, sealed, _context(court, agency, instance))
        return KeyHandout.model_validate_json(plain)
    except InvalidTag:
        raise CannotOpen("the passphrase does not open it, or it is another instance's") from None
    except (ValueError, KeyError, TypeError, ValidationError):
        raise CannotOpen("the file is damaged: run `adapter keep-keys` again") from None


def _cipher(passphrase: str, salt: bytes) -> AESGCM:
    derivation = Scrypt(salt=salt, length=KEY_BYTES, n=COST, r=BLOCK_SIZE, p=PARALLEL)
    return AESGCM(derivation.derive(passphrase.encode()))


def _context(court: str, agency: str, instance: str) -> bytes:
    return json.dumps([SUITE, court, agency, instance]).encode()
