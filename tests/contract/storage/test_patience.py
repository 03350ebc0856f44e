"""What providers ask to be sent later goes later, and what cannot wait does not wait for long."""

from dataclasses import replace
from datetime import timedelta

import pytest

from notifications.channels.port import CodeAction, Rejected
from notifications.delivery import AttemptState
from tests.contract.storage.books import Books
from tests.contract.storage.test_failover import (
    IN_TROUBLE,
    ORDER,
    SAID,
    TOO_MANY,
    desk_of,
    first,
    second,
)
from tests.contract.storage.test_leases import NOTICE, PROVIDERS, SLOW
from tracker.services.delivery.claims import claim_sendings
from tracker.services.delivery.reports import Report
from tracker.storage import notices

IN_AN_HOUR = replace(TOO_MANY, retry_after_s=3600)


@pytest.mark.parametrize(("refusal", "waits_s"), [(TOO_MANY, 7), (IN_TROUBLE, 5)])
async def test_when_all_ask_for_patience_they_get_as_much_as_they_ask_for(
    books: Books, refusal: Rejected, waits_s: int
) -> None:
    one, other = first(refusal), second(refusal)
    desk = desk_of(books, one, other)
    await desk.writes(NOTICE)
    await desk.waits(seconds=waits_s - 1)
    assert one.arrived + other.arrived == []

    await desk.waits(seconds=1)

    assert (len(one.arrived), len(other.arrived)) == (1, 0)


async def test_an_order_goes_by_whoever_is_ready_first_and_waits_no_hour(books: Books) -> None:
    one, other = first(IN_TROUBLE), second(IN_AN_HOUR)
    desk = desk_of(books, one, other)
    await desk.writes(ORDER)
    await desk.waits(seconds=4)
    assert one.texts == []

    await desk.waits(seconds=1)

    assert (len(one.texts), len(other.texts)) == (1, 0)


async def test_an_order_is_tried_again_after_half_a_minute_whatever_the_only_one_asks(books: Books) -> None:
    one = first(IN_AN_HOUR)
    desk = desk_of(books, one)
    await desk.writes(ORDER)
    await desk.waits(seconds=29)
    assert one.texts == []

    await desk.waits(seconds=1)

    assert one.texts == [SAID]


async def test_an_order_that_was_lost_for_now_goes_by_the_same_once_more(books: Books) -> None:
    one = first()
    desk = desk_of(books, one)
    await desk.writes(ORDER)
    lost = Report(
        attempt_id=one.arrived[0].attempt_id,
        provider_id=None,
        state=AttemptState.UNDELIVERED,
        code="30001",
        action=CodeAction.RETRY_LATER,
    )

    await desk.takes(lost)
    await desk.waits(seconds=5)
    assert one.texts == [SAID, SAID]

    await desk.takes(replace(lost, attempt_id=one.arrived[1].attempt_id))
    await desk.waits(seconds=3600)
    assert len(one.texts) == 2


@pytest.mark.parametrize(("of_use", "tries_s"), [(timedelta(hours=1), 1800), (timedelta(minutes=5), 300)])
async def test_a_provider_goes_on_trying_for_half_an_hour_and_not_past_the_use(
    books: Books, of_use: timedelta, tries_s: int
) -> None:
    """The harm: a phone that was off rings about a train that left an hour ago."""
    async with books.registry.transaction() as tx:
        await notices.add_notice(tx, replace(NOTICE, expires_at=tx.at + of_use))
        [sending] = await claim_sendings(tx, SLOW, PROVIDERS)

    assert sending.outgoing.valid_for_s == tries_s
