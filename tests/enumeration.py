"""Tries every number of a small range against what was written, as somebody would who has found it."""

import base64
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Final

from schemas.documents import DocumentKind, check_character
from schemas.tokens import TOKEN_BYTES, TOKEN_SUITE

_HASHES: Final = (
    *("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "blake2b", "blake2s", "sm3"),
)
AVAILABLE: Final = [name for name in _HASHES if name in hashlib.algorithms_available]
_BEGINNING: Final = 9
"""Bytes of a hash that are enough for whoever looks: 12 characters in base64."""
_SPELLINGS: Final[tuple[Callable[[bytes], bytes], ...]] = (
    bytes,
    lambda raw: raw.hex().encode(),
    lambda raw: raw.hex().upper().encode(),
    base64.b64encode,
    base64.urlsafe_b64encode,
)


def numbers_of(area: str, born: date) -> Iterator[str]:
    """Everybody of the area who was born on that day."""
    for sequence in range(1000):
        first_17 = f"{area}{born:%Y%m%d}{sequence:03d}"
        yield first_17 + check_character(first_17)


def plain_hashes(number: str) -> Iterator[bytes]:
    """What a list without a key would hold for a number."""
    kind, state = DocumentKind.RESIDENT_ID.value, "CHN"
    canonical = f"{len(kind)}:{kind}{len(state)}:{state}{len(number)}:{number}"
    for text in (number, number[:-1], f"{kind}:{number}", f"{kind}:{state}:{number}", canonical):
        raw = text.encode()
        for name in AVAILABLE:
            yield hashlib.new(name, raw).digest()
        yield hashlib.blake2b(raw, digest_size=TOKEN_BYTES, person=TOKEN_SUITE).digest()
        yield hashlib.blake2b(raw, digest_size=TOKEN_BYTES).digest()


def who_is_found(written: bytes, guesses: Mapping[str, Iterable[bytes]]) -> set[str]:
    """The numbers of which any guess stands in what was written: raw, in hexadecimal or in base64."""
    by_spelling = {
        spell(guess[:_BEGINNING]): number
        for number, theirs in guesses.items()
        for guess in theirs
        for spell in _SPELLINGS
    }
    found = set()
    for length in {len(spelled) for spelled in by_spelling}:
        for at in range(len(written) - length + 1):
            number = by_spelling.get(written[at : at + length])
            if number is not None:
                found.add(number)
    return found


def everything_under(folder: Path) -> bytes:
    """All files of a folder, one behind the other."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
