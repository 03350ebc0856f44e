"""Messages of the broker whose headers are not what they should be: what an agency may say of its dead
letters, and what is made of the rest.
"""

from datetime import UTC, datetime

import pytest
from aio_pika import IncomingMessage
from aio_pika.abc import HeadersType
from aiormq.abc import DeliveredMessage
from pamqp.commands import Basic
from pamqp.common import FieldValue
from pamqp.header import ContentHeader

from adapters.bus.port import DeadLetter
from adapters.bus.rabbitmq.frames import NO_TIME
from adapters.bus.rabbitmq.letters import dead_letter_of, delivery_of

LATE = datetime(2026, 2, 25, 4, 0, tzinfo=UTC)


def letter(user: str | None, **headers: FieldValue) -> IncomingMessage:
    """As the broker hands it over; `headers` are named with underscores."""
    named: HeadersType = {name.replace("_", "-"): value for name, value in headers.items()}
    properties = Basic.Properties(message_id="m-1", user_id=user, headers=named)
    header = ContentHeader(body_size=0, properties=properties)
    delivered = DeliveredMessage(delivery=Basic.GetOk(), header=header, body=b"", channel=None)  # type: ignore[arg-type]
    return IncomingMessage(delivered, no_ack=True)


def believed(queue: str, sender: str) -> DeadLetter:
    return DeadLetter(queue=queue, message_id="m-1", sender=sender, reason="not-json", died_at=LATE)


def refused(user: str, queue: str, sender: str) -> DeadLetter:
    """What is made of a letter that names itself so."""
    told = {"refused_from": queue, "first_sent_by": sender, "refused_at": LATE.isoformat()}
    return dead_letter_of(letter(user, refused_because="not-json", **told))


@pytest.mark.parametrize(
    ("user", "queue", "sender"),
    [
        ("court", "express.police.one", "court"),
        ("court", "from.rail", "agency.rail"),
        ("agency.rail", "feed.rail.one", "court"),
        ("agency.rail", "express.rail.one", "court"),
        ("agency.rail", "orders.rail.north-2", "court"),
        ("agency.rail", "from.rail", "agency.rail"),
    ],
)
def test_who_refused_says_where_it_was(user: str, queue: str, sender: str) -> None:
    assert refused(user, queue, sender) == believed(queue, sender)


@pytest.mark.parametrize(
    ("user", "queue", "sender"),
    [
        ("agency.rail", "express.police.one", "court"),
        ("agency.rail", "express.rail.one", "agency.police"),
        ("agency.rail", "express.railway.one", "court"),
        ("agency.rail", "express.rail.one.two", "court"),
        ("agency.rail", "from.rail", "court"),
        ("agency.rail", "from.rail", "agency.police"),
        ("agency.rail", "from.police", "agency.rail"),
        ("agency.rail", "dead", "court"),
        ("agency.", "express..one", "court"),
        ("somebody", "from.somebody", "somebody"),
    ],
)
def test_an_agency_cannot_have_a_forged_letter_put_back_in_the_name_of_another(
    user: str, queue: str, sender: str
) -> None:
    assert refused(user, queue, sender) == DeadLetter(
        queue="", message_id="m-1", sender=user, reason=f"forged by {user}: not-json", died_at=LATE
    )


def test_a_letter_of_nobody_is_forged() -> None:
    made = dead_letter_of(letter(None, refused_from="from.rail", first_sent_by="agency.rail"))

    assert (made.queue, made.sender) == ("", "")
    assert made.reason == "forged by somebody without a name: buried by the broker: unknown"


def test_what_the_broker_buries_came_from_its_queue() -> None:
    made = dead_letter_of(
        letter(
            "agency.rail",
            x_first_death_queue="from.rail",
            x_first_death_reason="delivery_limit",
            x_death=[{"time": LATE}],
        )
    )

    assert (made.queue, made.sender, made.died_at) == ("from.rail", "agency.rail", LATE)
    assert made.reason == "buried by the broker: delivery_limit"


@pytest.mark.parametrize("nonsense", ["nonsense", [], [1], [{}], [{"time": "nonsense"}], {"time": LATE}])
def test_a_death_that_is_none_hides_no_letter(nonsense: FieldValue) -> None:
    assert dead_letter_of(letter("agency.rail", x_death=nonsense)).died_at == NO_TIME


@pytest.mark.parametrize("nonsense", ["nonsense", "2026-02-25T04:00:00", "9" * 400])
def test_a_date_that_is_none_hides_no_letter(nonsense: str) -> None:
    assert dead_letter_of(letter("court", refused_at=nonsense)).died_at == NO_TIME


@pytest.mark.parametrize(("counted", "redeliveries"), [(3, 3), (None, 0), ("abc", 0), (-1, 0), ("3", 0)])
def test_an_odd_count_of_deliveries_stops_no_consumer(counted: FieldValue, redeliveries: int) -> None:
    message = letter("agency.rail", x_delivery_count=counted)

    assert delivery_of("from.rail", message, tries=0).redeliveries == redeliveries


def test_a_message_without_a_user_is_nobodys() -> None:
    message = letter(None, first_sent_by="agency.rail")

    assert delivery_of("from.rail", message, tries=0).sender == ""
