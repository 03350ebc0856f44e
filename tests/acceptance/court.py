"""The whole system on a clock that jumps, as the acceptance tests use it: people with phones that remember
what nobody has looked at yet, and engines that refuse to be called inside a transaction.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from adapters import sqlite
from adapters.edge.edge import Edge
from adapters.running import Loop, Part
from notifications.channels.port import Channel, ChannelKind
from notifications.channels.recorder import RecordedMessage, Recorder
from schemas.measures import AgencyKind
from schemas.messages import Answer, Discretion
from scripts import cast, stage
from scripts.cast import Member, Wanted
from scripts.clocks import JumpingClock
from scripts.desk import court_time
from scripts.engines.embedded import EmbeddedEngines
from scripts.engines.port import Engines
from scripts.partners import PARTNERS, Habits, open_edge
from scripts.pump import Pump, is_periodic
from scripts.stage import Registration, Stage
from scripts.system import Shifts, System
from tests.another_team import engage_judge
from tracker.domain.alerts import Alert, stage_of
from tracker.domain.alerts import Stage as AlertStage
from tracker.domain.ids import AgencyId, EntryId, TeamId
from tracker.services.alerts.confirmations import AnswerForm
from tracker.services.alerts.dispatches import DispatchForm
from tracker.services.entries.cases import CaseForm, open_case
from tracker.storage import alert_acts
from tracker.storage.engine import postgresql

BEGINS = court_time(2, 25, 12, 0)
"""A Wednesday at noon; A and B were listed the day before."""
LISTED = court_time(2, 24, 9, 0)
ALL_YEAR = (date(2026, 2, 24), date(2026, 12, 31))
SHIFTS = Shifts(first=ALL_YEAR[0], last=ALL_YEAR[1], duty=ALL_YEAR)

REPLY_CODES = ("40718", "58263", "61935", "61936", "73520", "73521", "82046", "82047", "90150", "90151")
"""Drawn in this order, one for each person and alert when the person is first told of it."""

NAMES = {member.phone: member.name for member in cast.MEMBERS}


def refuse_inside_transaction() -> None:
    """Nothing outside is awaited while a transaction is held: it would stop every writer behind it."""
    is_held = sqlite.holding_transaction.get() or postgresql.holding_transaction.get()
    assert not is_held, "an engine was called inside a transaction"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """How a stage begins. `channels` None: recorders take everything."""

    data: Path
    begins_at: datetime = BEGINS
    reply_codes: tuple[str, ...] = REPLY_CODES
    channels: Sequence[Channel] | None = None
    engines: Engines = field(default_factory=EmbeddedEngines)
    canary_every_s: int = stage.CANARY_EVERY_S


class Store:
    """Counts the commits of the store that feeds some loops."""

    def __init__(self, part: Part) -> None:
        self.commits = 0
        part.on_change(self._count)

    def _count(self) -> None:
        self.commits += 1


class RestingLoop:
    """A loop that is not asked again before its store or the clock has moved, as in the running server: a
    pump asks every loop in every round, and most of them have nothing to do.
    """

    def __init__(self, loop: Loop, store: Store, clock: JumpingClock) -> None:
        self._loop = loop
        self._store = store
        self._clock = clock
        self._rested_at: tuple[int, datetime] | None = None
        self._due: tuple[int, datetime | None] | None = None
        self.name = loop.name
        self.is_periodic = is_periodic(loop)

    async def step(self) -> bool:
        moment = (self._store.commits, self._clock.now())
        if moment == self._rested_at:
            return False
        worked = await self._loop.step()
        self._rested_at = None if worked else moment
        return worked

    async def next_due(self) -> datetime | None:
        commits = self._store.commits
        if self._due is None or self._due[0] != commits:
            self._due = (commits, await self._loop.next_due())
        return self._due[1]


class CourtStage(Stage):
    """The stage with phones: what came to a phone waits there until the test reads it."""

    def __init__(self, system: System, clock: JumpingClock, recorder: Recorder) -> None:
        super().__init__(system, clock, recorder)
        self.pump = Pump(clock, self._loops())
        self._unread: list[RecordedMessage] = []
        recorder.listen(self._unread.append)

    def sms(self, reader: Member | Wanted) -> list[str]:
        """The SMS that came to a phone since it was last read, oldest first."""
        return self._read(ChannelKind.SMS, reader.phone)

    def calls(self, reader: Member) -> list[str]:
        """What a voice said on a phone since then."""
        return self._read(ChannelKind.VOICE, reader.phone)

    def pushes(self, reader: Member) -> list[str]:
        """The push messages to a person since then, as title / body."""
        return self._read(ChannelKind.PUSH, reader.person_id)

    def unread_sms(self) -> list[tuple[str, str]]:
        """Every SMS nobody has looked at, as (who, text)."""
        waiting = [one.message for one in self._unread if one.kind is ChannelKind.SMS]
        return [(NAMES.get(message.to, message.to), message.text) for message in waiting]

    def new_sms(self) -> tuple[tuple[str, str], ...]:
        """Every SMS nobody has looked at, as (phone, text); they count as read now."""
        waiting = [one for one in self._unread if one.kind is ChannelKind.SMS]
        self._unread[:] = [one for one in self._unread if one.kind is not ChannelKind.SMS]
        return tuple((one.message.to, one.message.text) for one in waiting)

    def reads_everything(self) -> None:
        """Everybody has read what came so far; the test is about what comes now."""
        self._unread.clear()

    def _loops(self, but: Sequence[Loop] = ()) -> list[Loop]:
        loops: list[Loop] = []
        for part in self.system.parts:
            store = Store(part)
            loops += [RestingLoop(loop, store, self.clock) for loop in part.loops if loop not in but]
        return loops

    def _read(self, kind: ChannelKind, to: str) -> list[str]:
        mine = [one for one in self._unread if (one.kind, one.message.to) == (kind, to)]
        for one in mine:
            self._unread.remove(one)
        return [
            one.message.text if one.message.title is None else f"{one.message.title} / {one.message.text}"
            for one in mine
        ]

    async def stage_of(self, entry_id: EntryId) -> AlertStage:
        """How far the newest alert on an entry's subject has come."""
        alert = await self.alert_of(entry_id)
        async with self.registry.reading() as tx:
            taking = await alert_acts.find_standing_taking(tx, alert.alert_id)
            dispatch = await alert_acts.find_standing_dispatch(tx, alert.alert_id)
            holds = await alert_acts.list_holds(tx, alert.alert_id)
        return stage_of(alert, taking, dispatch, holds[-1] if holds else None)

    async def engages_judge(self, judge: Member, team_id: TeamId, phone: str | None = None) -> None:
        """Another judge, with a team of their own."""
        async with self.registry.transaction() as tx:
            await engage_judge(tx, judge, team_id, phone)

    async def opens_case_of(self, judge: Member, team_id: TeamId, number: str) -> None:
        """A case of another judge."""
        form = CaseForm(
            number=number,
            debtor_name="云中贸易公司",
            debtor_kind="organisation",
            judge_id=judge.person_id,
            team_id=team_id,
            amount_fen=5_000_000,
        )
        async with self.acting(judge) as (tx, actor):
            await open_case(tx, actor, form)

    async def starts_adapter_anew(self, kind: AgencyKind, habits: Habits | None = None) -> None:
        """An agency's adapter ends and starts: the court hands it the keys of its list, or does not."""
        partner = next(one for one in PARTNERS if one.kind is kind)
        await self.system.edges[kind].close()
        folder = self.system.world.data / "edges" / partner.agency_id
        edge = await open_edge(self.system.court, self.system.bus, partner, folder, habits)
        await self.takes_up(kind, edge)

    async def takes_up(self, kind: AgencyKind, edge: Edge, beside: Sequence[Loop] = ()) -> None:
        """An agency works with this adapter from now on, and with what runs beside it."""
        self.system.edges[kind] = edge
        self._desks.pop(kind, None)
        self.pump = Pump(self.clock, [*self._loops(), *beside])
        await self.settles()

    def leaves(self, kind: AgencyKind) -> None:
        """An agency's adapter does nothing any more, nor what ran beside it."""
        self.pump = Pump(self.clock, self._loops(but=self.system.edges[kind].loops))

    @asynccontextmanager
    async def mute(self, kind: AgencyKind) -> AsyncIterator[None]:
        """An agency's adapter sends nothing meanwhile: no receipts, no reports."""
        spoken = self.pump
        self.pump = Pump(self.clock, self._loops(but=self.system.edges[kind].loops))
        yield
        self.pump = spoken

    async def sends_judge_and_bailiff(self, alert: Alert, muster_at: datetime) -> None:
        """The judge goes, with one bailiff."""
        form = DispatchForm(
            leader_id=cast.JUDGE.person_id,
            member_ids=(cast.JUDGE.person_id, cast.BAILIFF_ONE.person_id),
            muster_place="北京西站台",
            muster_at=muster_at,
        )
        await self.dispatches(cast.JUDGE, alert, form)


