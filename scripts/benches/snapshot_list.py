"""A list of any length in the books of a court, as the feed writer leaves it: one document to a reference.

Written past the services, by COPY: ten million registrations would take days.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

import asyncpg
import sqlalchemy as sa
from sqlalchemy import make_url

from adapters.identity import Wanted, make_own_keys, store_credential, write_enrolment
from adapters.machine import SystemClock
from schemas.digest import DIGEST_MODULUS, EMPTY_DIGEST, EntryHash, digest_hex, sum_of
from schemas.enrolment import Enrolment
from schemas.listed import ListedEntry
from schemas.measures import Measure, code_of
from schemas.tokens import TOKEN_BYTES
from scripts import cast
from scripts.engines.postgresql import PostgresServer
from scripts.engines.production import PostgresCourts
from scripts.partners import INSTANCE, PARTNERS, load_or_make_agency_keys, register_partner
from tracker.domain.court_time import court_day
from tracker.domain.ids import CourtId
from tracker.domain.people import system_actor
from tracker.entropy import SystemEntropy
from tracker.key_files import load_or_make_admission_keys, load_or_make_keys
from tracker.services.agencies.enrolment import Enrolling, enrol_instance
from tracker.storage import feeds
from tracker.storage.feed_records import seal_entry
from tracker.storage.feeds import Feed
from tracker.storage.registry import Registry
from tracker.storage.tables import feeds as t
from tracker.storage.transaction import Tx

COURT_ID: Final = CourtId(cast.COURT.court_id)
TOKENS_ONLY: Final = PARTNERS[2]
ROWS_AT_ONCE: Final = 20_000
LISTED_FOR_DAYS: Final = 180
MEASURE: Final = Measure.REPORT_WHEREABOUTS
COLUMNS: Final = ("feed_id", "reference", "version", "is_listed", "body")
KEY_FILE: Final = "court-keys.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """Where the court's books are, whose list it is, and the folder of the adapter that will fetch it."""

    data: Path
    database: str
    adapter: Path
    digest_key: bytes = field(repr=False)


async def write_list(server: PostgresServer, data: Path, entries: int) -> Listed:
    """A court with a list of so many entries, and an adapter enrolled with it."""
    courts, keys = PostgresCourts(server), load_or_make_keys(data / KEY_FILE, COURT_ID)
    database = await courts.open(data)
    clock = SystemClock()
    registry = Registry(database=database, keys=keys, entropy=SystemEntropy(), now=clock.now)
    adapter = data / "adapter"
    today = court_day(clock.now())
    async with registry.transaction() as tx:
        await cast.engage(tx, today, today, (today, today))
        own = load_or_make_agency_keys(data / "agency", TOKENS_ONLY.agency_id)
        await register_partner(tx, COURT_ID, TOKENS_ONLY, own)
        await _enrol(tx, data, adapter)
        feed = await feeds.get_feed(tx, TOKENS_ONLY.agency_id)
    url = make_url(courts.url(data)).set(drivername="postgresql").render_as_string(hide_password=False)
    digest = await _copy(registry, url, feed, entries)
    async with registry.transaction() as tx:
        await tx.run(
            sa.update(t.feed)
            .where(t.feed.c.id == feed.feed_id)
            .values(
                head_sequence=entries,
                entry_count=entries,
                digest=digest_hex(digest),
                published_up_to=entries,
            )
        )
    await database.close()
    return Listed(data=data, database=courts.url(data), adapter=adapter, digest_key=feed.keys.digest_key)


async def _enrol(tx: Tx, data: Path, adapter: Path) -> None:
    who = Wanted(agency=TOKENS_ONLY.agency_id, instance=INSTANCE, renews=False)
    path = write_enrolment(adapter, make_own_keys(adapter, who, os.urandom))
    asked = Enrolling(enrolment=Enrolment.model_validate_json(path.read_bytes()))
    admission = load_or_make_admission_keys(data / KEY_FILE)
    credential = await enrol_instance(tx, system_actor(COURT_ID), admission, asked)
    store_credential(adapter, credential.model_dump_json())


async def _copy(registry: Registry, url: str, feed: Feed, entries: int) -> int:
    """The digest of all that was written."""
    digest, hashing = EMPTY_DIGEST, EntryHash(feed.keys.digest_key, feed.keys.epoch, feed.incarnation)
    connection = await asyncpg.connect(url)
    try:
        for begin in range(0, entries, ROWS_AT_ONCE):
            count = min(ROWS_AT_ONCE, entries - begin)
            async with registry.reading() as tx:
                listed = list(_entries(tx, count))
                rows = [(feed.feed_id, one.reference, 1, True, seal_entry(tx, one)) for one in listed]
            digest = (digest + sum_of(hashing.of_each(one.pack() for one in listed))) % DIGEST_MODULUS
            await connection.copy_records_to_table("feed_record", records=rows, columns=COLUMNS)
        await connection.execute("ANALYZE feed_record")
    finally:
        await connection.close()
    return digest


def _entries(tx: Tx, count: int) -> Iterator[ListedEntry]:
    today = court_day(tx.at)
    for position in range(count):
        reference, token = tx.entropy.reference(), tx.entropy.random_bytes(TOKEN_BYTES)
        last_day = today + timedelta(days=position % LISTED_FOR_DAYS)
        yield ListedEntry(reference, 1, code_of(MEASURE), last_day.toordinal(), token)
