"""Devices and accounts of people: sealed, found by their person, and never of two people at once."""

from dataclasses import replace

import sqlalchemy as sa

from notifications.channels.port import ChannelKind, CodeAction, Gone, Rejected, Submitted
from notifications.texts import TextId
from scripts import cast
from tests.contract.storage.books import Books
from tests.contract.storage.paging import PROVIDERS
from tests.contract.storage.test_leases import NOTICE, SLOW, slow_sending
from tracker.domain.devices import DeviceTestState
from tracker.services.delivery.addresses import find_address
from tracker.services.delivery.claims import claim_sendings
from tracker.services.delivery.results import Answered, record_sent
from tracker.storage.contacts import (
    Contact,
    ContactId,
    list_contacts,
    put_contact,
    record_dead,
    record_gone,
    record_seen,
    remove_contact,
)
from tracker.storage.device_tests import (
    DeviceTest,
    begin_device_test,
    find_tested,
    list_device_tests,
    record_device_test,
    record_test_seen,
)
from tracker.storage.notices import add_notice
from tracker.storage.people import get_person
from tracker.storage.tables.court import contact
from tracker.storage.transaction import Tx

SHEN = cast.JUDGE.person_id
GAO = cast.DUTY_OFFICER.person_id


def a_phone(tx: Tx) -> Contact:
    return Contact(
        contact_id=ContactId(tx.entropy.new_id()),
        person_id=SHEN,
        channel=ChannelKind.PUSH,
        provider="web-push",
        label="my phone",
        address="https://push.example/device-1",
        created_at=tx.at,
    )


async def test_an_address_is_kept_sealed(books: Books) -> None:
    async with books.registry.transaction() as tx:
        known = a_phone(tx)
        await put_contact(tx, known)
    async with books.registry.reading() as tx:
        assert await list_contacts(tx, [SHEN, GAO]) == (known,)
        row = await tx.row(sa.select(contact.c.address))
    assert row is not None
    assert b"push.example" not in row.address


async def test_a_device_that_changes_hands_is_no_longer_the_former_owners(books: Books) -> None:
    async with books.registry.transaction() as tx:
        known = a_phone(tx)
        await put_contact(tx, known)
        await record_seen(tx, known.contact_id)
        await put_contact(tx, replace(known, contact_id=ContactId(tx.entropy.new_id()), person_id=GAO))
    async with books.registry.reading() as tx:
        assert await list_contacts(tx, [SHEN]) == ()
        (passed_on,) = await list_contacts(tx, [GAO])
    assert passed_on.seen_at is None


async def test_what_was_dead_lives_when_a_test_is_seen_on_it(books: Books) -> None:
    async with books.registry.transaction() as tx:
        known = a_phone(tx)
        await put_contact(tx, known)
        await record_dead(tx, known.contact_id, "http-410")
        (dead,) = await list_contacts(tx, [SHEN])
        await record_seen(tx, known.contact_id)
        (alive,) = await list_contacts(tx, [SHEN])
        await remove_contact(tx, known.contact_id)
        left = await list_contacts(tx, [SHEN])
    assert (dead.dead_at, dead.dead_code) == (tx.at, "http-410")
    assert (alive.dead_at, alive.seen_at) == (None, tx.at)
    assert left == ()


async def test_a_push_goes_to_all_devices_that_live_at_its_provider(books: Books) -> None:
    by_push = replace(NOTICE, channel=ChannelKind.PUSH)
    async with books.registry.transaction() as tx:
        phone = a_phone(tx)
        tablet = replace(phone, contact_id=ContactId(tx.entropy.new_id()), address="https://push.example/2")
        lost = replace(phone, contact_id=ContactId(tx.entropy.new_id()), address="https://push.example/3")
        await put_contact(tx, phone)
        await put_contact(tx, tablet)
        await put_contact(tx, lost)
        await record_dead(tx, lost.contact_id, "http-410")

        found = [await find_address(tx, by_push, name) for name in ("web-push", "wecom", "recorder")]
        by_phone = await find_address(tx, NOTICE, "twilio")

    assert found == ['["https://push.example/device-1", "https://push.example/2"]', None, SHEN]
    assert by_phone == cast.JUDGE.phone


async def test_an_address_that_is_gone_is_given_up_with_its_provider_alone(books: Books) -> None:
    async with books.registry.transaction() as tx:
        known = a_phone(tx)
        await put_contact(tx, known)
        await record_gone(tx, "another", known.address, "http-410")
        (alive,) = await list_contacts(tx, [SHEN])
        await record_gone(tx, known.provider, known.address, "http-410")
        await record_gone(tx, known.provider, known.address, "http-404")
        (dead,) = await list_contacts(tx, [SHEN])
    assert alive.dead_at is None
    assert (dead.dead_at, dead.dead_code) == (tx.at, "http-410")


async def test_a_device_that_its_service_calls_gone_is_given_up_though_another_was_reached(
    books: Books,
) -> None:
    """The harm: a phone that was thrown away counts as a way to the judge."""
    sending = await slow_sending(books)
    async with books.registry.transaction() as tx:
        lost = replace(a_phone(tx), provider=sending.attempt.provider)
        await put_contact(tx, lost)
        result = Submitted(provider_id="push-1", gone=(Gone(address=lost.address, code="http-410"),))

        await record_sent(tx, [Answered(sending=sending, result=result, token=SLOW)])

        (known,) = await list_contacts(tx, [SHEN])
    assert (known.dead_at, known.dead_code) == (tx.at, "http-410")


async def test_a_device_that_is_dead_says_nothing_of_the_number(books: Books) -> None:
    """The harm: a browser is gone, and the judge's phone rings no more."""
    async with books.registry.transaction() as tx:
        await add_notice(tx, replace(NOTICE, channel=ChannelKind.PUSH, text_id=TextId.CHANNEL_TEST))
        [sending] = await claim_sendings(tx, SLOW, PROVIDERS)
        gone = Rejected(code="http-410", action=CodeAction.NUMBER_IS_DEAD)

        await record_sent(tx, [Answered(sending=sending, result=gone, token=SLOW)])

        assert (await get_person(tx, SHEN)).phone_dead_at is None


async def test_only_the_secret_of_the_latest_test_proves_a_device_and_once(books: Books) -> None:
    async with books.registry.transaction() as tx:
        known = a_phone(tx)
        await put_contact(tx, known)
        await begin_device_test(tx, known.contact_id, "former")
        await begin_device_test(tx, known.contact_id, "latest")
        await record_device_test(tx, "former", DeviceTestState.REFUSED, "http-500")
        await record_device_test(tx, "latest", DeviceTestState.SENT, None)
        sent = await list_device_tests(tx, [known.contact_id])
        found = [await find_tested(tx, "former"), await find_tested(tx, "latest")]
        await record_test_seen(tx, known.contact_id)
        await record_device_test(tx, "latest", DeviceTestState.UNKNOWN, None)
        seen = await list_device_tests(tx, [known.contact_id])
        again = await find_tested(tx, "latest")
    assert sent == {known.contact_id: DeviceTest(state=DeviceTestState.SENT, sent_at=tx.at, code=None)}
    assert found == [None, known.contact_id]
    assert seen == {known.contact_id: DeviceTest(state=DeviceTestState.SEEN, sent_at=tx.at, code=None)}
    assert again is None
