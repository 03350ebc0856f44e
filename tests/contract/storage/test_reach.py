"""Proving a phone, finding out that it is dead, and switching channels off: nobody falls below the minimum
unnoticed.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from notifications.channels.port import ChannelKind, CodeAction
from notifications.delivery import AttemptState
from notifications.providers import Providers
from notifications.texts import TextId
from scripts import cast
from scripts.pump import Pump
from tests.contract.storage.books import Books
from tests.scripted_channel import ScriptedChannel
from tracker.domain.devices import SEEN_LASTS
from tracker.domain.due import DueKind
from tracker.domain.errors import Conflict
from tracker.domain.people import HeldRole, Role
from tracker.loops.due_work import DueWorkLoop
from tracker.services.delivery.claims import claim_sendings
from tracker.services.delivery.reports import Report, receive_report
from tracker.services.people.channel_tests import send_test
from tracker.services.people.dead_numbers import note_dead, remind_of_dead
from tracker.services.people.phone_checks import Checked, send_code, try_code
from tracker.services.people.reach import change_number, get_reach, switch_off
from tracker.services.people.sms_stops import stop_sms
from tracker.storage import muted_channels, notices, people
from tracker.storage.contacts import Contact, ContactId, put_contact, record_gone, remove_contact
from tracker.storage.people import Person
from tracker.storage.tables.alerts import due_work
from tracker.storage.tables.notices import notice
from tracker.storage.transaction import Tx

GAO, LEADER = cast.DUTY_OFFICER.person_id, cast.LEADER.person_id
ADMINISTRATOR = cast.ADMINISTRATOR.person_id
NEW_NUMBER = cast.demo_phone(88)


async def gao(books: Books) -> Person:
    async with books.registry.reading() as tx:
        return await people.get_person(tx, GAO)


async def asks_for_code(books: Books) -> str:
    """高 has a code sent; what it says."""
    async with books.registry.transaction() as tx:
        await send_code(tx, await people.get_actor(tx, GAO))
    async with books.registry.reading() as tx:
        *_, sent = await notices.list_of_person(tx, GAO, [TextId.PHONE_CODE], tx.at)
    return sent.facts.check_code or ""


async def types(books: Books, code: str) -> Checked:
    async with books.registry.transaction() as tx:
        return await try_code(tx, await people.get_actor(tx, GAO), code)


async def changes_number(books: Books, typed: str) -> None:
    async with books.registry.transaction() as tx:
        await people.grant_role(tx, LEADER, HeldRole(role=Role.ADMINISTRATOR, team_id=None))
        await change_number(tx, await people.get_actor(tx, LEADER), GAO, typed)


def another(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


async def test_a_phone_is_verified_by_its_code_and_the_next_number_is_not(
    books: Books,
) -> None:
    code = await asks_for_code(books)

    assert await types(books, another(code)) is Checked.WRONG
    assert await types(books, code) is Checked.VERIFIED
    assert (await gao(books)).phone_verified_at == books.clock.now()
    assert await types(books, code) is Checked.OVER

    await changes_number(books, "100 0000 0088")
    assert ((await gao(books)).phone, (await gao(books)).phone_verified_at) == (NEW_NUMBER, None)


async def test_a_code_is_over_after_five_tries_ten_minutes_or_a_change_of_number(books: Books) -> None:
    guessed = await asks_for_code(books)
    assert [await types(books, another(guessed)) for _ in range(5)] == [Checked.WRONG] * 5
    assert await types(books, guessed) is Checked.OVER

    late = await asks_for_code(books)
    books.clock.move_to(books.clock.now() + timedelta(minutes=10))
    assert await types(books, late) is Checked.OVER

    of_the_old_number = await asks_for_code(books)
    await changes_number(books, NEW_NUMBER)
    assert await types(books, of_the_old_number) is Checked.OVER


async def test_codes_are_not_sent_without_end(books: Books) -> None:
    for _ in range(5):
        await asks_for_code(books)

    with pytest.raises(Conflict, match="try again later"):
        await asks_for_code(books)


async def test_a_number_that_is_somebody_elses_is_refused(books: Books) -> None:
    with pytest.raises(Conflict, match="somebody else's"):
        await changes_number(books, cast.JUDGE.phone)


async def told_of_dead(books: Books) -> list[tuple[str, str]]:
    async with books.registry.reading() as tx:
        rows = await tx.rows(
            sa.select(notice.c.person_id, notice.c.channel).where(notice.c.text_id == TextId.NUMBER_DEAD)
        )
    return sorted((row.person_id, row.channel) for row in rows)


ONCE = [(ADMINISTRATOR, "push"), (ADMINISTRATOR, "sms"), (LEADER, "push"), (LEADER, "sms")]


async def test_a_dead_number_is_told_at_once_and_every_morning_until_it_is_changed(books: Books) -> None:
    async with books.registry.transaction() as tx:
        await send_test(tx, await people.get_actor(tx, GAO), ChannelKind.SMS)
        known = Providers([ScriptedChannel("twilio")])
        (sending,) = await claim_sendings(tx, books.registry.new_lease(), known)
    report = Report(
        attempt_id=sending.attempt.attempt_id,
        provider_id="SM-1",
        state=AttemptState.UNDELIVERED,
        code="30005",
        action=CodeAction.NUMBER_IS_DEAD,
    )
    async with books.registry.transaction() as tx:
        await receive_report(tx, report)

    assert (await gao(books)).phone_dead_at == books.clock.now()
    assert await told_of_dead(books) == ONCE
    async with books.registry.transaction() as tx:
        await note_dead(tx, GAO, "30005", tx.at)
        reminder = await tx.row(sa.select(due_work.c.due_at).where(due_work.c.kind == DueKind.NUMBER_DEAD))
    assert await told_of_dead(books) == ONCE
    assert reminder is not None
    assert reminder.due_at.isoformat() == "2026-02-26T01:00:00+00:00"

    async with books.registry.transaction() as tx:
        await remind_of_dead(tx, GAO)
    assert await told_of_dead(books) == sorted(2 * ONCE)
    await changes_number(books, NEW_NUMBER)
    async with books.registry.transaction() as tx:
        await remind_of_dead(tx, GAO)
    assert await told_of_dead(books) == sorted(2 * ONCE)


async def test_a_late_report_about_the_former_number_does_not_kill_the_new_one(books: Books) -> None:
    sent_at = books.clock.now()
    books.clock.move_to(sent_at + timedelta(minutes=1))
    await changes_number(books, NEW_NUMBER)

    async with books.registry.transaction() as tx:
        await note_dead(tx, GAO, "30005", sent_at)

    assert (await gao(books)).phone_dead_at is None


def device_of_gao(tx: Tx, seen_at: datetime | None = None) -> Contact:
    return Contact(
        contact_id=ContactId(tx.entropy.new_id()),
        person_id=GAO,
        channel=ChannelKind.PUSH,
        provider="recorder",
        label="my phone",
        address="device-1",
        created_at=tx.at,
        seen_at=seen_at,
    )


async def is_removed(tx: Tx, device: Contact) -> None:
    await remove_contact(tx, device.contact_id)


async def is_gone(tx: Tx, device: Contact) -> None:
    await record_gone(tx, device.provider, device.address, "http-410")


@pytest.mark.parametrize("loses", [is_removed, is_gone])
async def test_who_loses_a_device_gets_back_what_was_switched_off(
    books: Books, loses: Callable[[Tx, Contact], Awaitable[None]]
) -> None:
    async with books.registry.transaction() as tx:
        device = device_of_gao(tx)
        await put_contact(tx, device)
        await muted_channels.put_muted(tx, GAO, [ChannelKind.SMS])
    async with books.registry.transaction() as tx:
        before = await muted_channels.list_muted(tx, cast.COURT.court_id)
        await loses(tx, device)
        after = await muted_channels.list_muted(tx, cast.COURT.court_id)

    assert (before, after) == ({GAO: frozenset({ChannelKind.SMS})}, {})


async def number_dies(tx: Tx) -> None:
    await note_dead(tx, GAO, "30005", tx.at)


async def replies_stop(tx: Tx) -> None:
    await stop_sms(tx, await people.get_actor(tx, GAO), "twilio")


@pytest.mark.parametrize("loses", [number_dies, replies_stop])
async def test_who_loses_the_phone_gets_back_what_was_switched_off(
    books: Books, loses: Callable[[Tx], Awaitable[None]]
) -> None:
    """The harm: push was switched off because SMS came, and now neither does."""
    async with books.registry.transaction() as tx:
        await muted_channels.put_muted(tx, GAO, [ChannelKind.PUSH])
    async with books.registry.transaction() as tx:
        await loses(tx)

    async with books.registry.reading() as tx:
        assert await muted_channels.list_muted(tx, cast.COURT.court_id) == {}


async def ways_to_gao(books: Books) -> frozenset[str]:
    person = await gao(books)
    async with books.registry.reading() as tx:
        return (await get_reach(tx, person, {ChannelKind.PUSH: ("recorder",)})).ways


async def test_a_device_is_a_way_for_as_long_as_its_test_holds(books: Books) -> None:
    async with books.registry.transaction() as tx:
        await put_contact(tx, device_of_gao(tx, seen_at=tx.at))
    seen = await ways_to_gao(books)

    books.clock.move_to(books.clock.now() + SEEN_LASTS + timedelta(seconds=1))

    assert (seen, await ways_to_gao(books)) == (frozenset({"recorder"}), frozenset())


async def told_that_sms_is_back(books: Books) -> set[str]:
    async with books.registry.reading() as tx:
        rows = await tx.rows(sa.select(notice.c.person_id).where(notice.c.text_id == TextId.CHANNELS_BACK))
    return {row.person_id for row in rows}


async def test_who_muted_sms_gets_it_back_when_the_test_of_a_device_runs_out(books: Books) -> None:
    set_up = {ChannelKind.PUSH: ("web-push", "wecom"), ChannelKind.SMS: ("twilio",)}
    loops = (DueWorkLoop(books.registry),)
    async with books.registry.transaction() as tx:
        for provider in ("web-push", "wecom"):
            await put_contact(tx, replace(device_of_gao(tx, seen_at=tx.at), provider=provider))
        await switch_off(tx, await people.get_actor(tx, GAO), frozenset({ChannelKind.SMS}), set_up)
    await Pump(books.clock, loops).reach(books.clock.now() + SEEN_LASTS)
    async with books.registry.reading() as tx:
        before = await muted_channels.list_muted(tx, cast.COURT.court_id)

    await Pump(books.clock, loops).reach(books.clock.now() + timedelta(seconds=1))

    async with books.registry.reading() as tx:
        after = await muted_channels.list_muted(tx, cast.COURT.court_id)
        shown = await get_reach(tx, await people.get_person(tx, GAO), set_up)
    assert (before, after) == ({GAO: frozenset({ChannelKind.SMS})}, {})
    assert shown.has_stale_device
    assert await told_that_sms_is_back(books) >= {GAO}
