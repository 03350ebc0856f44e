"""A device counts for a month after its test: its owner is asked in time to tap another."""

from datetime import timedelta

import sqlalchemy as sa

from notifications.channels.port import ChannelKind
from notifications.texts import TextId
from scripts import cast
from scripts.desk import court_time
from scripts.pump import Pump
from tests.contract.storage.books import Books
from tracker.domain.people import HeldRole, Role
from tracker.loops.due_work import DueWorkLoop
from tracker.services.people.device_reminders import watch_devices
from tracker.services.people.devices import begin_test, receive_seen
from tracker.storage import people
from tracker.storage.contacts import Contact, ContactId, put_contact, record_dead
from tracker.storage.tables.alerts import due_work
from tracker.storage.tables.notices import notice

GAO = cast.DUTY_OFFICER.person_id
PHONE, ACCOUNT = ContactId("phone"), ContactId("account")


async def proves(books: Books, contact_id: ContactId = PHONE, provider: str = "web-push") -> None:
    """高 taps a test on a device."""
    async with books.registry.transaction() as tx:
        device = Contact(
            contact_id=contact_id,
            person_id=GAO,
            channel=ChannelKind.PUSH,
            provider=provider,
            label=contact_id,
            address=contact_id,
            created_at=tx.at,
        )
        await put_contact(tx, device)
        assert await receive_seen(tx, (await begin_test(tx, device)).token)


async def reaches(books: Books, month: int, day: int) -> None:
    """Noon of a day."""
    await Pump(books.clock, [DueWorkLoop(books.registry)]).reach(court_time(month, day, 12, 0))


async def asked(books: Books) -> list[str]:
    """When 高 was asked, by SMS and push alike."""
    of_text = sa.select(notice).where(notice.c.text_id == TextId.DEVICE_TEST_DUE).order_by(notice.c.id)
    async with books.registry.reading() as tx:
        rows = await tx.rows(of_text)
    assert {row.person_id for row in rows} <= {GAO}
    by_sms = [row.created_at for row in rows if row.channel == ChannelKind.SMS]
    assert by_sms == [row.created_at for row in rows if row.channel == ChannelKind.PUSH]
    return [f"{at + timedelta(hours=8):%m-%d %H:%M}" for at in by_sms]


async def test_its_owner_is_asked_three_days_before_and_weekly_once_it_does_not_count(books: Books) -> None:
    await proves(books)

    await reaches(books, 3, 23)
    in_time = await asked(books)
    await reaches(books, 4, 4)

    assert in_time == []
    assert await asked(books) == ["03-24 09:00", "03-28 09:00", "04-04 09:00"]


async def test_who_tests_it_in_time_is_asked_a_month_later(books: Books) -> None:
    await proves(books)
    await reaches(books, 3, 25)
    await proves(books)

    await reaches(books, 4, 22)

    assert await asked(books) == ["03-24 09:00", "04-21 09:00"]


async def test_each_provider_is_a_way_of_its_own(books: Books) -> None:
    await proves(books)
    await reaches(books, 3, 10)
    await proves(books, ACCOUNT, "wecom")

    await reaches(books, 3, 25)

    assert await asked(books) == ["03-24 09:00"]


async def test_nobody_is_asked_for_an_old_phone_while_a_new_one_counts(books: Books) -> None:
    await proves(books)
    await reaches(books, 3, 10)
    await proves(books, ContactId("new-phone"))

    await reaches(books, 4, 5)

    assert await asked(books) == []


async def test_nobody_is_asked_for_what_was_given_up(books: Books) -> None:
    await proves(books)
    async with books.registry.transaction() as tx:
        await record_dead(tx, PHONE, "http-410")

    await reaches(books, 4, 5)

    assert await asked(books) == []


async def test_who_gave_up_one_device_is_asked_when_the_other_is_due(books: Books) -> None:
    await proves(books)
    await reaches(books, 3, 10)
    await proves(books, ACCOUNT, "wecom")
    async with books.registry.transaction() as tx:
        await record_dead(tx, PHONE, "http-410")

    await reaches(books, 4, 7)

    assert await asked(books) == ["04-06 09:00"]


async def test_nobody_is_asked_who_has_left(books: Books) -> None:
    await proves(books)
    async with books.registry.transaction() as tx:
        await people.end_role(tx, GAO, HeldRole(role=Role.DUTY_OFFICER, team_id=None))

    await reaches(books, 4, 5)

    assert await asked(books) == []


async def test_who_had_proven_a_device_before_is_asked_once_the_service_has_started(books: Books) -> None:
    await proves(books)
    async with books.registry.transaction() as tx:
        await tx.run(sa.delete(due_work))
        await watch_devices(tx, cast.COURT.court_id)
        await watch_devices(tx, cast.COURT.court_id)

    await reaches(books, 3, 25)

    assert await asked(books) == ["03-24 09:00"]
