"""A message is read by the keys that its agency's adapters were last seen with, which are asked for again in
the same trip: whoever lost theirs meanwhile is believed no more, and whoever got new ones is.
"""

import pytest

from adapters.bus.port import Accepted, Refused
from schemas.signing import SigningKey
from scripts import cast
from scripts.partners import INSTANCE
from tests.contract.storage.asked import asked
from tests.contract.storage.books import BEGINS, Books
from tests.contract.storage.test_canaries import KEY, RAIL, STRANGER, letter
from tracker.consumers.agency import AgencyConsumer
from tracker.storage import agencies

OTHER_KEY = SigningKey.from_secret("rail-2", b"o" * 32)


@pytest.fixture
async def consumer(books: Books) -> AgencyConsumer:
    """It has seen the keys."""
    consumer = AgencyConsumer(registry=books.registry, court_id=cast.COURT.court_id, agency_id=RAIL)
    assert await consumer.take([letter("use-1", STRANGER, BEGINS)]) == [Accepted()]
    return consumer


async def test_a_line_that_was_closed_meanwhile_is_believed_no_more(
    books: Books, consumer: AgencyConsumer
) -> None:
    async with books.registry.transaction() as tx:
        await agencies.record_instance_key(tx, RAIL, INSTANCE, KEY.verifying, closed_at=BEGINS)

    (answer,) = await consumer.take([letter("use-2", STRANGER, BEGINS)])

    assert isinstance(answer, Refused)
    assert answer.reason.startswith("line closed")


async def test_a_key_that_was_replaced_meanwhile_is_believed_no_more(
    books: Books, consumer: AgencyConsumer
) -> None:
    async with books.registry.transaction() as tx:
        await agencies.record_instance_key(tx, RAIL, INSTANCE, OTHER_KEY.verifying, closed_at=None)

    (answer,) = await consumer.take([letter("use-2", STRANGER, BEGINS)])

    assert isinstance(answer, Refused)


async def test_a_key_that_is_new_is_believed_at_once(books: Books, consumer: AgencyConsumer) -> None:
    async with books.registry.transaction() as tx:
        await agencies.record_instance_key(tx, RAIL, INSTANCE, OTHER_KEY.verifying, closed_at=None)
    assert isinstance((await consumer.take([letter("use-2", STRANGER, BEGINS)]))[0], Refused)
    async with books.registry.transaction() as tx:
        await agencies.record_instance_key(tx, RAIL, INSTANCE, KEY.verifying, closed_at=None)

    assert await consumer.take([letter("use-3", STRANGER, BEGINS)]) == [Accepted()]


TRIPS_FOR_A_STRANGER = {"postgresql": 2, "sqlite": 5}
"""By the database: one reading, and the row that says that the message came."""


async def test_what_is_known_of_a_message_is_asked_in_one_trip(
    books: Books, consumer: AgencyConsumer
) -> None:
    async with books.registry.reading() as tx:
        database = tx.db.dialect.name
    with asked() as statements:
        await consumer.take([letter("use-2", STRANGER, BEGINS)])

    assert len(statements) == TRIPS_FOR_A_STRANGER[database]
