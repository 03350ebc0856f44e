"""Founding a court from a plan: the court, its teams, people, rules, agencies and roster.

A plan may be carried out again at any time: what is there and agrees stays untouched, what differs is
changed, what is missing is added. People, shifts and agencies that the plan does not name stay; a role that
it does not name for a person it does name ends. Every change is audited, as ids and names of fields.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from notifications.channels.port import ChannelKind
from notifications.throttle import Limits
from schemas.canary import CANARY_EVERY_S
from schemas.measures import AgencyKind
from schemas.messages import FeedHead
from schemas.tokens import EpochKeys
from tracker.domain.errors import Conflict
from tracker.domain.ids import AgencyId, CourtId, PersonId, TeamId
from tracker.domain.lines import silent_at
from tracker.domain.measures import FIRST_RULES
from tracker.domain.people import HeldRole, system_actor
from tracker.domain.rosters import RosterRule
from tracker.services import audit
from tracker.services.audit import About
from tracker.services.notices.texts import in_words, list_built_in_outgrown, list_outgrown
from tracker.services.rosters.consequences import changing_roster
from tracker.storage import agencies, feeds, lines, notice_limits, people, rosters, rules
from tracker.storage.agencies import Agency, Profile
from tracker.storage.agency_phones import list_agency_phones, put_agency_phone
from tracker.storage.feeds import Feed
from tracker.storage.people import Court, Person
from tracker.storage.transaction import Tx

KEY_BYTES: Final = 32
NOT_ENROLLED: Final = b""
"""The sealing key of an agency of which no instance has been enrolled yet."""
AGREED: Final = ("name", "name_en", "profile", "hold_for_s", "channel_basis", "canary_every_s")
"""Fields of an agency that a plan may change."""
NOTHING_LISTED: Final = FeedHead(sequence=0, count=0, digest="0" * 64)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedPerson:
    """A member of the court with all roles; `phone` is E.164. The repr shows the login."""

    login: str
    name: str
    phone: str
    language: str
    held: tuple[HeldRole, ...]

    def __repr__(self) -> str:
        return f"PlannedPerson({self.login})"

    @property
    def person_id(self) -> PersonId:
        return self.id_of(self.login)

    @staticmethod
    def id_of(login: str) -> PersonId:
        """The id follows from the login, so that a plan carried out again finds the same person."""
        return PersonId(f"person-{login}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedAgency:
    """A partner before any of its adapters is enrolled; fields as in `Agency`. `desk_phone`: of its duty
    desk; None: as it is.
    """

    agency_id: AgencyId
    kind: AgencyKind
    name: str
    name_en: str
    profile: Profile
    hold_for_s: int
    channel_basis: str
    canary_every_s: int = CANARY_EVERY_S
    desk_phone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CourtPlan:
    """What a court is to be; `teams` by id."""

    court: Court
    teams: Mapping[TeamId, str]
    people: tuple[PlannedPerson, ...]
    agencies: tuple[PlannedAgency, ...] = ()
    shifts: tuple[RosterRule, ...] = ()
    limits: Mapping[ChannelKind, Limits] = field(default_factory=dict)
    """How often a person may be paged, where the court does not keep to the defaults."""


async def list_new_logins(tx: Tx, plan: CourtPlan) -> tuple[str, ...]:
    """Who will need a first password."""
    return tuple([one.login for one in plan.people if await people.find_login(tx, one.login) is None])


async def found_court(tx: Tx, plan: CourtPlan, password_hashes: Mapping[str, str]) -> tuple[str, ...]:
    """Carry the plan out; what was done, a line each. `password_hashes`: by login, of the new people."""
    done = _Done(tx, plan.court.court_id)
    await _found_court_itself(done, plan.court)
    await _found_teams(done, plan.teams)
    for person in plan.people:
        await _found_person(done, person, password_hashes)
        await _grant_roles(done, person)
    await _found_rules(done)
    for agency in plan.agencies:
        await _found_agency(done, agency)
    await _found_shifts(done, plan.shifts)
    await _found_limits(done, plan.limits)
    return tuple(done.lines)


async def found_agency(tx: Tx, court_id: CourtId, planned: PlannedAgency) -> None:
    """Make one agency known to a court that is there; it hears nothing before an adapter is enrolled."""
    done = _Done(tx, court_id)
    await _found_agency(done, planned)


class _Done:
    """Notes each change for whoever asked, and in the audit log."""

    def __init__(self, tx: Tx, court_id: CourtId) -> None:
        self.tx = tx
        self.court_id = court_id
        self.lines: list[str] = []

    async def note(self, action: str, kind: str, key: str, changed: Sequence[str] = ()) -> None:
        self.lines.append(f"{action}: {key}" + (f" ({', '.join(changed)})" if changed else ""))
        about = About(kind=kind, key=key)
        await audit.record(self.tx, system_actor(self.court_id), action, about, changed=list(changed))


def _changed(before: object, after: object, fields: Sequence[str]) -> tuple[str, ...]:
    return tuple(field for field in fields if getattr(before, field) != getattr(after, field))


async def _found_court_itself(done: _Done, court: Court) -> None:
    known = await people.find_court(done.tx, court.court_id)
    if known is None:
        await people.add_court(done.tx, court)
        await done.note("court-founded", "court", court.court_id)
        await _measure_texts(done, court)
    elif changed := _changed(known, court, ("code", "name", "sms_name", "desk_phone")):
        await people.change_court(done.tx, court)
        await done.note("court-changed", "court", court.court_id, changed)
        if "sms_name" in changed:
            await _measure_texts(done, court)


async def _measure_texts(done: _Done, court: Court) -> None:
    """The name signs every text: those that it makes too long are named to whoever chose it."""
    for one in (*await list_outgrown(done.tx, court), *list_built_in_outgrown(court)):
        done.lines.append(f"look at: {in_words(one)}")


async def _found_teams(done: _Done, teams: Mapping[TeamId, str]) -> None:
    known = dict(await people.list_teams(done.tx, done.court_id))
    for team_id, name in teams.items():
        if team_id not in known:
            await people.add_team(done.tx, done.court_id, team_id, name)
            await done.note("team-added", "team", team_id)
        elif known[team_id] != name:
            await people.rename_team(done.tx, team_id, name)
            await done.note("team-renamed", "team", team_id)


async def _found_person(done: _Done, planned: PlannedPerson, password_hashes: Mapping[str, str]) -> None:
    after = Person(
        person_id=planned.person_id,
        court_id=done.court_id,
        login=planned.login,
        name=planned.name,
        phone=planned.phone,
        language=planned.language,
        role=None,
        team_id=None,
    )
    found = await people.find_login(done.tx, planned.login)
    if found is None:
        if planned.login not in password_hashes:
            raise Conflict("人员名单已有变化，请重新执行", "the people have changed meanwhile: do it again")
        await people.add_person(done.tx, after, password_hashes[planned.login])
        await done.note("person-added", "person", planned.person_id)
        return
    before = await people.get_person(done.tx, found[0])
    if before.court_id != done.court_id:
        raise Conflict(
            f"登录名 {planned.login} 已属于另一法院，请另选一个",
            f"the login {planned.login} belongs to another court: choose another",
        )
    if changed := _changed(before, after, ("name", "phone", "language")):
        await people.change_person(done.tx, after)
        await done.note("person-changed", "person", planned.person_id, changed)


async def _grant_roles(done: _Done, planned: PlannedPerson) -> None:
    held = await people.list_roles(done.tx, planned.person_id)
    for role in planned.held:
        if role not in held:
            await people.grant_role(done.tx, planned.person_id, role)
            await done.note("role-granted", "person", planned.person_id, _words(role))
    for role in held:
        if role not in planned.held:
            await people.end_role(done.tx, planned.person_id, role)
            await done.note("role-ended", "person", planned.person_id, _words(role))


def _words(role: HeldRole) -> tuple[str, ...]:
    return (role.role.value,) if role.team_id is None else (role.role.value, role.team_id)


async def _found_rules(done: _Done) -> None:
    """The rules the service knows, for measures that the court has no rule for; its own are never touched."""
    known = await rules.list_ruled_measures(done.tx, done.court_id)
    for rule in FIRST_RULES:
        if rule.measure not in known:
            await rules.add_rule(done.tx, done.court_id, rule)
            await done.note("rule-added", "measure", rule.measure.value)


async def _found_agency(done: _Done, planned: PlannedAgency) -> None:
    after = Agency(
        agency_id=planned.agency_id,
        court_id=done.court_id,
        kind=planned.kind,
        name=planned.name,
        name_en=planned.name_en,
        profile=planned.profile,
        hold_for_s=planned.hold_for_s,
        channel_basis=planned.channel_basis,
        sealing_public=NOT_ENROLLED,
        canary_every_s=planned.canary_every_s,
    )
    before = await agencies.find_agency(done.tx, planned.agency_id)
    if before is None:
        await agencies.add_agency(done.tx, after)
        await feeds.add_feed(done.tx, _first_feed(done.tx, planned.agency_id))
        await _takes_phone(done, planned)
        await done.note("agency-added", "agency", planned.agency_id)
        return
    if (before.court_id, before.kind) != (after.court_id, after.kind):
        raise Conflict(
            f"机构 {planned.agency_id} 已属于另一法院或另一类别，请另选编号",
            f"the agency {planned.agency_id} is of another court or kind: choose another id",
        )
    changed = _changed(before, after, AGREED)
    if changed:
        await agencies.change_agency(done.tx, after)
        if before.canary_every_s != after.canary_every_s:
            # Its adapters hear of it with the next heartbeat: nobody is judged by what they do not know yet.
            until = silent_at(done.tx.at, after.canary_every_s)
            await lines.put_off_judgement(done.tx, after.agency_id, until)
    if await _takes_phone(done, planned):
        changed = (*changed, "desk_phone")
    if changed:
        await done.note("agency-changed", "agency", planned.agency_id, changed)


async def _takes_phone(done: _Done, planned: PlannedAgency) -> bool:
    """Whether the phone of the agency's duty desk is another one now."""
    known = await list_agency_phones(done.tx, done.court_id)
    if planned.desk_phone in (None, known.get(planned.agency_id)):
        return False
    await put_agency_phone(done.tx, planned.agency_id, planned.desk_phone)
    return True


