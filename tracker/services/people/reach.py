"""Whether each of the court's people can be reached by two ways that do not fail together, and what they may
change of that themselves.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

from notifications.channels.port import ChannelKind
from notifications.people import PhoneNumber, PhoneRefused, country_of, normalise_phone
from notifications.reachability import LEAST_WAYS, Reach, SetUp, may_switch_off, ways_of
from notifications.texts import Language
from tracker.domain.authorisation import Action
from tracker.domain.devices import DeviceStanding, standing_of
from tracker.domain.errors import Conflict, Invalid, NotFound, Problem
from tracker.domain.ids import CourtId, PersonId
from tracker.domain.people import Actor
from tracker.services import audit
from tracker.services.access import require_in_court
from tracker.services.audit import About
from tracker.services.people.mutes import watch_mute
from tracker.storage import contacts, muted_channels, people, sms_stops
from tracker.storage.people import Person
from tracker.storage.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonReach:
    """One of the court's people, and the independent ways to them."""

    person: Person
    reach: Reach
    ways: frozenset[str]
    has_stale_device: bool
    """The last test that was seen on a living device is too long ago."""

    @property
    def is_below_minimum(self) -> bool:
        return len(self.ways) < LEAST_WAYS

    @property
    def is_gap(self) -> bool:
        """Somebody has to look: an alert may not arrive."""
        return self.is_below_minimum or bool(self.reach.sms_stopped) or self.person.phone_dead_at is not None


async def list_reach(tx: Tx, court_id: CourtId, set_up: SetUp) -> tuple[PersonReach, ...]:
    """Everybody who holds a role, those who lack most first."""
    staff = [one for one in await people.list_people(tx, court_id) if one.role is not None]
    found = await _reach_of(tx, court_id, staff, set_up)
    return tuple(sorted(found, key=lambda one: (not one.is_gap, len(one.ways), one.person.login)))


async def get_reach(tx: Tx, person: Person, set_up: SetUp) -> PersonReach:
    return (await _reach_of(tx, person.court_id, [person], set_up))[0]


async def _reach_of(tx: Tx, court_id: CourtId, staff: Collection[Person], set_up: SetUp) -> list[PersonReach]:
    devices = await contacts.list_contacts(tx, [one.person_id for one in staff])
    stops = await sms_stops.list_stops(tx, court_id)
    muted = await muted_channels.list_muted(tx, court_id)
    found = []
    for person in staff:
        own = [
            (one.provider, standing_of(one.seen_at, one.dead_at, tx.at))
            for one in devices
            if one.person_id == person.person_id
        ]
        proven = person.phone_verified_at is not None and person.phone_dead_at is None
        reach = Reach(
            country=country_of(PhoneNumber(person.phone)) if proven else None,
            sms_stopped=frozenset(one.provider for one in stops if one.person_id == person.person_id),
            devices=frozenset(name for name, standing in own if standing is DeviceStanding.REACHES),
            switched_off=muted.get(person.person_id, frozenset()),
        )
        stale = any(standing is DeviceStanding.TEST_AGAIN for _, standing in own)
        ways = ways_of(reach, set_up)
        found.append(PersonReach(person=person, reach=reach, ways=ways, has_stale_device=stale))
    return found


async def switch_off(tx: Tx, actor: Actor, kinds: frozenset[ChannelKind], set_up: SetUp) -> None:
    """These kinds of channel and no others. Raises Conflict when fewer ways are left than the court wants."""
    await people.lock_person(tx, actor.person_id)
    own = await get_reach(tx, await people.get_person(tx, actor.person_id), set_up)
    if not may_switch_off(own.reach, set_up, kinds):
        raise Conflict(
            f"关闭后可靠的联系渠道不足{LEAST_WAYS}个，未作更改",
            f"fewer than {LEAST_WAYS} independent ways would be left: nothing was changed",
        )
    await muted_channels.put_muted(tx, actor.person_id, kinds)
    await watch_mute(tx, actor.person_id)
    off = [one.value for one in sorted(kinds)]
    await audit.record(tx, actor, "channels chosen", About(kind="person", key=actor.person_id), off=off)


async def choose_language(tx: Tx, actor: Actor, language: Language) -> None:
    """In which language the person's notices are written from now on."""
    person = await people.get_person(tx, actor.person_id)
    await people.change_person(tx, replace(person, language=language.value))
    about = About(kind="person", key=actor.person_id)
    await audit.record(tx, actor, "language chosen", about, language=language.value)


async def change_number(tx: Tx, actor: Actor, person_id: PersonId, typed: str) -> None:
    """Another number, by the administrator; it counts once its owner has proven it."""
    await require_in_court(tx, actor, Action.MANAGE_PEOPLE)
    person = await people.get_person(tx, person_id)
    if person.court_id != actor.court_id:
        raise NotFound("person")
    number = normalise_phone(typed)
    if isinstance(number, PhoneRefused):
        problem = Problem(field="phone", zh=number.remedy("zh"), en=number.remedy("en"))
        raise Invalid([problem])
    if number == person.phone:
        return
    if await people.find_person_by_phone(tx, number) is not None:
        raise Conflict("该号码已登记在他人名下", "this number is somebody else's: give another")
    await people.change_person(tx, replace(person, phone=number))
    await muted_channels.unmute(tx, person_id)
    await audit.record(tx, actor, "number changed", About(kind="person", key=person_id))
