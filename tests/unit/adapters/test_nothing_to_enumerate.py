"""Whoever tries every number of the range against what leaves the court, or lies at an edge, finds nobody
without the keys; and the keys are nowhere on the disk.
"""

import hashlib
from collections.abc import Iterator
from datetime import date

from schemas.documents import DocumentKind, IdentityDocument, check_character
from schemas.tokens import TOKEN_BYTES, TOKEN_SUITE, token_of
from tests.unit.adapters.world import EPOCH, TONG, World, card_use

BORN = date(1978, 3, 15)
AREA = "990101"
HASHES = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "blake2b", "blake2s", "sm3")
BEGINNING = 8
AVAILABLE = [name for name in HASHES if name in hashlib.algorithms_available]


def range_of_numbers() -> Iterator[str]:
    """Everybody of the area who was born on that day."""
    for sequence in range(1000):
        first_17 = f"{AREA}{BORN:%Y%m%d}{sequence:03d}"
        yield first_17 + check_character(first_17)


def guesses(number: str) -> Iterator[bytes]:
    """What a list of plain hashes would hold for a number."""
    kind, state = DocumentKind.RESIDENT_ID.value, "CHN"
    canonical = f"{len(kind)}:{kind}{len(state)}:{state}{len(number)}:{number}"
    for text in (number, number[:-1], f"{kind}:{number}", f"{kind}:{state}:{number}", canonical):
        raw = text.encode()
        for name in AVAILABLE:
            yield hashlib.new(name, raw).digest()
        yield hashlib.blake2b(raw, digest_size=TOKEN_BYTES, person=TOKEN_SUITE).digest()
        yield hashlib.blake2b(raw, digest_size=TOKEN_BYTES).digest()


class Written:
    """What was found. The beginning of a hash is enough for whoever looks."""

    def __init__(self, found: bytes) -> None:
        self.found = found
        self._raw = {found[at : at + BEGINNING] for at in range(len(found))}
        self._spelled = {found[at : at + 2 * BEGINNING] for at in range(len(found))}

    def has(self, secret: bytes) -> bool:
        """Raw, or in hexadecimal."""
        beginning = secret[:BEGINNING]
        return beginning in self._raw or beginning.hex().encode() in self._spelled


async def everything_written(world: World) -> Written:
    """What went over the bus, the whole list as a file, and what lies at an edge that was at work and is
    closed.
    """
    await world.edge.screen(card_use(TONG))
    await world.settle()
    await world.edge.close()
    sent = [world.court.sign(world.court.packet(put)) for put in world.court.listed.values()]
    world.court.takes_snapshot()
    assert world.court.snapshot is not None
    sent += [world.court.snapshot.manifest, world.court.snapshot.file]
    files = [path.read_bytes() for path in sorted(world.folder.rglob("*")) if path.is_file()]
    await world.reopen()
    return Written(b"".join([*sent, *files]))


async def test_no_number_of_the_range_is_found(listed: World) -> None:
    written = await everything_written(listed)

    numbers = list(range_of_numbers())
    found = [number for number in numbers if any(written.has(guess) for guess in guesses(number))]

    assert TONG.number in numbers
    assert found == []
    assert not any(number.encode() in written.found for number in numbers)


async def test_whoever_has_the_key_finds_exactly_who_is_listed(listed: World) -> None:
    written = await everything_written(listed)

    tokens = {
        number: token_of(IdentityDocument(kind=DocumentKind.RESIDENT_ID, number=number), EPOCH.token_key)
        for number in range_of_numbers()
    }

    assert [number for number, token in tokens.items() if written.has(token)] == [TONG.number]


async def test_of_a_closed_line_even_whoever_has_the_key_finds_nobody(listed: World) -> None:
    await listed.edge.screen(card_use(TONG))
    await listed.court.closes_line()
    await listed.settle()
    files = [path for path in sorted((listed.folder / "rail").rglob("*")) if path.is_file()]
    written = Written(b"".join(path.read_bytes() for path in files))

    tokens = [
        token_of(IdentityDocument(kind=DocumentKind.RESIDENT_ID, number=number), EPOCH.token_key)
        for number in range_of_numbers()
    ]

    assert files != []
    assert not any(written.has(token) for token in tokens)


async def test_no_key_of_the_list_lies_on_the_disk(listed: World) -> None:
    written = await everything_written(listed)

    assert not written.has(EPOCH.token_key)
    assert not written.has(EPOCH.digest_key)
