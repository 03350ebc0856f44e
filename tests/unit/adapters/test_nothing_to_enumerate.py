"""Whoever tries every number of the range against what leaves the court, or lies at an edge, finds nobody
without the keys; and the keys are nowhere on the disk.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from typing import TypeAlias

import pytest

from adapters.edge.card_use import Hit
from adapters.edge.settings import Keeping
from adapters.late.kept_uses import FILE
from adapters.late.seals import derived_key
from schemas.documents import DocumentKind, IdentityDocument
from schemas.messages import NamedDetails
from schemas.tokens import token_of
from tests.enumeration import everything_under, numbers_of, plain_hashes, who_is_found
from tests.unit.adapters.journeys import ticket
from tests.unit.adapters.world import EPOCH, PHONE, REFERENCE, TONG, World, card_use

Guesses: TypeAlias = Mapping[str, tuple[bytes, ...]]
NUMBERS = tuple(numbers_of("990101", date(1978, 3, 15)))
STRANGERS = (NUMBERS[500], NUMBERS[700])
KEPT_KEYS = {"names": (derived_key(EPOCH, b"names"),), "uses": (derived_key(EPOCH, b"uses"),)}
KEYS = {"token key": (EPOCH.token_key,), "digest key": (EPOCH.digest_key,)}


@cache
def without_a_key() -> Guesses:
    """What somebody could try who knows how lists are hashed."""
    return {number: tuple(plain_hashes(number)) for number in NUMBERS}


@cache
def with_the_key() -> Guesses:
    kind = DocumentKind.RESIDENT_ID
    return {
        number: (token_of(IdentityDocument(kind=kind, number=number), EPOCH.token_key),) for number in NUMBERS
    }


async def everything_written(world: World) -> bytes:
    """What went over the bus both ways, the whole list as a file, and all that lies at an edge: one that was
    at work, and one with a hit that waits in its spool.
    """
    court = world.court
    details = NamedDetails(
        name="佟大川",
        sex=None,
        birth_year=1978,
        masked_number="990***********0014",
        case_number="（2026）京0199执1357号",
        instructions="发现后先通报法院",
        phone_24h=PHONE,
    )
    await court.lists(REFERENCE, TONG, version=2, named=court.seal_details(REFERENCE, details))
    await world.edge.screen(card_use(TONG))
    await world.settle()
    court.takes_snapshot()
    assert court.snapshot is not None
    sent = [court.sign(court.packet(put)) for put in court.listed.values()]
    sent += [court.snapshot.manifest, court.snapshot.file, court.sign_confirmation()]
    sent += [opened.body for opened in court.heard]
    await world.restart()
    waiting = await world.edge.screen(card_use(TONG, "rail-2"))
    assert waiting == Hit(references=(REFERENCE,), is_proven=False)
    await world.edge.close()
    written = b"".join([*sent, everything_under(world.folder)])
    await world.reopen()
    return written


async def everything_kept(world: World) -> bytes:
    """All that lies at an edge whose agency keeps journeys: two strangers have bought a ticket."""
    world.keeping = Keeping(days=15, legal_basis="铁路法第七十条", assessment="评估2026-3")
    await world.restart()
    await world.beat()
    for number in STRANGERS:
        await world.edge.screen(ticket(replace(TONG, number=number), f"ticket-{number[-4:]}"))
    await world.edge.close()
    written = everything_under(world.folder)
    await world.reopen()
    return written


async def test_no_number_of_the_range_is_found(listed: World) -> None:
    written = await everything_written(listed)

    assert TONG.number in NUMBERS
    assert who_is_found(written, without_a_key()) == set()
    assert not any(number.encode() in written for number in NUMBERS)


async def test_whoever_has_the_key_finds_exactly_who_is_listed(listed: World) -> None:
    assert who_is_found(await everything_written(listed), with_the_key()) == {TONG.number}


@pytest.mark.parametrize(
    "spelled",
    [bytes, lambda raw: raw.hex().encode(), lambda raw: b'{"document":"' + raw.hex().encode() + b'"}'],
    ids=["raw", "in hexadecimal", "in a message"],
)
async def test_a_plain_hash_anywhere_at_the_edge_would_be_found(
    listed: World, spelled: Callable[[bytes], bytes]
) -> None:
    left = listed.folder / "rail" / "left-behind"
    left.write_bytes(b"\x00" + spelled(hashlib.sha256(TONG.number.encode()).digest()))

    assert who_is_found(everything_under(listed.folder), without_a_key()) == {TONG.number}


async def test_of_a_closed_line_even_whoever_has_the_key_finds_nobody(listed: World) -> None:
    await listed.edge.screen(card_use(TONG))
    await listed.court.closes_line()
    await listed.settle()
    written = everything_under(listed.folder / "rail")

    assert written != b""
    assert who_is_found(written, with_the_key()) == set()


async def test_no_key_of_the_list_lies_on_the_disk(listed: World) -> None:
    assert who_is_found(await everything_written(listed), KEYS) == set()


async def test_of_strangers_whose_journeys_are_kept_nobody_is_found_without_the_key(listed: World) -> None:
    written = await everything_kept(listed)

    assert who_is_found(written, without_a_key()) == set()
    assert not any(number.encode() in written for number in NUMBERS)
    assert who_is_found(written, KEYS | KEPT_KEYS) == set()
    assert "北京西".encode() not in written


async def test_whoever_has_the_key_finds_the_strangers_until_the_window_is_over(listed: World) -> None:
    kept = who_is_found(await everything_kept(listed), with_the_key())
    await listed.jump(days=1, hours=2)
    await listed.edge.close()
    left = who_is_found((listed.folder / "rail" / FILE).read_bytes(), with_the_key())
    await listed.reopen()

    assert kept == {TONG.number, *STRANGERS}
    assert left == set()
