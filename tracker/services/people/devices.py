"""Devices and accounts of the court's people: kept, tested, and given up.

What must not break: a device counts only after its person has tapped a test notice on it, and nobody changes
another's devices but an administrator.
"""

import json
from dataclasses import dataclass

from notifications.channels.port import (
    ChannelKind,
    CodeAction,
    Outgoing,
    Rejected,
    SendResult,
    Submitted,
    Unknown,
)
from notifications.texts import Language
from notifications.texts.device_tests import device_test_text
from tracker.domain.authorisation import Action
from tracker.domain.devices import DeviceProvider, DeviceStanding, DeviceTestState, standing_of
from tracker.domain.errors import Conflict, NotFound
from tracker.domain.ids import PersonId
from tracker.domain.people import Actor
from tracker.services import audit
from tracker.services.access import require_in_court
from tracker.services.audit import About
from tracker.services.people.device_reminders import watch_owner
from tracker.storage import contacts, device_tests, people
from tracker.storage.contacts import Contact, ContactId
from tracker.storage.device_tests import DeviceTest
from tracker.storage.people import Person
from tracker.storage.transaction import Tx

MOST_DEVICES = 10
TEST_LASTS_S = 600
TOKEN_BYTES = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDevice:
    """`address`: a subscription as it is kept, or the account's name at its provider."""

    provider: DeviceProvider
    label: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceLine:
    contact: Contact
    standing: DeviceStanding
    test: DeviceTest | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedTest:
    """A committed test notice, ready to go out by the provider of its device."""

    contact: Contact
    outgoing: Outgoing
    token: str


async def list_devices(tx: Tx, person_id: PersonId) -> tuple[DeviceLine, ...]:
    """In the order in which they were made known."""
    known = await contacts.list_contacts(tx, [person_id])
    tests = await device_tests.list_device_tests(tx, [one.contact_id for one in known])
    return tuple(
        DeviceLine(
            contact=one,
            standing=standing_of(one.seen_at, one.dead_at, tx.at),
            test=tests.get(one.contact_id),
        )
        for one in known
    )


async def get_owner(tx: Tx, actor: Actor, person_id: PersonId) -> Person:
    """The person whose devices the actor may look at and change."""
    if person_id != actor.person_id:
        await require_in_court(tx, actor, Action.SET_DEVICES)
        if all(one.person_id != person_id for one in await people.list_people(tx, actor.court_id)):
            raise NotFound("person")
    return await people.get_person(tx, person_id)


async def add_device(tx: Tx, actor: Actor, owner: Person, new: NewDevice) -> Contact:
    """Keep where a person gets push messages. A browser passes to whoever subscribes with it, an account to
    nobody else.
    """
    if len(await contacts.list_contacts(tx, [owner.person_id])) >= MOST_DEVICES:
        raise Conflict(
            "设备过多，请先移除不用的设备", "too many devices: remove one that is not used any more"
        )
    known = await contacts.find_by_address(tx, new.provider, new.address)
    if known is not None and known.person_id != owner.person_id and new.provider != DeviceProvider.WEB_PUSH:
        raise Conflict(
            "该账号已登记给他人，请由系统管理员先移除",
            "the account is somebody else's here: let the administrator remove it there first",
        )
    added = Contact(
        contact_id=ContactId(tx.entropy.new_id()),
        person_id=owner.person_id,
        channel=ChannelKind.PUSH,
        provider=new.provider,
        label=new.label,
        address=new.address,
        created_at=tx.at,
    )
    await contacts.put_contact(tx, added)
    await _record(tx, actor, "device added", added)
    return added


async def get_device(tx: Tx, actor: Actor, contact_id: ContactId) -> Contact:
    """One of the actor's own, or of somebody in the actor's care."""
    known = await contacts.find_contact(tx, contact_id)
    if known is None:
        raise NotFound("device")
    await get_owner(tx, actor, known.person_id)
    return known


async def remove_device(tx: Tx, actor: Actor, known: Contact) -> None:
    await contacts.remove_contact(tx, known.contact_id)
    await _record(tx, actor, "device removed", known)


async def begin_test(tx: Tx, known: Contact) -> StartedTest:
    """Draw the secret that only the device gets, and what to send it."""
    token = tx.entropy.random_bytes(TOKEN_BYTES).hex()
    await device_tests.begin_device_test(tx, known.contact_id, token)
    owner = await people.get_person(tx, known.person_id)
    text = device_test_text(Language(owner.language))
    outgoing = Outgoing(
        attempt_id=f"test-{tx.entropy.new_id()}",
        to=json.dumps([known.address]),
        text=text.body,
        title=text.title,
        actions=text.actions,
        valid_for_s=TEST_LASTS_S,
        seen_token=token,
    )
    return StartedTest(contact=known, outgoing=outgoing, token=token)


async def record_test_sent(tx: Tx, started: StartedTest, result: SendResult) -> None:
    """What the provider answered to a test notice."""
    known = started.contact
    match result:
        case Submitted():
            await device_tests.record_device_test(tx, started.token, DeviceTestState.SENT, None)
        case Unknown():
            await device_tests.record_device_test(tx, started.token, DeviceTestState.UNKNOWN, None)
        case Rejected():
            await device_tests.record_device_test(tx, started.token, DeviceTestState.REFUSED, result.code)
            if result.action is CodeAction.NUMBER_IS_DEAD:
                await contacts.record_dead(tx, known.contact_id, result.code)
    tx.log("device-tested", provider=known.provider, result=type(result).__name__.lower())


async def receive_seen(tx: Tx, token: str) -> bool:
    """The device says that its person has seen the test notice. False: no test waits for this."""
    contact_id = await device_tests.find_tested(tx, token)
    known = None if contact_id is None else await contacts.find_contact(tx, contact_id)
    if known is None:
        return False
    await device_tests.record_test_seen(tx, known.contact_id)
    await contacts.record_seen(tx, known.contact_id)
    await watch_owner(tx, known.person_id)
    await _record(tx, await people.get_actor(tx, known.person_id), "device proven", known)
    return True


async def _record(tx: Tx, actor: Actor, action: str, known: Contact) -> None:
    about = About(kind="person", key=known.person_id)
    await audit.record(tx, actor, action, about, provider=known.provider)
