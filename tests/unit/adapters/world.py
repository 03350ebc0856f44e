"""A court that signs, a clock that jumps and one railway edge: the real parts around it, nothing mocked."""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from adapters.bus.embedded import EmbeddedBus
from adapters.bus.port import Accepted, Answer, Bus, Delivery
from adapters.edge.card_use import CardUse
from adapters.edge.carried_log import CarriedLog
from adapters.edge.edge import Edge, Loop
from adapters.edge.settings import (
    EdgeKeys,
    EdgePorts,
    EdgeSettings,
    EdgeStage,
    LogAway,
    SnapshotDue,
    SnapshotGone,
    unmeasured,
)
from adapters.replica.values import FeedKey
from adapters.sqlite import SqliteDatabase
from schemas.digest import EntryHash, digest_hex, sum_of
from schemas.documents import DocumentKind, IdentityDocument, Sex
from schemas.envelope import Address, Opened, Posting, open_envelope, sign_envelope
from schemas.measures import AgencyKind, Measure
from schemas.messages import (
    MESSAGES,
    CloseLine,
    Confirmation,
    Discretion,
    DocumentRead,
    FeedHead,
    FeedPacket,
    Heartbeat,
    Message,
    NamedDetails,
    Place,
    Put,
    Remove,
    SightingKind,
    SightingReport,
    StandDown,
    StandDownReason,
    Tombstone,
)
from schemas.messages import Answer as CourtAnswer
from schemas.sealing import SealingKey, open_sealed, seal_for
from schemas.signing import SigningKey
from schemas.snapshots import SnapshotManifest, note_of
from schemas.tokens import EpochKeys, token_of
from tests.contract.bus.guarded import GuardedBus
from tests.unit.adapters.outside import Chance, Clock
from tests.unit.adapters.shelf import Snapshot, chunks_of, listed_entry

COURT = "京0199"
START = datetime(2026, 2, 26, 12, 41, tzinfo=UTC)  # 20:41 at the court
LAST_DAY = date(2026, 5, 24)
EPOCH = EpochKeys(epoch=1, token_key=b"t" * 32, digest_key=b"d" * 32)
WUCHANG = Place(name="武昌", city="武汉", detail="进站闸机")

TONG = IdentityDocument(kind=DocumentKind.RESIDENT_ID, number="990101197803150014")
CHENG = IdentityDocument(kind=DocumentKind.RESIDENT_ID, number="990102198507230029")
PASSER_BY = IdentityDocument(kind=DocumentKind.RESIDENT_ID, number="990103199001010038")
PHONE = "010-00000000"

REFERENCE = 7_101
LONGEST_PART = 100


