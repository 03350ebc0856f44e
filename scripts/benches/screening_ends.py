"""The parts of the screening bench, each a process of its own: one fills a replica, one screens by it as an
adapter does, one as a screener beside its keeper, one does only what nobody can leave out.

Run as a program with the name of one, it reads what it is given as a line of JSON, and says what it did as a
line of JSON.
"""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import lmdb

from adapters.bus.embedded import EmbeddedBus
from adapters.edge.beside import Beside
from adapters.edge.edge import Edge
from adapters.edge.settings import EdgeKeys, EdgePorts, EdgeSettings, LogAway
from adapters.edge.sieve import Batch, Sifted
from adapters.machine import SystemClock
from adapters.replica import codec
from adapters.replica.replica import Replica
from adapters.replica.tags import Table
from adapters.replica.values import FeedKey
from adapters.screeners.screener import Screener
from adapters.screeners.word import ToldList, Word
from adapters.screening import FeedCondition
from adapters.sqlite import SqliteDatabase
from schemas.documents import DocumentKind, check_character
from schemas.envelope import Address, Posting, sign_envelope
from schemas.measures import AgencyKind
from schemas.messages import FeedHead, Heartbeat
from schemas.sealing import SealingKey
from schemas.signing import SigningKey
from schemas.tokens import TOKEN_BYTES, TOKEN_SUITE, EpochKeys, Tokens
from scripts.benches.made_up import entries_under, fill
from scripts.benches.memory import own_kib
from scripts.benches.processes import be_one_of, tell
from scripts.benches.timing import processor_seconds, seconds
from tracker.entropy import SystemEntropy

COURT: Final = "screening-court"
AGENCY: Final = "rail"
SIFTED_AT_ONCE: Final = 1_000
HELD_FOR: Final = 64
INSTANCE: Final = "one"
PHONE: Final = "010-00000000"
ONE_IN: Final = 10_000
"""Of so many uses one hits."""
HEAD: Final = b"11:resident-id3:CHN18:"
"""What stands before the number in a token's input."""
COURT_KEY: Final = SigningKey.from_secret("screening-court-1", bytes(range(32)))


def feeds_of(epochs: int) -> list[FeedKey]:
    return [FeedKey(epoch=1 + number, incarnation=1) for number in range(epochs)]


def keys_of(feed: FeedKey) -> EpochKeys:
    return EpochKeys(
        epoch=feed.epoch, token_key=bytes([feed.epoch]) * 32, digest_key=bytes([128 + feed.epoch]) * 32
    )


def _numbers(folder: Path) -> list[str]:
    return (folder / "numbers").read_text().split()


async def _fill(given: Mapping[str, Any]) -> None:
    """A replica that holds so many entries in all, every ten-thousandth number of the uses among them."""
    folder, feeds = Path(given["folder"]), feeds_of(given["epochs"])
    count = int(given["entries"]) // len(feeds)
    replica = Replica(folder / "edge" / "replica", {feed.epoch: keys_of(feed).digest_key for feed in feeds})
    for feed in feeds:
        keys = keys_of(feed)
        listed = map(Tokens(keys.token_key).of_resident, _numbers(folder)[::ONE_IN])
        state = await fill(replica, feed, keys.digest_key, entries_under(listed, count))
        await replica.record_proof(feed)
        (folder / f"head-{feed.epoch}").write_text(state.head().model_dump_json())
    # As the keeper does: a screener opens what was told.
    await replica.tell_generation()
    replica.close()
    tell()


async def _edge(given: Mapping[str, Any]) -> None:
    """An adapter from its start on: how soon it answers, and how many uses a second it sifts on one core."""
    folder, feeds = Path(given["folder"]), feeds_of(given["epochs"])
    numbers, clock = _numbers(folder), SystemClock()
    database = await SqliteDatabase.open(folder / "bus.sqlite")
    bus = EmbeddedBus(database, clock.now)
    began = seconds()
    edge = await _opened(folder / "edge", feeds, bus, clock)
    for feed in feeds:
        await _prove(bus, feed, folder)
    assert isinstance(edge.sift(_batch(numbers[:1])), Sifted)
    answered = seconds()
    sifting = processor_seconds()
    hits = 0
    for first in range(0, len(numbers), SIFTED_AT_ONCE):
        sifted = edge.sift(_batch(numbers[first : first + SIFTED_AT_ONCE]))
        assert isinstance(sifted, Sifted), sifted
        assert sifted.gap is None
        hits += len(sifted.to_screen)
    took = processor_seconds() - sifting
    await edge.close()
    await database.close()
    tell(
        first_answer_s=answered - began,
        since_birth_s=answered - given["born_at"],
        uses=len(numbers) / took,
        hits=hits,
        own_kib=own_kib(),
    )