@asynccontextmanager
async def open_stage(opening: Opening) -> AsyncIterator[CourtStage]:
    """The system in a folder, settled; closed at the end as a crash would leave it: nothing is finished."""
    begins = stage.Opening(
        data=opening.data,
        begins_at=opening.begins_at,
        shifts=SHIFTS,
        reply_codes=opening.reply_codes,
        channels=opening.channels,
        engines=opening.engines,
        canary_every_s=opening.canary_every_s,
        guard=refuse_inside_transaction,
    )
    async with CourtStage.opened(begins) as opened:
        yield opened


async def list_a(stage: Stage) -> EntryId:
    """A is on the list for 26执1357, to be held for the summons, at every agency."""
    await stage.opens_case(
        cast.A_CASE, amount_fen=cast.A_DEBT_FEN, collected_fen=cast.A_COLLECTED_FEN, debtor="云上建筑公司"
    )
    what = Registration(
        case=cast.A_CASE, wanted=cast.A, capacity="legal-representative", release_fen=cast.A_DEBT_FEN
    )
    return await stage.lists(what)


def still_wanted(agency_id: str = "rail") -> AnswerForm:
    """The court's one tap: still wanted, report only until 北京西."""
    return AnswerForm(
        agency_id=AgencyId(agency_id),
        answer=Answer.STILL_WANTED,
        discretion=Discretion.REPORT_ONLY_UNTIL,
        report_only_until="北京西",
    )
