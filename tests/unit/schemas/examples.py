"""One message of every type, as the model case has it, and the posting of the golden files."""

from datetime import UTC, date, datetime

from schemas.envelope import Address, Posting
from schemas.journeys import Stop
from schemas.measures import Measure
from schemas.messages import (
    Answer,
    CloseLine,
    Confirmation,
    Discretion,
    FeedHead,
    FeedPacket,
    GoneReference,
    HandOverReport,
    Heartbeat,
    HoldReport,
    Itinerary,
    JourneysKept,
    LineEmptied,
    ListWanted,
    Message,
    Place,
    Put,
    Receipt,
    ReleaseReason,
    ReleaseReport,
    Remove,
    SightingKind,
    SightingReport,
    StandDown,
    StandDownAnswer,
    StandDownReason,
    Tombstone,
)
from schemas.refused import RefusedLately
from schemas.snapshots import ChunkNote, SnapshotManifest, SnapshotPart

COURT, AGENCY = "yunhe", "rail"
ADDRESS = Address(court=COURT, agency=AGENCY, instance="rail-1", epoch=1, incarnation=2)
POSTING = Posting(
    id="019c9a5e-0000-7000-8000-000000000001",
    at=datetime(2026, 2, 25, 11, 42, 7, 250_000, tzinfo=UTC),
    address=ADDRESS,
    sequence=3,
)

REFERENCE = 4_611_686_018_427_387_905
HEAD = FeedHead(sequence=3, count=1, digest="0123456789abcdef" * 4)

PACKET = FeedPacket(
    changes=(
        Put(
            sequence=2,
            reference=REFERENCE,
            version=1,
            measure=Measure.HOLD_FOR_SUMMONS,
            valid_until=date(2026, 5, 24),
            tokens=("9e33ecb262ff3095357b27b6f751f08a", "3e606802a02a93c29df5217d42d6ae38"),
            named="c2VhbGVkIGZvciB0aGUgcmFpbHdheQ==",
        ),
        Remove(sequence=3, reference=17, version=4),
    ),
    head=HEAD,
)
MANIFEST = SnapshotManifest(head=HEAD, chunks=(ChunkNote(length=57, digest="89abcdef01234567" * 4),))
SNAPSHOT_PART = SnapshotPart(sequence=3, begin=57, data="c29tZSBieXRlcyBvZiBhIGxpc3Q=")
HEARTBEAT = Heartbeat(head=HEAD, audit_sequence=41, audit_head="fedcba9876543210" * 4)
PACED_HEARTBEAT = HEARTBEAT.model_copy(update={"canary_every_s": 300})
TOMBSTONE = Tombstone(reference=REFERENCE, version=1)
CLOSE_LINE = CloseLine(up_to_epoch=1)
LINE_EMPTIED = LineEmptied(up_to_epoch=1, at=datetime(2026, 2, 25, 11, 42, 8, tzinfo=UTC))
LIST_WANTED = ListWanted(after=3)
JOURNEYS_KEPT = JourneysKept(days=15, legal_basis="铁路法第七十条", assessment="评估2026-3")
CONFIRMATION = Confirmation(
    reference=REFERENCE,
    version=1,
    answer=Answer.STILL_WANTED,
    act_point="北京西站台",
    act_at=datetime(2026, 2, 26, 22, 59, tzinfo=UTC),
    discretion=Discretion.REPORT_ONLY_UNTIL,
    report_only_until="北京西",
    who_comes="沈法官等4人",
    phone_24h="+86 100 0000 0010",
    hold_for_s=7200,
    valid_until=datetime(2026, 2, 26, 23, 29, tzinfo=UTC),
)
STAND_DOWN = StandDown(reference=REFERENCE, version=1, reason=StandDownReason.PERFORMED, release_now=True)
SIGHTING = SightingReport(
    event_id="rail-2026-000017",
    kind=SightingKind.TICKET_BOUGHT,
    occurred_at=datetime(2026, 2, 25, 11, 42, 7, tzinfo=UTC),
    place=Place(name="武昌", city="武汉", detail="售票窗口"),
    references=(REFERENCE,),
    document="c2VhbGVkIGZvciB0aGUgY291cnQ=",
    itinerary=Itinerary(
        service="Z38",
        origin="武昌",
        destination="北京西",
        departs_at=datetime(2026, 2, 27, 13, 3, tzinfo=UTC),
        arrives_at=datetime(2026, 2, 27, 22, 59, tzinfo=UTC),
        coach="7",
        seat="12下",
    ),
)
FOLLOWED_SIGHTING = SIGHTING.model_copy(update={"correlation": "019c9a5e-0000-7000-8000-00000000000a"})
SIGHTING_WITH_STOPS = SIGHTING.model_copy(
    update={
        "itinerary": SIGHTING.itinerary
        and SIGHTING.itinerary.model_copy(
            update={"stops": (Stop(name="郑州", arrives_at=datetime(2026, 2, 27, 18, 4, tzinfo=UTC)),)}
        )
    }
)
RECEIPT = Receipt(head=HEAD, gone=(GoneReference(reference=17, version=4),))
RESTORED_RECEIPT = RECEIPT.model_copy(update={"withdrawn": (GoneReference(reference=23, version=2),)})
RECEIPT_ON_THE_WAY = RECEIPT.model_copy(update={"percent": 43})
RECEIPT_AFTER_FORGERIES = RECEIPT.model_copy(
    update={
        "refused": (RefusedLately(kind="forged", times=3, last_at=datetime(2026, 2, 26, 12, 38, tzinfo=UTC)),)
    }
)
HOLD = HoldReport(
    reference=REFERENCE,
    held_at=datetime(2026, 2, 26, 23, 4, tzinfo=UTC),
    release_at=datetime(2026, 2, 27, 1, 4, tzinfo=UTC),
    place="北京西站台",
    unit="北京西站派出所",
)
HAND_OVER = HandOverReport(
    reference=REFERENCE,
    at=datetime(2026, 2, 26, 23, 9, tzinfo=UTC),
    to="云河区人民法院",
    three_point_check=True,
)
RELEASE = ReleaseReport(
    reference=REFERENCE,
    at=datetime(2026, 2, 27, 1, 4, tzinfo=UTC),
    reason=ReleaseReason.HOLD_ENDED,
)
STAND_DOWN_ANSWER = StandDownAnswer(
    reference=REFERENCE, at=datetime(2026, 2, 26, 15, 41, tzinfo=UTC), holding=False
)
STAND_DOWN_ANSWER_TO_AN_ORDER = STAND_DOWN_ANSWER.model_copy(
    update={"order": "019c9a5e-0000-7000-8000-000000000002"}
)

