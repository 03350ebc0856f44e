"""A court that signs and publishes as the real one does, by the rules of `schemas` alone."""

import base64
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count

from adapters.bus.port import Accepted, Answer, Bus, Delivery
from adapters.edge.carried_log import CarriedLog
from adapters.edge.settings import (
    LogAway,
    SnapshotDue,
    SnapshotGone,
)
from adapters.replica.values import FeedKey
from schemas.digest import EntryHash, digest_hex, sum_of
from schemas.documents import DocumentKind, IdentityDocument
from schemas.envelope import Address, Opened, Posting, open_envelope, sign_envelope
from schemas.measures import Measure
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
from tests.unit.adapters.outside import Clock
from tests.unit.adapters.shelf import Snapshot, chunks_of, listed_entry

COURT = "京0199"
START = datetime(2026, 2, 26, 12, 41, tzinfo=UTC)  # 20:41 at the court
LAST_DAY = date(2026, 5, 24)
EPOCH = EpochKeys(epoch=1, token_key=b"t" * 32, digest_key=b"d" * 32)
NEXT_EPOCH = EpochKeys(epoch=2, token_key=b"u" * 32, digest_key=b"e" * 32)
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
    keys: EpochKeys = EPOCH
    epoch: int = 1
    incarnation: int = 1
    in_force_from: int = 1
    beside: "Court | None" = None
    """The same court on the feed of the epoch that is to take this one's place."""
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
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def rolls(self, keys: EpochKeys = NEXT_EPOCH) -> "Court":
        """A new epoch beside this one, with nobody on its list yet."""
        self.handed_out = (keys, *self.handed_out)
        self.beside = replace(
            self,
            keys=keys,
            epoch=keys.epoch,
            incarnation=1,
            sequence=0,
            listed={},
            log=None if self.log is None else [],
            snapshot=None,
            forgotten=0,
        )
        return self.beside

    def ends(self) -> "Court":
        """The old epoch is over; the court on the feed of the new one."""
        assert self.beside is not None
        self.beside.in_force_from = self.beside.epoch
        self.beside.handed_out = (self.beside.keys,)
        return self.beside

    def feeds(self) -> "tuple[Court, ...]":
        """This court on each feed in force."""
        return (self,) if self.beside is None else (self, self.beside)

    def _of(self, feed: FeedKey) -> "Court":
        """An edge asks by the port it was opened with, also after the epoch of that time has ended."""
        if feed.epoch != self.epoch and self.beside is not None:
            return self.beside._of(feed)
        assert feed.epoch == self.epoch
        assert feed.incarnation <= self.incarnation
        return self

    @property
    def head(self) -> FeedHead:
        hashing = EntryHash(self.keys.digest_key, self.epoch, self.incarnation)
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
            "tokens": tuple(token_of(document, self.keys.token_key).hex() for document in documents),
        }
        put = Put.model_validate({**given, **terms})
        self.listed[reference] = put
        return put

    def remove(self, reference: int, *, version: int = 1) -> Remove:
        self.sequence += 1
        self.listed.pop(reference, None)
        return Remove(sequence=self.sequence, reference=reference, version=version)

    def packet(self, *changes: Put | Remove) -> FeedPacket:
        return FeedPacket(changes=changes, head=self.head, in_force_from=self.in_force_from)

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

    async def epochs(self) -> Sequence[EpochKeys]:
        if self.beside is not None and self.beside.in_force_from > self.epoch:
            return await self.beside.epochs()
        if self.log is None:
            raise LogAway("it cannot be reached")
        return self.handed_out

    async def manifest(self, feed: FeedKey) -> bytes:
        if self._of(feed) is not self:
            return await self._of(feed).manifest(feed)
        if self.log is None or self.snapshot is None:
            raise LogAway("it cannot be reached")
        return self.snapshot.manifest

    async def snapshot_part(self, feed: FeedKey, sequence: int, begin: int, length: int) -> bytes:
        """Never more than the longest chunk of these tests, as over a bad line."""
        if self._of(feed) is not self:
            return await self._of(feed).snapshot_part(feed, sequence, begin, length)
        if self.log is None or self.parts_left == 0:
            raise LogAway("it cannot be reached")
        if self.snapshot is None or self.snapshot.sequence != sequence:
            raise SnapshotGone("it has another snapshot now")
        if self.parts_left is not None:
            self.parts_left -= 1
        return self.snapshot.file[begin : begin + min(length, LONGEST_PART)]

    async def packets_after(self, feed: FeedKey, sequence: int) -> Sequence[bytes] | SnapshotDue:
        if self._of(feed) is not self:
            return await self._of(feed).packets_after(feed, sequence)
        if self.log is None:
            raise LogAway("it cannot be reached")
        if feed.incarnation < self.incarnation:
            return ()  # a former list goes on no more
        if sequence < self.forgotten:
            return SnapshotDue()
        return [raw for last, raw in self.log if last > sequence][:2]

    async def lists(self, reference: int, *documents: IdentityDocument, **terms: object) -> None:
        await self.send("feed", self.packet(self.put(reference, *documents, **terms)))

    async def unlists(self, reference: int, *, version: int = 1) -> None:
        await self.send("feed", self.packet(self.remove(reference, version=version)))

    async def beats(self, head: FeedHead | None = None, **more: int) -> None:
        """On every feed in force; `head`: what it says of the oldest."""
        said = {"head": head or self.head, "in_force_from": self.in_force_from, **more}
        await self.send("feed", Heartbeat.model_validate(said))
        if self.beside is not None:
            await self.beside.beats(None, **more)

    async def withdraws(self, reference: int, *also: int, version: int = 1) -> None:
        """By the express lane only."""
        await self.send("express", Tombstone(reference=reference, also=also, version=version))

    async def closes_line(self, up_to_epoch: int = 1) -> None:
        await self.send("express", CloseLine(up_to_epoch=up_to_epoch))

    async def confirms(self, reference: int = REFERENCE, **terms: object) -> None:
        await self.send("orders", confirmation(reference, self.clock.at, **terms))

    async def stands_down(self, *, reason: StandDownReason = StandDownReason.PERFORMED) -> str:
        """Returns the id of the order."""
        raw = self.sign_stand_down(reason)
        await self.send_raw("orders", raw)
        order_id: str = json.loads(raw)["id"]
        return order_id

    async def send(self, lane: str, message: Message) -> None:
        await self.send_raw(lane, self.sign(message))

    async def send_raw(self, lane: str, raw: bytes, *, sender: str = "court") -> None:
        queue = f"{lane}.{self.agency}.1"
        await self.bus.publish(queue, raw, message_id=f"court-{next(self._numbers)}", sender=sender)

    def sign_confirmation(self) -> bytes:
        return self.sign(confirmation(REFERENCE, self.clock.at))

    def sign_stand_down(self, reason: StandDownReason = StandDownReason.PERFORMED) -> bytes:
        return self.sign(StandDown(reference=REFERENCE, version=1, reason=reason, release_now=True))

    def sign_heartbeat(self) -> bytes:
        return self.sign(Heartbeat(head=self.head))

    def sign(self, message: Message) -> bytes:
        address = Address(
            court=COURT,
            agency=self.agency,
            instance="1",
            epoch=self.epoch,
            incarnation=self.incarnation,
        )
        posting = Posting(id=f"court-{next(self._numbers)}", at=self.clock.at, address=address)
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
