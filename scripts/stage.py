"""The stage of the story and of the acceptance tests: the whole system on a clock that jumps, and its
people's acts.

Every act goes through the same services, queues and adapters as in a running court; nothing is answered here.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Self

from notifications.channels.port import Channel, ChannelKind
from notifications.channels.recorder import RecordedMessage, Recorder, RecorderChannel
from schemas.documents import DocumentKind
from schemas.measures import AgencyKind, Measure
from scripts import cast
from scripts.cast import Member, Wanted
from scripts.chance import ScriptedEntropy
from scripts.clocks import JumpingClock
from scripts.desk import AgencyDesk
from scripts.engines.embedded import EmbeddedEngines
from scripts.engines.port import Engines
from scripts.pump import Pump
from scripts.system import Shifts, System, World
from scripts.web_line import WebhookAnswer, WebLine
from tracker.domain.alerts import Alert, Outcome
from tracker.domain.entries import Cause, Entry
from tracker.domain.evidence import EvidenceKind
from tracker.domain.ids import AgencyId, EntryId
from tracker.domain.measures import MeasureRule, PaperKind
from tracker.domain.people import Actor
from tracker.domain.registration import DocumentForm, EntryForm, PaperForm
from tracker.services.alerts import confirmations, dispatches
from tracker.services.alerts.confirmations import AnswerForm
from tracker.services.alerts.dispatches import DispatchForm
from tracker.services.answers import outcomes, takings
from tracker.services.answers.replies import ReplyMeaning, receive_reply
from tracker.services.answers.takings import Way
from tracker.services.entries import approval, registration, standing, validation
from tracker.services.entries.cases import CaseForm, open_case
from tracker.storage import alerts, entries, instructions, people, rules
from tracker.storage.instructions import Instruction
from tracker.storage.transaction import Tx

CANARY_EVERY_S = 365 * 24 * 60 * 60
"""A clock that jumps over months would stop for every line that was to be heard."""
ALL_AGENCIES = tuple(AgencyId(kind.value) for kind in AgencyKind)
PRESIDENT_APPROVES = frozenset(
    {
        Measure.HOLD_FOR_DETENTION,
        Measure.STOP_AT_BORDER,
        Measure.REPORT_BORDER_MOVEMENT,
        Measure.REFUSE_TRAVEL_DOCUMENT,
    }
)
EVIDENCE = (EvidenceKind.SIGNED_AT_HEARING, EvidenceKind.HOUSEHOLD_REGISTER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What a clerk enters; the defaults are an ordinary case. `numbers` None: the person's own."""

    case: str
    wanted: Wanted
    measure: Measure = Measure.HOLD_FOR_SUMMONS
    capacity: str = "debtor"
    until: date = date(2026, 5, 20)
    release_fen: int = 1_000_000
    evidence: tuple[EvidenceKind, ...] = EVIDENCE
    agencies: tuple[AgencyId, ...] = ALL_AGENCIES
    papers: tuple[PaperForm, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """How a stage begins. `channels` None: recorders take everything. `guard` may refuse each send."""

    data: Path
    begins_at: datetime
    shifts: Shifts
    reply_codes: tuple[str, ...] = ()
    channels: Sequence[Channel] | None = None
    engines: Engines = field(default_factory=EmbeddedEngines)
    canary_every_s: int = CANARY_EVERY_S
    guard: Callable[[], None] = lambda: None


class Stage:
    """The system with everybody on it."""

    def __init__(self, system: System, clock: JumpingClock, recorder: Recorder) -> None:
        self.system = system
        self.clock = clock
        self.recorder = recorder
        self.pump = Pump(clock, system.loops)
        self.registry = system.court.registry
        self.line = WebLine(system, system.webhook_keys)
        self._seen: dict[ChannelKind, int] = {}
        self._desks: dict[AgencyKind, AgencyDesk] = {}

    @classmethod
    @asynccontextmanager
    async def opened(cls, opening: Opening) -> AsyncIterator[Self]:
        """The system in a folder, settled and proven; closed at the end as a crash would leave it."""
        clock = JumpingClock(opening.begins_at)
        recorder = Recorder(guard=opening.guard)
        world = World(
            data=opening.data,
            clock=clock,
            entropy=ScriptedEntropy(opening.reply_codes),
            shifts=opening.shifts,
            recorder=recorder,
            channels=opening.channels,
            engines=opening.engines,
            canary_every_s=opening.canary_every_s,
        )
        system = await System.open(world)
        stage = cls(system, clock, recorder)
        try:
            await stage.settles()
            yield stage
        finally:
            await stage.line.close()
            await system.close()

    async def settles(self) -> None:
        """Everything that was set off has happened."""
        await self.pump.settle()

    async def reaches(self, at: datetime) -> None:
        """Time goes on to a moment, through everything that is due before it."""
        await self.pump.reach(at)

    async def waits(self, **time: float) -> None:
        """Time goes on by so much (arguments of timedelta)."""
        await self.pump.reach(self.clock.now() + timedelta(**time))

    def agency(self, kind: AgencyKind) -> AgencyDesk:
        """The people and systems of one agency."""
        if kind not in self._desks:
            self._desks[kind] = AgencyDesk(self.system.edges[kind], self.clock)
        return self._desks[kind]

    @property
    def railway(self) -> AgencyDesk:
        return self.agency(AgencyKind.RAIL)

    @asynccontextmanager
    async def acting(self, member: Member) -> AsyncIterator[tuple[Tx, Actor]]:
        """One transaction on a member's word; what follows from it has settled afterwards."""
        async with self.registry.transaction() as tx:
            yield tx, await people.get_actor(tx, member.person_id)
        await self.settles()

    async def opens_case(
        self, number: str, *, amount_fen: int = 1_000_000, collected_fen: int = 0, debtor: str = "某公司"
    ) -> None:
        form = CaseForm(
            number=number,
            debtor_name=debtor,
            debtor_kind="organisation",
            judge_id=cast.JUDGE.person_id,
            team_id=cast.TEAM,
            amount_fen=amount_fen,
            collected_fen=collected_fen,
        )
        async with self.acting(cast.CLERK) as (tx, actor):
            await open_case(tx, actor, form)

    async def registers(self, what: Registration, by: Member = cast.CLERK) -> EntryId:
        """Register and submit an entry."""
        async with self.acting(by) as (tx, actor):
            rule = await rules.find_rule(tx, actor.court_id, what.measure)
            papers = what.papers if what.papers is not None else papers_for(rule)
            entry_id = await registration.register_entry(tx, actor, form_of(what, papers))
            await registration.submit_entry(tx, actor, entry_id)
        return entry_id

    async def approves(self, entry_id: EntryId, typed: str, by: Member = cast.LEADER) -> None:
        async with self.acting(by) as (tx, actor):
            await approval.approve_entry(tx, actor, entry_id, [typed])

    async def lists(self, what: Registration) -> EntryId:
        """Register and approve: the entry is in force everywhere. The case must be open."""
        entry_id = await self.registers(what)
        by = cast.PRESIDENT if what.measure in PRESIDENT_APPROVES else cast.LEADER
        await self.approves(entry_id, what.wanted.number, by)
        return entry_id

    async def suspends(self, entry_id: EntryId, by: Member) -> None:
        async with self.acting(by) as (tx, actor):
            await standing.suspend_entry(tx, actor, entry_id)

    async def resumes(self, entry_id: EntryId, by: Member) -> None:
        async with self.acting(by) as (tx, actor):
            await standing.resume_entry(tx, actor, entry_id)

    async def validates(self, entry_id: EntryId, by: Member) -> None:
        async with self.acting(by) as (tx, actor):
            await validation.validate_entry(tx, actor, entry_id)

    async def withdraws(self, entry_id: EntryId, by: Member, cause: Cause = Cause.WITHDRAWN) -> None:
        async with self.acting(by) as (tx, actor):
            await standing.withdraw_entry(tx, actor, entry_id, cause)

    async def pays(self, case: str, amount_fen: int, receipt_number: str = "R-1") -> WebhookAnswer:
        """The account system posts its signed event."""
        answer = await self.line.post_payment(case, amount_fen, receipt_number)
        await self.settles()
        return answer

    async def replies(self, member: Member, text: str) -> ReplyMeaning:
        """A member answers by SMS from the own phone."""
        async with self.registry.transaction() as tx:
            meaning = await receive_reply(tx, member.phone, text, provider=RecorderChannel.name)
        await self.settles()
        return meaning

    async def takes(self, member: Member, alert: Alert) -> None:
        async with self.acting(member) as (tx, actor):
            await takings.take_alert(tx, actor, await alerts.lock_alert(tx, alert.alert_id), Way.CONSOLE)

    async def dispatches(self, by: Member, alert: Alert, form: DispatchForm) -> None:
        async with self.acting(by) as (tx, actor):
            await dispatches.dispatch_team(tx, actor, await alerts.lock_alert(tx, alert.alert_id), form)

    async def arrives(self, member: Member, alert: Alert) -> None:
        async with self.acting(member) as (tx, actor):
            await dispatches.report_arrival(tx, actor, await alerts.lock_alert(tx, alert.alert_id))

    async def confirms(self, member: Member, alert: Alert, form: AnswerForm) -> None:
        async with self.acting(member) as (tx, actor):
            await confirmations.confirm(tx, actor, await alerts.lock_alert(tx, alert.alert_id), form)

    async def closes(self, member: Member, alert: Alert, outcome: Outcome, reason: str = "") -> None:
        async with self.acting(member) as (tx, actor):
            locked = await alerts.lock_alert(tx, alert.alert_id)
            await outcomes.set_outcome(tx, actor, locked, outcome, reason)

    async def entry(self, entry_id: EntryId) -> Entry:
        async with self.registry.reading() as tx:
            return await entries.get_entry(tx, entry_id)

    async def alert_of(self, entry_id: EntryId) -> Alert:
        """The newest alert on an entry's subject."""
        async with self.registry.reading() as tx:
            subject_id = (await entries.get_entry(tx, entry_id)).subject_id
            return (await alerts.list_alerts_of_subject(tx, subject_id))[0]

    async def has_alert(self, entry_id: EntryId) -> bool:
        async with self.registry.reading() as tx:
            subject_id = (await entries.get_entry(tx, entry_id)).subject_id
            return bool(await alerts.list_alerts_of_subject(tx, subject_id))

    async def instructions(self, entry_id: EntryId) -> tuple[Instruction, ...]:
        """What each agency is asked about the entry's subject, and since when it says so."""
        async with self.registry.reading() as tx:
            subject_id = (await entries.get_entry(tx, entry_id)).subject_id
            return await instructions.list_instructions(tx, subject_id)

    async def reference_at(self, kind: AgencyKind, entry_id: EntryId) -> int:
        """The agency's own reference for the entry's subject."""
        listed = await self.instructions(entry_id)
        return next(one.references[0] for one in listed if one.agency_id == kind.value)

    def new_messages(self, kind: ChannelKind) -> tuple[RecordedMessage, ...]:
        """What went out by a channel since the last time it was asked for, in order."""
        seen = self._seen.get(kind, 0)
        sent = [one for one in self.recorder.messages if one.kind is kind and one.number > seen]
        self._seen[kind] = max((one.number for one in self.recorder.messages), default=0)
        return tuple(sent)

    def new_sms(self) -> tuple[tuple[str, str], ...]:
        """Who got which SMS since the last time, as (phone, text), in order."""
        return tuple((one.message.to, one.message.text) for one in self.new_messages(ChannelKind.SMS))


def papers_for(rule: MeasureRule | None) -> tuple[PaperForm, ...]:
    """The papers a measure needs, all of them in order."""
    kinds: tuple[PaperKind, ...] = rule.papers if rule else ()
    return tuple(
        PaperForm(
            kind=kind,
            number=f"（2026）京0199执1357号之{position}",
            issued_on=date(2026, 1, 12),
            signer="岳衡",
        )
        for position, kind in enumerate(kinds, start=1)
    )


def form_of(what: Registration, papers: tuple[PaperForm, ...]) -> EntryForm:
    """The form a clerk fills in."""
    document = DocumentForm(kind=DocumentKind.RESIDENT_ID, number=what.wanted.number, evidence=what.evidence)
    return EntryForm(
        case_number=what.case,
        subject_name=what.wanted.name,
        capacity=what.capacity,
        documents=(document,),
        measure=what.measure,
        papers=papers,
        agency_ids=what.agencies,
        valid_until=what.until,
        release_amount_fen=what.release_fen,
        subject_phone=what.wanted.phone,
    )
