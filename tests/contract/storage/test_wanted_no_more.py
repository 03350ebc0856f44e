"""Whose sender died, and what nobody wants any more by then: what became of it is found out all the same."""

import pytest

from notifications.channels.port import FindResult, NotFound, Submitted
from notifications.delivery import AttemptState, NoticeState
from notifications.texts import TextId
from scripts import cast
from tests.contract.storage.books import Books
from tests.contract.storage.paging import is_seen
from tests.contract.storage.test_leases import NEXT, PROVIDERS, SLOW
from tracker.domain.alerts import Alert
from tracker.domain.ids import LeaseToken
from tracker.services.delivery import claim_sendings
from tracker.services.delivery_results import record_looked_up
from tracker.services.sendings import Errand, Sending
from tracker.services.takings import Way, take_alert
from tracker.storage import alerts, attempts, notices, people
from tracker.storage.leases import free_leases


async def claims(books: Books, token: LeaseToken) -> dict[TextId, Sending]:
    """What the judge is to get, as a worker claims it."""
    async with books.registry.transaction() as tx:
        claimed = await claim_sendings(tx, token, PROVIDERS)
    judge = cast.JUDGE.person_id
    return {one.notice.text_id: one for one in claimed if one.notice.person_id == judge}


async def takes(books: Books, member: cast.Member, alert: Alert) -> None:
    async with books.registry.transaction() as tx:
        actor = await people.get_actor(tx, member.person_id)
        await take_alert(tx, actor, await alerts.lock_alert(tx, alert.alert_id), Way.CONSOLE)


@pytest.mark.parametrize(
    ("found", "ends"),
    [
        (NotFound(), (NoticeState.CANCELLED, AttemptState.FAILED)),
        (Submitted(provider_id="SM1"), (NoticeState.DONE, AttemptState.SENT)),
    ],
)
async def test_a_page_in_doubt_of_what_somebody_has_taken_is_looked_up_and_not_repeated(
    books: Books, found: FindResult, ends: tuple[NoticeState, AttemptState]
) -> None:
    alert = await is_seen(books)
    [page] = (await claims(books, SLOW)).values()
    await takes(books, cast.DUTY_OFFICER, alert)
    async with books.registry.transaction() as tx:
        await free_leases(tx, "slow")

    in_doubt = (await claims(books, NEXT))[page.notice.text_id]
    assert in_doubt.errand is Errand.LOOK_UP
    async with books.registry.transaction() as tx:
        assert await record_looked_up(tx, in_doubt, found, NEXT) is None
    await claims(books, NEXT)

    async with books.registry.reading() as tx:
        notice = await notices.get_notice(tx, page.notice.notice_id)
        [attempt] = await attempts.list_attempts(tx, [page.notice.notice_id])
    assert (notice.state, attempt.state) == ends