async def _screener(given: Mapping[str, Any]) -> None:
    """A screener on the same files, which hears its keeper with each batch."""
    folder, clock = Path(given["folder"]), SystemClock()
    numbers, told = _numbers(folder), _told(folder, feeds_of(1))
    screener = Screener(clock.now, clock.elapsed)
    began, cost, hits = seconds(), processor_seconds(), 0
    for first in range(0, len(numbers), SIFTED_AT_ONCE):
        screener.hear(Word(said_s=clock.elapsed(), phone_24h=PHONE, told=told))
        sifted = screener.sift(_batch(numbers[first : first + SIFTED_AT_ONCE]))
        assert isinstance(sifted, Sifted), sifted
        assert sifted.gap is None
        hits += len(sifted.to_screen)
    took, cost = seconds() - began, processor_seconds() - cost
    screener.close()
    tell(uses=len(numbers) / cost, uses_by_the_clock=len(numbers) / took, hits=hits)


def _told(folder: Path, feeds: Sequence[FeedKey]) -> ToldList:
    """A list that is proven, by a court that is heard."""
    heads = {
        feed: FeedHead.model_validate_json((folder / f"head-{feed.epoch}").read_text()) for feed in feeds
    }
    beside = Beside(
        folder=folder / "edge" / "replica",
        epochs=tuple(map(keys_of, feeds)),
        silence_s=0.0,
        conditions=dict.fromkeys(feeds, FeedCondition.PROVEN),
        sequences={feed: head.sequence for feed, head in heads.items()},
    )
    return ToldList.of(beside, 1)


async def _opened(folder: Path, feeds: Sequence[FeedKey], bus: EmbeddedBus, clock: SystemClock) -> Edge:
    return await Edge.open(
        EdgeSettings(
            court=COURT,
            agency=AGENCY,
            kind=AgencyKind.RAIL,
            instance=INSTANCE,
            data=folder,
            phone_24h=PHONE,
        ),
        EdgeKeys(
            signing=SigningKey.from_secret("screening-rail-1", bytes(32)),
            sealing=SealingKey(secret=bytes(range(32))),
            court_verifying={COURT_KEY.key_id: COURT_KEY.verifying},
            court_sealing_public=SealingKey(secret=bytes(range(1, 33))).public,
            epochs=tuple(keys_of(feed) for feed in feeds),
        ),
        bus,
        EdgePorts(now=clock.now, elapsed=clock.elapsed, entropy=SystemEntropy(), log=_NoLog()),
    )


class _NoLog:
    """Nothing was missed, so nothing is fetched."""

    async def packets_after(self, feed: FeedKey, sequence: int) -> Sequence[bytes]:
        raise LogAway("the bench keeps no log")

    async def epochs(self) -> Sequence[EpochKeys]:
        raise LogAway("the bench hands out all keys at the start")

    async def manifest(self, feed: FeedKey) -> bytes:
        raise LogAway("the bench keeps no log")

    async def snapshot_part(self, feed: FeedKey, sequence: int, begin: int, length: int) -> bytes:
        raise LogAway("the bench keeps no log")


async def _prove(bus: EmbeddedBus, feed: FeedKey, folder: Path) -> None:
    """A heartbeat at the cursor's head, signed as the court signs it."""
    head = FeedHead.model_validate_json((folder / f"head-{feed.epoch}").read_text())
    address = Address(
        court=COURT, agency=AGENCY, instance="all", epoch=feed.epoch, incarnation=feed.incarnation
    )
    posting = Posting(
        id=f"beat-{feed.epoch}", at=SystemClock().now(), address=address, sequence=head.sequence
    )
    beat = Heartbeat(head=head, audit_sequence=0, audit_head=None)
    raw = sign_envelope(beat, posting, COURT_KEY)
    await bus.publish(f"feed.{AGENCY}.{INSTANCE}", raw, message_id=posting.id, sender="court")
    while await bus.step():
        continue


def _batch(numbers: Sequence[str]) -> Batch:
    return Batch(kind=DocumentKind.RESIDENT_ID, numbers=numbers)


async def _floor(given: Mapping[str, Any]) -> None:
    """The bare check digit, one keyed BLAKE2b and one look in a held transaction for each use."""
    folder, (feed,) = Path(given["folder"]), feeds_of(1)
    numbers, key, prefix = _numbers(folder), keys_of(feed).token_key, codec.feed_key(feed)
    lists = max((folder / "edge" / "replica").glob("lists*"))
    env = lmdb.open(str(lists), max_dbs=len(Table), readonly=True)
    tokens = env.open_db(Table.TOKENS.name.lower().encode(), create=False)
    began, hits = processor_seconds(), 0
    for first in range(0, len(numbers), HELD_FOR):
        with env.begin() as txn:
            for number in numbers[first : first + HELD_FOR]:
                assert check_character(number) == number[17]
                hashed = blake2b(HEAD + number.encode(), digest_size=TOKEN_BYTES, key=key, person=TOKEN_SUITE)
                hits += txn.get(prefix + hashed.digest(), db=tokens) is not None
    tell(uses=len(numbers) / (processor_seconds() - began), hits=hits)


if __name__ == "__main__":
    be_one_of({"fill": _fill, "edge": _edge, "screener": _screener, "floor": _floor})
