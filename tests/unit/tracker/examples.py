"""Entries, forms and journeys of invented people, ready to be changed in one point by a test."""

from datetime import UTC, date, datetime, timedelta

from schemas.documents import DocumentKind
from schemas.measures import Measure
from schemas.messages import Itinerary, Place, SightingKind
from scripts.desk import court_time
from tracker.domain.entries import Entry, EntryState, Paper
from tracker.domain.evidence import EvidenceKind
from tracker.domain.ids import AgencyId, CaseId, CourtId, EntryId, PaperId, PersonId, SubjectId
from tracker.domain.measures import FIRST_RULES, MeasureRule, PaperKind, rule_on
from tracker.domain.plans import Plan, Seen, plan_of
from tracker.domain.registration import DocumentForm, EntryForm, PaperForm

TODAY = date(2026, 2, 24)
NOON = datetime(2026, 2, 24, 4, 0, tzinfo=UTC)
NUMBER = "990000197903120136"
RAIL, POLICE = AgencyId("rail"), AgencyId("police")

WARRANT = Paper(
    paper_id=PaperId("paper-1"),
    kind=PaperKind.SUMMONS_WARRANT,
    number="（2026）京0199执1357号之三",
    issued_on=date(2026, 1, 12),
    signer="岳衡",
    valid_until=date(2026, 5, 20),
    revoked_at=None,
)

ENTRY = Entry(
    entry_id=EntryId("entry-1"),
    court_id=CourtId("yunhe"),
    case_id=CaseId("case-1"),
    subject_id=SubjectId("subject-1"),
    capacity="debtor",
    measure=Measure.HOLD_FOR_SUMMONS,
    state=EntryState.ACTIVE,
    valid_until=date(2026, 5, 20),
    release_amount_fen=8_640_000,
    agency_ids=(RAIL, POLICE),
    papers=(WARRANT,),
    registered_by=PersonId("person-he"),
    registered_at=NOON,
    approved_by=PersonId("person-gu"),
    approved_at=NOON,
    validate_by=NOON + timedelta(days=60),
    suspended_by=None,
    cause=None,
    stopped_at=None,
    version=2,
)

DOCUMENT = DocumentForm(
    kind=DocumentKind.RESIDENT_ID, number=NUMBER, evidence=(EvidenceKind.SIGNED_AT_HEARING,)
)


def paper(kind: PaperKind, valid_until: date | None = None) -> PaperForm:
    """A paper as it is entered."""
    return PaperForm(
        kind=kind,
        number="（2026）京0199执1357号",
        issued_on=date(2026, 1, 12),
        signer="岳衡",
        valid_until=valid_until,
    )


SUMMONS_PAPERS = (
    paper(PaperKind.SERVED_SUMMONS),
    paper(PaperKind.PROOF_OF_SERVICE),
    paper(PaperKind.SUMMONS_WARRANT),
)

FORM = EntryForm(
    case_number="（2026）京0199执1357号",
    subject_name="佟大川",
    capacity="debtor",
    documents=(DOCUMENT,),
    measure=Measure.HOLD_FOR_SUMMONS,
    papers=SUMMONS_PAPERS,
    agency_ids=(RAIL,),
    valid_until=date(2026, 5, 20),
    release_amount_fen=8_640_000,
)
"""Everything right: to hold for a summons, within its 90 days."""


def rule_for(measure: Measure) -> MeasureRule:
    """The rule a new installation starts with."""
    rule = rule_on(FIRST_RULES, measure, TODAY)
    assert rule is not None
    return rule


TONIGHT = Itinerary(
    service="Z38",
    origin="武昌",
    destination="北京西",
    departs_at=court_time(2, 26, 21, 3),
    arrives_at=court_time(2, 27, 6, 59),
    coach="5",
    seat="3上",
)
ONLINE = Place(name="12306", city="网络")
WUCHANG = Place(name="武昌", city="武汉", detail="进站闸机")
BEIJING_WEST = Place(name="北京西", city="北京", detail="出站闸机")
HOTEL = Place(name="如归旅店", city="北京")


def seen(kind: SightingKind, at: datetime, place: Place = ONLINE, itinerary: Itinerary | None = None) -> Seen:
    """A sighting, without the person."""
    return Seen(kind=kind, occurred_at=at, place=place, itinerary=itinerary)


BOUGHT_AT = court_time(2, 25, 19, 42)
ON_THE_TRAIN: Plan = plan_of(seen(SightingKind.TICKET_BOUGHT, BOUGHT_AT, itinerary=TONIGHT))
AT_THE_HOTEL: Plan = plan_of(seen(SightingKind.HOTEL_CHECK_IN, court_time(2, 26, 22, 10), HOTEL))
