"""One life of the whole system along the whole path: a person is listed, seen, met, seen again, pays.

Each act looks first whether it has happened: people do so on their pages. What comes from outside (card uses,
webhooks, replies, delivery reports) is simply sent again, as agencies and providers do after a crash.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any, TypeAlias

import sqlalchemy as sa

from adapters.edge.card_use import CardUse
from notifications.channels.port import ChannelKind
from notifications.delivery import AttemptState
from schemas.documents import DocumentKind, Sex
from schemas.measures import AgencyKind
from schemas.messages import SightingKind
from scripts import cast, system
from scripts.chance import ScriptedEntropy
from scripts.clocks import JumpingClock
from scripts.desk import ONLINE, court_time
from scripts.engines.port import Engines
from scripts.partners import PARTNERS
from scripts.stage import Registration
from scripts.story.props import SEAT_OF_B
from scripts.system import System, World
from tests.acceptance.court import BEGINS, REPLY_CODES, SHIFTS, CourtStage, still_wanted
from tests.faults.crossings import Crossings
from tests.faults.provider import channels_of, provider_of
from tracker.domain.alerts import Alert, AlertState, Outcome
from tracker.domain.entries import Cause, Entry, EntryState
from tracker.domain.ids import AgencyId
from tracker.services.answers.replies import receive_reply
from tracker.services.delivery.reports import Report, receive_report
from tracker.storage import alert_acts, alerts, entry_search
from tracker.storage.entry_search import EntrySearch
from tracker.storage.tables import cases as case_tables
from tracker.storage.tables import notices as notice_tables

Act: TypeAlias = Callable[[CourtStage], Awaitable[None]]

AGENCIES = (AgencyKind.RAIL, AgencyKind.POLICE)
"""Two are enough to differ; each further one makes every life longer and crosses no other arrow."""
B_IS_WANTED = Registration(
    case=cast.B_CASE,
    wanted=cast.B,
    release_fen=cast.B_DEBT_FEN,
    agencies=tuple(AgencyId(kind.value) for kind in AGENCIES),
)
TICKET = CardUse(
    event_id="ticket-1",
    kind=SightingKind.TICKET_BOUGHT,
    occurred_at=BEGINS,
    place=ONLINE,
    document_kind=DocumentKind.RESIDENT_ID,
    number=cast.B.number,
    name=cast.B.name,
    sex=Sex.MALE,
    birth_date=date(1985, 11, 5),
    itinerary=SEAT_OF_B.itinerary,
)
CHECK_IN: dict[str, Any] = {
    "event_id": "hotel-1",
    "kind": "hotel-check-in",
    "occurred_at": BEGINS.isoformat(),
    "place": {"name": "西直门如归旅店", "city": "北京"},
    "document": {
        "kind": "resident-id",
        "number": cast.B.number,
        "name": cast.B.name,
        "sex": "male",
        "birth_date": "1985-11-05",
    },
}
CALLED_AT = court_time(2, 25, 12, 1)
PAYMENT: dict[str, Any] = {
    "event": "payment.received",
    "case_number": cast.B_CASE,
    "receipt_number": "R-1",
    "amount_fen": cast.B_DEBT_FEN,
    "occurred_at": CALLED_AT.isoformat(),
}
ENDS = court_time(2, 25, 12, 4)
A_WHILE = timedelta(minutes=1)


class SurvivingClock(JumpingClock):
    """Time goes on from where a former life ended."""

    def __init__(self, file: Path) -> None:
        super().__init__(datetime.fromisoformat(file.read_text()) if file.exists() else BEGINS)
        self._file = file

    def move_to(self, at: datetime) -> None:
        super().move_to(at)
        self._file.write_text(at.isoformat())


class RemainingCodes(ScriptedEntropy):
    """The reply codes that former lives have not given out."""

    def gave(self, count: int) -> None:
        self._reply_codes = iter(REPLY_CODES[count:])


def open_edges_of(agencies: Collection[AgencyKind]) -> None:
    """Only these agencies have an edge in this process."""
    chosen = tuple(partner for partner in PARTNERS if partner.kind in agencies)
    vars(system)["PARTNERS"] = chosen


@asynccontextmanager
async def living(data: Path, crossings: Crossings, engines: Engines) -> AsyncIterator[CourtStage]:
    """The system in its folder, as it starts after whatever happened before."""
    clock, recorder, entropy = SurvivingClock(data / "clock"), provider_of(data), RemainingCodes()
    world = World(
        data=data,
        clock=clock,
        entropy=entropy,
        shifts=SHIFTS,
        recorder=recorder,
        channels=channels_of(recorder, crossings),
        engines=engines,
    )
    system = await System.open(world)
    stage = CourtStage(system, clock, recorder)
    try:
        await stage.line.open()
        async with stage.registry.reading() as tx:
            entropy.gave(len(await tx.rows(sa.select(notice_tables.reply_code.c.id))))
        yield stage
    finally:
        await stage.line.close()
        await system.close()


async def goes_on(stage: CourtStage, scenes: Sequence[Sequence[Act]]) -> None:
    """Finish what a former life has begun, then the acts that have not happened yet."""
    await stage.settles()
    for act in chain.from_iterable(scenes):
        await act(stage)
        await stage.settles()


async def the_case_is_opened(stage: CourtStage) -> None:
    async with stage.registry.reading() as tx:
        is_open = await tx.row(sa.select(case_tables.case.c.id))
    if is_open is None:
        await stage.opens_case(cast.B_CASE, amount_fen=cast.B_DEBT_FEN, debtor=cast.B.name)


async def the_entry_is_registered(stage: CourtStage) -> None:
    if await find_entry(stage) is None:
        await stage.registers(B_IS_WANTED)


async def the_entry_is_approved(stage: CourtStage) -> None:
    entry = await get_entry(stage)
    if entry.state is EntryState.SUBMITTED:
        await stage.approves(entry.entry_id, cast.B.number)


async def a_ticket_is_bought(stage: CourtStage) -> None:
    await stage.railway.edge.screen(TICKET)


async def the_provider_reports(stage: CourtStage) -> None:
    """The first SMS has reached its phone."""
    sms = next(one for one in stage.recorder.messages if one.kind is ChannelKind.SMS)
    report = Report(
        attempt_id=sms.message.attempt_id,
        provider_id=sms.provider_id,
        state=AttemptState.DELIVERED,
        code=None,
    )
    async with stage.registry.transaction() as tx:
        await receive_report(tx, report)


async def the_judge_takes_it(stage: CourtStage) -> None:
    await replies(stage, cast.JUDGE, "40718", "reply-1")


async def a_team_is_sent(stage: CourtStage) -> None:
    alert = (await list_alerts(stage))[0]
    async with stage.registry.reading() as tx:
        dispatch = await alert_acts.find_standing_dispatch(tx, alert.alert_id)
    if alert.state is AlertState.OPEN and dispatch is None:
        await stage.sends_judge_and_bailiff(alert, court_time(2, 27, 6, 10))


async def the_team_arrives(stage: CourtStage) -> None:
    alert = (await list_alerts(stage))[0]
    async with stage.registry.reading() as tx:
        dispatch = await alert_acts.find_standing_dispatch(tx, alert.alert_id)
    if dispatch is not None and dispatch.arrived_at is None:
        await stage.arrives(cast.JUDGE, alert)


async def the_agency_is_answered(stage: CourtStage) -> None:
    alert = (await list_alerts(stage))[0]
    async with stage.registry.reading() as tx:
        asked = await alert_acts.list_confirmations(tx, alert.alert_id)
    if all(one.answer is None for one in asked):
        await stage.confirms(cast.JUDGE, alert, still_wanted())


async def the_person_is_held(stage: CourtStage) -> None:
    alert = (await list_alerts(stage))[0]
    async with stage.registry.reading() as tx:
        holds = await alert_acts.list_holds(tx, alert.alert_id)
    if not holds:
        await stage.railway.holds(await reference(stage), place="北京西出站口", unit="北京西站派出所")


async def the_person_is_handed_over(stage: CourtStage) -> None:
    await stage.railway.hands_over(await reference(stage), to="沈法官")


async def the_alert_has_an_outcome(stage: CourtStage) -> None:
    alert = (await list_alerts(stage))[0]
    if alert.state is AlertState.OPEN:
        await stage.closes(cast.JUDGE, alert, Outcome.HANDED_OVER)


async def a_hotel_is_posted(stage: CourtStage) -> None:
    await stage.line.post_sighting(AgencyKind.POLICE.value, "m-1", CHECK_IN)


async def nobody_answers(stage: CourtStage) -> None:
    """After a minute those who were told are called."""
    await reaches(stage, CALLED_AT)


async def the_debt_is_paid(stage: CourtStage) -> None:
    await stage.line.post("/webhooks/case-events", "money-R-1", PAYMENT)


async def the_order_is_answered(stage: CourtStage) -> None:
    await replies(stage, cast.JUDGE, "61936", "reply-2")
    await replies(stage, cast.DUTY_OFFICER, "73520", "reply-3")


async def the_entry_is_ended(stage: CourtStage) -> None:
    entry = await get_entry(stage)
    if entry.state is not EntryState.ENDED:
        await stage.withdraws(entry.entry_id, cast.JUDGE, Cause.PERFORMED)


async def a_while_goes_by(stage: CourtStage) -> None:
    """Long enough for all that is in doubt to be settled."""
    await stage.reaches(stage.clock.now() + A_WHILE)


async def time_goes_on(stage: CourtStage) -> None:
    await reaches(stage, ENDS)


SCENES: tuple[tuple[Act, ...], ...] = (
    (the_case_is_opened, the_entry_is_registered, the_entry_is_approved),
    (a_ticket_is_bought, the_provider_reports),
    (the_judge_takes_it, a_team_is_sent, the_agency_is_answered, the_team_arrives),
    (the_person_is_held, the_person_is_handed_over, the_alert_has_an_outcome),
    (a_hotel_is_posted, nobody_answers),
    (the_debt_is_paid, the_order_is_answered, the_entry_is_ended, time_goes_on),
)
"""The whole path, cut where a life may begin."""


async def reaches(stage: CourtStage, at: datetime) -> None:
    if stage.clock.now() < at:
        await stage.reaches(at)


async def replies(stage: CourtStage, member: cast.Member, text: str, provider_id: str) -> None:
    async with stage.registry.transaction() as tx:
        await receive_reply(tx, member.phone, text, provider_id)
    await stage.settles()


async def find_entry(stage: CourtStage) -> Entry | None:
    async with stage.registry.reading() as tx:
        listed = await entry_search.search_entries(tx, EntrySearch(court_id=cast.COURT.court_id), limit=1)
    return listed[0] if listed else None


async def get_entry(stage: CourtStage) -> Entry:
    entry = await find_entry(stage)
    assert entry is not None
    return entry


async def list_alerts(stage: CourtStage) -> list[Alert]:
    """Every alert on the person, oldest first."""
    entry = await get_entry(stage)
    async with stage.registry.reading() as tx:
        found = await alerts.list_alerts_of_subject(tx, entry.subject_id)
    return sorted(found, key=lambda alert: alert.alert_id)


async def reference(stage: CourtStage) -> int:
    """The railway's reference for the person."""
    return await stage.reference_at(AgencyKind.RAIL, (await get_entry(stage)).entry_id)