EXAMPLES: dict[str, Message] = {
    "court.feed.packet.v1": PACKET,
    "court.feed.heartbeat.v1": HEARTBEAT,
    "court.feed.heartbeat.v1+canary_every_s": PACED_HEARTBEAT,
    "court.feed.snapshot.v1": MANIFEST,
    "court.feed.snapshot-part.v1": SNAPSHOT_PART,
    "court.express.tombstone.v1": TOMBSTONE,
    "court.order.confirmation.v1": CONFIRMATION,
    "court.order.stand-down.v1": STAND_DOWN,
    "agency.sighting.v1": SIGHTING,
    "agency.sighting.v1+correlation": FOLLOWED_SIGHTING,
    "agency.sighting.v1+stops": SIGHTING_WITH_STOPS,
    "agency.receipt.v1": RECEIPT,
    "agency.receipt.v1+withdrawn": RESTORED_RECEIPT,
    "agency.receipt.v1+percent": RECEIPT_ON_THE_WAY,
    "agency.receipt.v1+refused": RECEIPT_AFTER_FORGERIES,
    "agency.hold.v1": HOLD,
    "agency.hand-over.v1": HAND_OVER,
    "agency.release.v1": RELEASE,
    "agency.stand-down-answer.v1": STAND_DOWN_ANSWER,
    "agency.stand-down-answer.v1+order": STAND_DOWN_ANSWER_TO_AN_ORDER,
    "court.express.close-line.v1": CLOSE_LINE,
    "agency.line-emptied.v1": LINE_EMPTIED,
    "agency.list-wanted.v1": LIST_WANTED,
    "agency.journeys-kept.v1": JOURNEYS_KEPT,
}
"""By the name of the golden file: type, version, and after a plus the field that was added since. A file that
was once released is never written again.
"""
