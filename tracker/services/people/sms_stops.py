"""Who replied STOP gets no SMS of that provider until START: the desk hears of it once, because an alert that
a person does not get is a gap.
"""

from notifications.reachability import ANY_PROVIDER
from notifications.texts import Facts, TextId
from tracker.domain.ids import PersonId
from tracker.domain.people import Actor, system_actor
from tracker.services import audit
from tracker.services.audit import About
from tracker.services.notices.staff import tell_desk
from tracker.storage import muted_channels, people, sms_stops
from tracker.storage.attempts import Attempt
from tracker.storage.people import Person
from tracker.storage.sms_stops import SmsStop
from tracker.storage.transaction import Tx


async def may_get_sms(tx: Tx, person: Person, provider: str) -> bool:
    """Whether an SMS of this provider to this person is still wanted."""
    stopped = await sms_stops.list_stops(tx, person.court_id)
    return not stopped & {SmsStop(person.person_id, one) for one in (provider, ANY_PROVIDER)}


async def stopped_by(tx: Tx, person: Person) -> frozenset[str]:
    """The providers to which the person replied STOP; `ANY_PROVIDER` stands for all."""
    stopped = await sms_stops.list_stops(tx, person.court_id)
    return frozenset(one.provider for one in stopped if one.person_id == person.person_id)


async def stop_sms(tx: Tx, actor: Actor, provider: str) -> None:
    """The person replied STOP. Once more changes nothing and tells nobody."""
    person = await people.get_person(tx, actor.person_id)
    await _note(tx, actor, "wants no messages")
    if await sms_stops.add_stop(tx, person.phone, provider):
        await _tell_stopped(tx, person)


async def note_stopped(tx: Tx, person_id: PersonId, refused: Attempt) -> None:
    """A provider sends nothing to a person who replied STOP, perhaps to it alone: nobody may take that for a
    way that leads there. Known already, or about a former number, it changes nothing.
    """
    person = await people.get_person(tx, person_id)
    is_former_number = person.phone_set_at is not None and person.phone_set_at > refused.submitted_at
    if not is_former_number and await sms_stops.add_stop(tx, person.phone, refused.provider):
        about = About(kind="person", key=person_id)
        await audit.record(tx, system_actor(person.court_id), "wants no messages", about)
        await _tell_stopped(tx, person)


async def _tell_stopped(tx: Tx, person: Person) -> None:
    await muted_channels.unmute(tx, person.person_id)
    court = await people.get_court(tx, person.court_id)
    facts = Facts(court=court.sms_name, sent_at=tx.at, member=person.title)
    await tell_desk(tx, person.court_id, TextId.SMS_STOPPED, facts, but=person.person_id)


async def allow_sms(tx: Tx, actor: Actor) -> None:
    """The person replied START."""
    person = await people.get_person(tx, actor.person_id)
    if await sms_stops.remove_stops(tx, person.phone):
        await _note(tx, actor, "wants messages again")


async def _note(tx: Tx, actor: Actor, what: str) -> None:
    await audit.record(tx, actor, what, About(kind="person", key=actor.person_id))
