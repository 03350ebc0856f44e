"""The four partner agencies of the demonstration: who they are to the court, and their adapters' keys.

An agency keeps its own signing and sealing keys in its own folder; the keys of the list it gets from the
court at start, in memory only.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from adapters.bus.port import Bus
from adapters.edge.edge import Edge
from adapters.edge.settings import (
    CourtLog,
    EdgeKeys,
    EdgePorts,
    EdgeSettings,
    JourneyBook,
    Keeping,
    LogAway,
    SnapshotDue,
    SnapshotGone,
)
from adapters.replica.values import FeedKey
from schemas.canary import CANARY_EVERY_S
from schemas.measures import AgencyKind
from schemas.sealing import SealingKey
from schemas.signing import SigningKey
from schemas.tokens import EpochKeys
from tracker.court import Court
from tracker.domain.errors import NotFound
from tracker.domain.ids import AgencyId, CourtId
from tracker.services.feeds.catch_up import Wanted, packets_of
from tracker.services.feeds.snapshots import Generation, find_current
from tracker.services.founding import PlannedAgency, found_agency
from tracker.storage import agencies, feed_generations, people
from tracker.storage.agencies import Instance, Profile
from tracker.storage.feeds import find_generation
from tracker.storage.transaction import Tx

INSTANCE = "one"
KEY_BYTES = 32
OWNER_ONLY = 0o600
HOLD_FOR_S = 2 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """One agency as the court knows it."""

    kind: AgencyKind
    name: str
    name_en: str
    profile: Profile
    channel_basis: str

    @property
    def agency_id(self) -> AgencyId:
        return AgencyId(self.kind.value)


PARTNERS = (
    Partner(
        kind=AgencyKind.RAIL,
        name="铁路",
        name_en="Railway",
        profile=Profile.NAMED,
        channel_basis="协作协议（演示）第1号",
    ),
    Partner(
        kind=AgencyKind.POLICE,
        name="公安",
        name_en="Police",
        profile=Profile.NAMED,
        channel_basis="协作协议（演示）第2号",
    ),
    Partner(
        kind=AgencyKind.BORDER,
        name="边检",
        name_en="Border",
        profile=Profile.TOKENS,
        channel_basis="协作协议（演示）第3号",
    ),
    Partner(
        kind=AgencyKind.EXIT_ENTRY,
        name="出入境",
        name_en="Exit-entry",
        profile=Profile.TOKENS,
        channel_basis="协作协议（演示）第4号",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyKeys:
    """An agency's own secrets."""

    signing: SigningKey
    sealing: SealingKey


def load_or_make_agency_keys(folder: Path, agency_id: AgencyId) -> AgencyKeys:
    """The agency's keys from its folder; made there, for its owner only, at the first start."""
    path = folder / "agency-keys.json"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        secrets = {name: os.urandom(KEY_BYTES).hex() for name in ("signing", "sealing")}
        with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, OWNER_ONLY), "w") as file:
            json.dump(secrets, file)
    stored = json.loads(path.read_text())
    return AgencyKeys(
        signing=SigningKey.from_secret(f"{agency_id}-1", bytes.fromhex(stored["signing"])),
        sealing=SealingKey(secret=bytes.fromhex(stored["sealing"])),
    )


async def register_partner(
    tx: Tx, court_id: CourtId, partner: Partner, keys: AgencyKeys, canary_every_s: int = CANARY_EVERY_S
) -> None:
    """Make an agency known to the court, with one instance and the first generation of its feed."""
    planned = PlannedAgency(
        agency_id=partner.agency_id,
        kind=partner.kind,
        name=partner.name,
        name_en=partner.name_en,
        profile=partner.profile,
        hold_for_s=HOLD_FOR_S,
        channel_basis=partner.channel_basis,
        canary_every_s=canary_every_s,
    )
    await found_agency(tx, court_id, planned)
    await agencies.record_sealing_key(tx, partner.agency_id, keys.sealing.public)
    instance = Instance(
        agency_id=partner.agency_id,
        name=INSTANCE,
        verifying=keys.signing.verifying,
        heard_at=None,
    )
    await agencies.add_instance(tx, instance)