def _first_feed(tx: Tx, agency_id: AgencyId) -> Feed:
    """The first generation of an agency's list, with keys of its own."""
    keys = EpochKeys(
        epoch=1,
        token_key=tx.entropy.random_bytes(KEY_BYTES),
        digest_key=tx.entropy.random_bytes(KEY_BYTES),
    )
    return Feed(
        feed_id=tx.entropy.new_id(),
        agency_id=agency_id,
        incarnation=1,
        keys=keys,
        head=NOTHING_LISTED,
        published_up_to=0,
    )


async def _found_shifts(done: _Done, shifts: Sequence[RosterRule]) -> None:
    known = (await rosters.list_rules(done.tx, done.court_id)).values()
    added = [shift for shift in shifts if shift not in known]
    if not added:
        return
    async with changing_roster(done.tx, done.court_id):
        for shift in added:
            await rosters.add_rule(done.tx, shift)
            for person_id in shift.people:
                await done.note("shift-added", "person", person_id, (shift.duty.value,))


async def _found_limits(done: _Done, planned: Mapping[ChannelKind, Limits]) -> None:
    known = await notice_limits.list_limits(done.tx, done.court_id)
    for channel, limits in planned.items():
        if known[channel] != limits:
            await notice_limits.put_limits(done.tx, done.court_id, channel, limits)
            await done.note("notice-limit-changed", "channel", channel.value)