@dataclass
class Court:
    """Numbers, signs and publishes as the court's feed writer does, by the rules of `schemas` alone."""

    bus: Bus
    clock: Clock
    agency: str = "rail"
    epoch: int = 1
    incarnation: int = 1
    key: SigningKey = field(default_factory=lambda: SigningKey.from_secret("court-1", b"c" * 32))
    sealing: SealingKey = field(default_factory=lambda: SealingKey(secret=b"s" * 32))
    agency_sealing: SealingKey = field(default_factory=lambda: SealingKey(secret=b"a" * 32))
    handed_out: tuple[EpochKeys, ...] = (EPOCH,)
    sequence: int = 0
    listed: dict[int, Put] = field(default_factory=dict)
    heard: list[Opened] = field(default_factory=list)
    log: list[tuple[int, bytes]] | None = None
    """What the adapter may fetch: the last sequence of each packet, and the packet; None: it is away."""
    forgotten: int = 0
    """The log does not hold the changes up to here any more."""
    snapshot: Snapshot | None = None
    parts_left: int | None = None
    """So many parts of a snapshot come through yet; None: all."""
    carried: CarriedLog | None = None
    """Set: the adapter can fetch nothing, and asks by message."""
    _posted: int = 0

    @property
    def head(self) -> FeedHead:
        hashing = EntryHash(EPOCH.digest_key, self.epoch, self.incarnation)
        digest = sum_of(hashing.of_each(listed_entry(put).pack() for put in self.listed.values()))
        return FeedHead(sequence=self.sequence, count=len(self.listed), digest=digest_hex(digest))

    def put(self, reference: int, *documents: IdentityDocument, **terms: object) -> Put:
        """Number a put; `terms` may set version, measure, valid_until, named."""
        self.sequence += 1
        given = {
            "sequence": self.sequence,
            "reference": reference,
            "version": 1,
            "measure": Measure.HOLD_FOR_SUMMONS,
            "valid_until": LAST_DAY,
            "tokens": tuple(token_of(document, EPOCH.token_key).hex() for document in documents),
        }
        put = Put.model_validate({**given, **terms})
        self.listed[reference] = put
        return put

    def remove(self, reference: int, *, version: int = 1) -> Remove:
        self.sequence += 1
        self.listed.pop(reference, None)
        return Remove(sequence=self.sequence, reference=reference, version=version)

    def packet(self, *changes: Put | Remove) -> FeedPacket:
        return FeedPacket(changes=changes, head=self.head)

    def keeps(self, *packets: FeedPacket) -> None:
        """The court's log has the packets, and can be asked."""
        self.log = [*(self.log or []), *((packet.head.sequence, self.sign(packet)) for packet in packets)]

    def takes_snapshot(self, head: FeedHead | None = None) -> None:
        """Of the list as it stands now, one entry in each chunk."""
        chunks = chunks_of(self.listed.values())
        manifest = SnapshotManifest(head=head or self.head, chunks=tuple(map(note_of, chunks)))
        self.snapshot = Snapshot(sequence=self.sequence, manifest=self.sign(manifest), file=b"".join(chunks))

    def forgets(self) -> None:
        """All packets up to the snapshot leave the log."""
        if self.snapshot is not None:
            self.forgotten = self.snapshot.sequence

    async def manifest(self, feed: FeedKey) -> bytes:
        if self.log is None or self.snapshot is None:
            raise LogAway("it cannot be reached")
        return self.snapshot.manifest

    async def snapshot_part(self, feed: FeedKey, sequence: int, begin: int, length: int) -> bytes:
        """Never more than the longest chunk of these tests, as over a bad line."""
        if self.log is None or self.parts_left == 0:
            raise LogAway("it cannot be reached")
        if self.snapshot is None or self.snapshot.sequence != sequence:
            raise SnapshotGone("it has another snapshot now")
        if self.parts_left is not None:
            self.parts_left -= 1
        return self.snapshot.file[begin : begin + min(length, LONGEST_PART)]

    async def packets_after(self, feed: FeedKey, sequence: int) -> Sequence[bytes] | SnapshotDue:
        if self.log is None:
            raise LogAway("it cannot be reached")
        assert feed == FeedKey(epoch=self.epoch, incarnation=self.incarnation)
        if sequence < self.forgotten:
            return SnapshotDue()
        return [raw for last, raw in self.log if last > sequence][:2]

    async def lists(self, reference: int, *documents: IdentityDocument, **terms: object) -> None:
        await self.send("feed", self.packet(self.put(reference, *documents, **terms)))

    async def unlists(self, reference: int, *, version: int = 1) -> None:
        await self.send("feed", self.packet(self.remove(reference, version=version)))

    async def beats(self, head: FeedHead | None = None, **more: int) -> None:
        await self.send("feed", Heartbeat.model_validate({"head": head or self.head, **more}))

    async def withdraws(self, reference: int, *, version: int = 1) -> None:
        """By the express lane only."""
        await self.send("express", Tombstone(reference=reference, version=version))

    async def closes_line(self, up_to_epoch: int = 1) -> None:
        await self.send("express", CloseLine(up_to_epoch=up_to_epoch))

    async def confirms(self, reference: int = REFERENCE, **terms: object) -> None:
        await self.send("orders", confirmation(reference, self.clock.at, **terms))

    async def stands_down(self, *, reason: StandDownReason = StandDownReason.PERFORMED) -> None:
        await self.send_raw("orders", self.sign_stand_down(reason))

    async def send(self, lane: str, message: Message) -> None:
        await self.send_raw(lane, self.sign(message))

    async def send_raw(self, lane: str, raw: bytes, *, sender: str = "court") -> None:
        self._posted += 1
        queue = f"{lane}.{self.agency}.1"
        await self.bus.publish(queue, raw, message_id=f"court-{self._posted}", sender=sender)

    def sign_confirmation(self) -> bytes:
        return self.sign(confirmation(REFERENCE, self.clock.at))

    def sign_stand_down(self, reason: StandDownReason = StandDownReason.PERFORMED) -> bytes:
        return self.sign(StandDown(reference=REFERENCE, version=1, reason=reason, release_now=True))

    def sign_heartbeat(self) -> bytes:
        return self.sign(Heartbeat(head=self.head))

    def sign(self, message: Message) -> bytes:
        self._posted += 1
        address = Address(
            court=COURT,
            agency=self.agency,
            instance="1",
            epoch=self.epoch,
            incarnation=self.incarnation,
        )
        posting = Posting(id=f"court-{self._posted}", at=self.clock.at, address=address)
        return sign_envelope(message, posting, self.key)

    def seal_details(self, reference: int, details: NamedDetails) -> str:
        sealed = seal_for(
            self.agency_sealing.public,
            details.model_dump_json().encode(),
            ephemeral=b"e" * 32,
            context=f"named:{reference}:1",
        )
        return base64.b64encode(sealed).decode()

    async def hear(self, delivery: Delivery) -> Answer:
        """Verify what the edge says with the edge's own public key."""
        keys = {AGENCY_KEY.key_id: AGENCY_KEY.verifying}
        opened = open_envelope(delivery.body, keys, court=COURT, agency=self.agency)
        assert isinstance(opened, Opened)
        assert delivery.sender == f"agency.{self.agency}"
        self.heard.append(opened)
        return Accepted()

    def reports(self) -> list[Message]:
        """All that the edge has said, as bodies, in order."""
        return [MESSAGES[opened.type].model_validate_json(opened.body) for opened in self.heard]

    def heard_of(self, kind: type[Message]) -> list[Message]:
        return [report for report in self.reports() if isinstance(report, kind)]

    def read_document(self, report: Message) -> DocumentRead:
        assert isinstance(report, SightingReport)
        sealed = base64.b64decode(report.document)
        context = f"sighting:{report.event_id}"
        return DocumentRead.model_validate_json(open_sealed(self.sealing, sealed, context=context))


