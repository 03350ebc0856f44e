"""Replicas with lists of any length, made up in the order of their references: one document under each."""

import os
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Final

from adapters.machine import SystemClock
from adapters.replica.replica import Replica
from adapters.replica.values import FeedKey, FeedState
from schemas.digest import DIGEST_MODULUS, EMPTY_DIGEST, EntryHash, sum_of
from schemas.listed import ListedEntry, cut
from schemas.measures import Measure, code_of
from schemas.snapshots import ENTRIES_IN_CHUNK
from schemas.tokens import TOKEN_BYTES

LARGEST_REFERENCE: Final = 2**63
LISTED_FOR: Final = timedelta(days=90)


def entries_under(tokens: Iterator[bytes], count: int) -> Iterator[bytes]:
    """So many packed entries; once the tokens are used up, of nobody."""
    step, code = LARGEST_REFERENCE // (count + 1), code_of(Measure.REPORT_WHEREABOUTS)
    last_day, nobodys = (SystemClock().now() + LISTED_FOR).toordinal(), _tokens_of_nobody()
    for position in range(count):
        token = next(tokens, None) or next(nobodys)
        yield ListedEntry(1 + position * step, 1, code, last_day, token).pack()


def _tokens_of_nobody() -> Iterator[bytes]:
    while True:
        yield from cut(os.urandom(TOKEN_BYTES * ENTRIES_IN_CHUNK), TOKEN_BYTES)


async def fill(replica: Replica, feed: FeedKey, digest_key: bytes, entries: Iterator[bytes]) -> FeedState:
    """Put the list of a feed into a replica, as a snapshot would; where it stands then."""
    loading, hashing = replica.loading(feed), EntryHash(digest_key, feed.epoch, feed.incarnation)
    digest, count = EMPTY_DIGEST, 0
    while some := list(islice(entries, ENTRIES_IN_CHUNK)):
        digest = (digest + sum_of(hashing.of_each(some))) % DIGEST_MODULUS
        count += len(some)
        loading.add(some)
    state = FeedState(sequence=count, count=count, digest=digest, signed_at=SystemClock().now())
    for _ in loading.finish(state):
        pass
    assert await replica.take_over(loading.loaded(state), is_doubted=False)
    return state
