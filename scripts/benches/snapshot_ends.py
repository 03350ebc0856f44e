"""Both ends of a snapshot and its floor, each a process of its own, so that each has its own memory.

Run as a program with the name of one, it reads what it is given as a line of JSON, and says what it did as a
line of JSON. The court then serves until its input ends.
"""

import asyncio
import os
import resource
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import lmdb

from adapters.edge.download import Download
from adapters.identity import Identity, load_identity
from adapters.machine import SystemClock
from adapters.replica.replica import Replica
from adapters.replica.values import FeedKey, FeedState
from adapters.web.court_log import HttpCourtLog
from schemas.digest import digest_from_hex
from schemas.envelope import Opened, open_envelope, read_body
from schemas.settings import Address
from schemas.snapshots import SnapshotManifest, unpack_chunk
from scripts.benches.memory import own_kib
from scripts.benches.processes import be_one_of, tell
from scripts.benches.snapshot_list import COURT_ID, KEY_FILE, TOKENS_ONLY
from scripts.benches.timing import processor_seconds, seconds
from tracker.entropy import SystemEntropy
from tracker.key_files import load_or_make_admission_keys, load_or_make_keys
from tracker.loops.snapshots import SnapshotLoop
from tracker.services.agencies.certificates import authority_of
from tracker.services.feeds.snapshots import Generation, Shelf
from tracker.storage.engine.postgresql import PostgresDatabase
from tracker.storage.registry import Registry
from tracker.web.edge.listener import edge_listener, edge_ssl_context, make_edge_app

FEED: Final = FeedKey(epoch=1, incarnation=1)
PART_BYTES: Final = 4 * 2**20
BATCH: Final = 16_384
ENTRY_BYTES: Final = (16, 39)
TOKEN_BYTES: Final = (24, 8)
"""Key and value of both tables, as a replica of tokens has them."""
MAP_SIZE: Final = 64 * 2**30


async def _court(given: Mapping[str, Any]) -> None:
    data = Path(given["data"])
    keys = load_or_make_keys(data / KEY_FILE, COURT_ID)
    database, clock = await PostgresDatabase.open(given["database"]), SystemClock()
    registry = Registry(database=database, keys=keys, entropy=SystemEntropy(), now=clock.now)
    shelf = Shelf(data / "snapshots")
    generation = Generation(agency_id=TOKENS_ONLY.agency_id, epoch=FEED.epoch, incarnation=FEED.incarnation)
    shelf.wanted.add(generation)
    began, cost = seconds(), processor_seconds()
    await SnapshotLoop(registry, shelf, COURT_ID).step()
    took, cost = seconds() - began, processor_seconds() - cost
    made = shelf.newest(generation)
    assert made is not None, "no snapshot was made"
    admission = load_or_make_admission_keys(data / KEY_FILE)
    context = edge_ssl_context(
        authority_of(admission.authority, COURT_ID), ["127.0.0.1"], at=clock.now(), random_bytes=os.urandom
    )
    app = make_edge_app(registry, COURT_ID, shelf)
    async with edge_listener(app, Address("127.0.0.1", 0), context) as port:
        length = made.entries.stat().st_size + len(made.manifest())
        tell(build_s=took, processor_s=cost, bytes=length, peak_kib=_peak_kib(), port=port)
        await asyncio.to_thread(sys.stdin.read)
    await database.close()


async def _edge(given: Mapping[str, Any]) -> None:
    folder = Path(given["adapter"])
    identity = load_identity(folder)
    log = HttpCourtLog(f"https://127.0.0.1:{given['port']}", identity)
    replica = Replica(folder / "replica", {FEED.epoch: bytes.fromhex(given["digest_key"])})
    began, cost = seconds(), processor_seconds()
    download, state = await _begin(log, identity, folder)
    while not download.is_complete:
        length = download.length_of_next(PART_BYTES)
        download.keep(await log.snapshot_part(FEED, state.sequence, download.begins_at, length))
    fetched = seconds()
    peak_kib = await _load(replica, download, state)
    loaded, cost = seconds(), processor_seconds() - cost
    replica.close()
    tell(fetch_s=fetched - began, load_s=loaded - fetched, processor_s=cost, peak_kib=peak_kib)


async def _begin(log: HttpCourtLog, identity: Identity, folder: Path) -> tuple[Download, FeedState]:
    raw = await log.manifest(FEED)
    keys = {key.key_id: key.verifying for key in identity.credential.court_verifying}
    opened = open_envelope(raw, keys, court=COURT_ID, agency=TOKENS_ONLY.agency_id)
    assert isinstance(opened, Opened), opened
    manifest = read_body(opened, SnapshotManifest)
    assert isinstance(manifest, SnapshotManifest), manifest
    head = manifest.head
    state = FeedState(sequence=head.sequence, count=head.count, digest=digest_from_hex(head.digest))
    return Download.begun(folder / "replica" / "snapshot", manifest, raw), state


async def _load(replica: Replica, download: Download, state: FeedState) -> int:
    """The most memory that it took on its way, in KiB."""
    loading = replica.loading(FEED)
    peak_kib = 0
    for number in range(len(download.manifest.chunks)):
        loading.add(unpack_chunk(download.chunk(number)))
        peak_kib = max(peak_kib, own_kib())
    for _ in loading.finish(state):
        peak_kib = max(peak_kib, own_kib())
    assert await replica.take_over(loading.loaded(state), is_doubted=False)
    return max(peak_kib, own_kib())


async def _floor(given: Mapping[str, Any]) -> None:
    """As many entries with their tokens, made up in order and appended: what LMDB alone takes."""
    entries = int(given["entries"])
    env = lmdb.open(given["folder"], map_size=MAP_SIZE, max_dbs=2, sync=False)
    began, cost = seconds(), processor_seconds()
    for name, (key_bytes, value_bytes) in ((b"entries", ENTRY_BYTES), (b"tokens", TOKEN_BYTES)):
        table, value = env.open_db(name), bytes(value_bytes)
        for begin in range(0, entries, BATCH):
            rows = [
                (number.to_bytes(key_bytes, "big"), value)
                for number in range(begin, min(begin + BATCH, entries))
            ]
            with env.begin(write=True) as txn, txn.cursor(table) as cursor:
                cursor.putmulti(rows, append=True)
    env.sync(True)
    tell(build_s=seconds() - began, processor_s=processor_seconds() - cost)
    env.close()


def _peak_kib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    be_one_of({"court": _court, "edge": _edge, "floor": _floor})
