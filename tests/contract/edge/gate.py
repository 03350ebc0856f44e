"""A court that lets adapters in, with its edge listener on a free port, and the folders of its agencies."""

import os
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from adapters.identity import Identity, OwnKeys, Wanted, make_own_keys, store_credential, write_enrolment
from adapters.machine import SystemClock
from adapters.sqlite import SqliteDatabase
from schemas.enrolment import Credential, Enrolment
from schemas.settings import Address
from scripts import cast
from scripts.engines.production import BROKER_SECRET
from scripts.partners import INSTANCE, PARTNERS
from tests.contract.storage.books import KEYS, move_in
from tracker.domain.ids import CourtId
from tracker.domain.keys import AdmissionKeys
from tracker.domain.people import system_actor
from tracker.entropy import SystemEntropy
from tracker.migrations.upgrade import upgrade_sqlite
from tracker.services.agencies.certificates import Authority, authority_of
from tracker.services.agencies.enrolment import Enrolling, enrol_instance
from tracker.services.feeds.snapshots import Shelf
from tracker.storage import agencies
from tracker.storage.audit import list_events_about
from tracker.storage.registry import Registry
from tracker.web.edge.listener import edge_listener, edge_ssl_context, make_edge_app

COURT_ID = CourtId(cast.COURT.court_id)
ADMISSION = AdmissionKeys(authority=b"A" * 32, broker=BROKER_SECRET)
NAMES = ("127.0.0.1", "localhost")
COURT_FILE = "court.sqlite"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What a test works on. The certificates are real, and so is the time in them."""

    registry: Registry
    authority: Authority
    port: int
    shelf: Shelf

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    async def admits(self, asked: Enrolment, *, replaces_sealing: bool = False) -> Credential:
        what = Enrolling(enrolment=asked, replaces_sealing=replaces_sealing)
        async with self.registry.transaction() as tx:
            return await enrol_instance(tx, system_actor(COURT_ID), ADMISSION, what)

    async def enrols(self, folder: Path, agency: str = "rail", instance: str = "one") -> Identity:
        """The whole way: keys and enrolment at the agency, credential from the court, stored."""
        credential = await self.admits(presents_itself(folder, agency, instance))
        return store_credential(folder, credential.model_dump_json())

    async def audited(self, about: str = "rail.one") -> list[str]:
        """What was recorded about an instance, oldest first."""
        async with self.registry.reading() as tx:
            return [event.action for event in await list_events_about(tx, about)]


def own_keys(folder: Path, agency: str = "rail", instance: str = "one", *, renews: bool = False) -> OwnKeys:
    return make_own_keys(folder, Wanted(agency=agency, instance=instance, renews=renews), os.urandom)


def presents_itself(folder: Path, agency: str = "rail", instance: str = "one") -> Enrolment:
    path = write_enrolment(folder, own_keys(folder, agency, instance))
    return Enrolment.model_validate_json(path.read_bytes())


async def move_in_without_adapters(folder: Path) -> None:
    """A court whose people and agencies have moved in, and no adapter yet; closed."""
    await upgrade_sqlite(folder / COURT_FILE)
    async with _registry_in(folder) as registry:
        await move_in(registry)
        async with registry.transaction() as tx:
            for partner in PARTNERS:
                await agencies.remove_instance(tx, partner.agency_id, INSTANCE)


@asynccontextmanager
async def open_gate(folder: Path) -> AsyncIterator[Gate]:
    """The court of a folder, letting adapters in."""
    authority = authority_of(ADMISSION.authority, COURT_ID)
    shelf = Shelf(folder / "snapshots")
    async with _registry_in(folder) as registry:
        app = make_edge_app(registry, COURT_ID, shelf)
        async with edge_listener(app, Address("127.0.0.1", 0), listening(authority)) as port:
            yield Gate(registry=registry, authority=authority, port=port, shelf=shelf)


@asynccontextmanager
async def _registry_in(folder: Path) -> AsyncIterator[Registry]:
    database = await SqliteDatabase.open(folder / COURT_FILE)
    yield Registry(database=database, keys=KEYS, entropy=SystemEntropy(), now=SystemClock().now)
    await database.close()


def listening(authority: Authority) -> ssl.SSLContext:
    return edge_ssl_context(authority, NAMES, at=SystemClock().now(), random_bytes=os.urandom)
