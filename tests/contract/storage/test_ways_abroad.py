"""A provider is asked for numbers of the countries that it reaches, and for no others."""

from dataclasses import replace

from notifications.people import PhoneNumber
from scripts import cast
from tests.contract.storage.books import Books
from tests.contract.storage.test_failover import desk_of
from tests.contract.storage.test_leases import NOTICE
from tests.scripted_channel import ScriptedChannel
from tracker.storage import people


async def test_whom_the_preferred_provider_does_not_reach_the_next_one_writes_to(books: Books) -> None:
    at_home, abroad = ScriptedChannel("aliyun"), ScriptedChannel("twilio")
    desk = desk_of(books, at_home, abroad)
    async with books.registry.transaction() as tx:
        judge = await people.get_person(tx, cast.JUDGE.person_id)
        await people.change_person(tx, replace(judge, phone=PhoneNumber("+12025550123")))

    await desk.writes(NOTICE)

    assert (len(at_home.arrived), len(abroad.arrived)) == (0, 1)