class BooksLog:
    """The court's log for an edge in the court's own process, straight from the books."""

    def __init__(self, court: Court, agency_id: AgencyId) -> None:
        self._registry = court.registry
        self._shelf = court.shelf
        self._agency_id = agency_id

    async def epochs(self) -> Sequence[EpochKeys]:
        async with self._registry.reading() as tx:
            return await feed_generations.list_epochs(tx, self._agency_id)

    async def packets_after(self, feed: FeedKey, sequence: int) -> Sequence[bytes] | SnapshotDue:
        wanted = Wanted(epoch=feed.epoch, incarnation=feed.incarnation, after=sequence)
        try:
            async with self._registry.reading() as tx:
                packets = await packets_of(tx, self._agency_id, wanted)
        except NotFound:
            raise LogAway("the court keeps no such feed") from None
        return packets if isinstance(packets, tuple) else SnapshotDue()

    async def manifest(self, feed: FeedKey) -> bytes:
        async with self._registry.reading() as tx:
            generation = await find_generation(tx, self._agency_id, feed.epoch, feed.incarnation)
            snapshot = await find_current(tx, self._shelf, generation)
        if snapshot is None:
            raise LogAway("it is making a snapshot of the list, and is asked again")
        return snapshot.manifest()

    async def snapshot_part(self, feed: FeedKey, sequence: int, begin: int, length: int) -> bytes:
        generation = Generation(agency_id=self._agency_id, epoch=feed.epoch, incarnation=feed.incarnation)
        snapshot = self._shelf.find(generation, sequence)
        if snapshot is None:
            raise SnapshotGone("it has another snapshot now, which is fetched instead")
        with snapshot.entries.open("rb") as file:
            file.seek(begin)
            return file.read(length)


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How an adapter here works. `log` None: it fetches from the books. `receipts_every`: 0 tells the court
    of each change at once, so that a clock that stands still keeps nothing back. `keys` None: those in its
    folder. `journeys`: the agency's own system, where its adapter may ask it; `keeping`: that it keeps
    journeys instead.
    """

    log: CourtLog | None = None
    receipts_every: timedelta = timedelta(0)
    instance: str = INSTANCE
    keys: AgencyKeys | None = None
    journeys: JourneyBook | None = None
    keeping: Keeping | None = None


async def open_edge(
    court: Court, bus: Bus, partner: Partner, folder: Path, habits: Habits | None = None
) -> Edge:
    """Start an agency's adapter; unless its line is closed, the court hands it the keys of the list."""
    habits = habits or Habits()
    own = habits.keys or load_or_make_agency_keys(folder, partner.agency_id)
    async with court.registry.reading() as tx:
        agency = await agencies.get_agency(tx, partner.agency_id)
        epochs = await feed_generations.list_epochs(tx, partner.agency_id)
        instance = await agencies.find_instance(tx, partner.agency_id, habits.instance)
        desk_phone = (await people.get_court(tx, court.court_id)).desk_phone
    is_let_in = instance is not None and instance.closed_at is None
    signing = court.registry.keys.signing.verifying
    keys = EdgeKeys(
        signing=own.signing,
        sealing=own.sealing,
        court_verifying={signing.key_id: signing},
        court_sealing_public=court.registry.keys.sealing.public,
        epochs=epochs if is_let_in else (),
    )
    settings = EdgeSettings(
        court=court.court_id,
        agency=partner.agency_id,
        kind=partner.kind,
        instance=habits.instance,
        data=folder,
        phone_24h=desk_phone,
        canary_every_s=agency.canary_every_s,
        receipts_every=habits.receipts_every,
        keeping=habits.keeping,
    )
    ports = EdgePorts(
        now=court.ports.now,
        elapsed=court.ports.elapsed,
        entropy=court.ports.entropy,
        log=habits.log or BooksLog(court, partner.agency_id),
        journeys=habits.journeys,
    )
    return await Edge.open(settings, keys, bus, ports)