AGENCY_KEY = SigningKey.from_secret("rail-1", b"r" * 32)


def confirmation(reference: int, at: datetime, **terms: object) -> Confirmation:
    given = {
        "reference": reference,
        "version": 1,
        "answer": CourtAnswer.STILL_WANTED,
        "act_point": "北京西站台",
        "act_at": at + timedelta(hours=10),
        "discretion": Discretion.REPORT_ONLY_UNTIL,
        "report_only_until": "北京西",
        "who_comes": "沈法官",
        "phone_24h": PHONE,
        "hold_for_s": 7_200,
        "valid_until": at + timedelta(hours=12),
    }
    return Confirmation.model_validate({**given, **terms})


@dataclass
class World:
    """One edge between a court and its clock; `restart` closes it and opens it on the same folder."""

    folder: Path
    clock: Clock
    bus: EmbeddedBus
    cable: GuardedBus
    bus_database: SqliteDatabase
    court: Court
    edge: Edge
    lives: int = 1
    timed: Callable[[EdgeStage, float], None] = unmeasured

    @classmethod
    async def start(cls, folder: Path) -> "World":
        clock = Clock(START)
        bus_database = await SqliteDatabase.open(folder / "bus.sqlite")
        bus = EmbeddedBus(bus_database, clock.now)
        cable = GuardedBus(bus)
        court = Court(bus, clock)
        bus.subscribe("from.rail", court.hear)
        edge = await open_edge(folder, court, cable, life=1)
        return cls(folder, clock, bus, cable, bus_database, court, edge)

    async def restart(self) -> None:
        await self.edge.close()
        await self.reopen()

    async def reopen(self) -> None:
        """The edge on its folder again, after it was closed, with the keys that the court hands out."""
        self.lives += 1
        # The elapsed clock does not survive a process.
        self.clock.elapsed_s = 0.0
        self.edge = await open_edge(self.folder, self.court, self.cable, life=self.lives, timed=self.timed)

    async def stop(self) -> None:
        await self.edge.close()
        await self.bus_database.close()

    @property
    def waiting_loops(self) -> tuple[Loop, ...]:
        """Those that work when there is something to do, and not by the clock alone."""
        return tuple(loop for loop in self.edge.loops if not getattr(loop, "is_periodic", False))

    async def settle(self) -> None:
        """Let bus and edge work until nothing is left to do."""
        steps = (self.bus.step, *(loop.step for loop in self.edge.loops))
        idle = 0
        while idle < len(steps):
            for step in steps:
                idle = 0 if await step() else idle + 1

    async def beat(self) -> None:
        await self.court.beats()
        await self.settle()

    async def jump(self, **duration: float) -> None:
        """Everything settled, the clock moved, and a heartbeat right after."""
        await self.settle()
        self.clock.jump(**duration)
        await self.beat()

    async def dead(self) -> Sequence[str]:
        """Reasons of the dead letters, up to their remedy."""
        return [letter.reason.partition(":")[0] for letter in await self.bus.dead_letters()]


async def open_edge(
    folder: Path,
    court: Court,
    bus: Bus,
    *,
    life: int,
    timed: Callable[[EdgeStage, float], None] = unmeasured,
) -> Edge:
    clock = court.clock
    return await Edge.open(
        EdgeSettings(
            court=COURT,
            agency="rail",
            kind=AgencyKind.RAIL,
            instance="1",
            data=folder / "rail",
            phone_24h=PHONE,
        ),
        EdgeKeys(
            signing=AGENCY_KEY,
            sealing=court.agency_sealing,
            court_verifying={court.key.key_id: court.key.verifying},
            court_sealing_public=court.sealing.public,
            epochs=court.handed_out,
        ),
        bus,
        EdgePorts(
            now=clock.now,
            elapsed=clock.elapsed,
            entropy=Chance(f"life-{life}"),
            log=court.carried or court,
            timed=timed,
        ),
    )


def card_use(document: IdentityDocument, event_id: str = "rail-1", **more: Any) -> CardUse:
    use = CardUse(
        event_id=event_id,
        kind=SightingKind.GATE_PASSED,
        occurred_at=START,
        place=WUCHANG,
        document_kind=document.kind,
        number=document.number,
        name="佟某",
        sex=Sex.MALE,
        birth_date=date(1978, 3, 15),
    )
    return replace(use, **more)
