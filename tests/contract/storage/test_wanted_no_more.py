"""What may have gone out, and what nobody wants any more: what became of it is found out, and it is not sent
again.
"""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from notifications.channels.port import ChannelKind, CodeAction, FindResult, NotFound, Submitted, Unknown
from notifications.delivery import AttemptState, NoticeState
from notifications.texts import TextId
from scripts import cast
from scripts.pump import Pump, settle
from tests.contract.storage.books import BEGINS, Books
from tests.contract.storage.paging import PROVIDERS as PROVIDERS_OF_ALL
from tests.contract.storage.paging import is_seen, reaches
from tests.contract.storage.test_failover import desk_of, first, second
from tests.contract.storage.test_leases import NEXT, NOTICE, PROVIDERS, SLOW
from tracker.domain.alerts import Alert
from tracker.domain.ids import EntryId, LeaseToken, NoticeId
from tracker.domain.plans import ActPoint
from tracker.services.alerts.act_points import choose_act_point
from tracker.services.answers.takings import Way, take_alert
from tracker.services.delivery.claims import claim_sendings
from tracker.services.delivery.reports import Report, receive_report
from tracker.services.delivery.results import LOOK_UP_AFTER, Answered, record_looked_up, record_sent
from tracker.services.delivery.sendings import Errand, Sending
from tracker.storage import alerts, attempts, notices, people, waiting_notices
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


async def gets_no_answer(books: Books, sending: Sending, token: LeaseToken) -> None:
    """The request goes out; what became of it nobody knows. Soon it is time to look it up."""
    async with books.registry.transaction() as tx:
        await record_sent(tx, [Answered(sending=sending, result=Unknown(reason="lost"), token=token)])
    books.clock.move_to(books.clock.now() + LOOK_UP_AFTER)


async def is_looked_up(books: Books, sent: Sending, found: FindResult) -> None:
    """It is asked for what became of it, and nothing is sent; then it is claimed once more."""
    in_doubt = (await claims(books, NEXT))[sent.notice.text_id]
    assert in_doubt.errand is Errand.LOOK_UP
    async with books.registry.transaction() as tx:
        await record_looked_up(tx, in_doubt, found, NEXT)
    await claims(books, NEXT)


async def ends(books: Books, notice_id: NoticeId) -> tuple[NoticeState, AttemptState]:
    """How a notice of one try has ended."""
    async with books.registry.reading() as tx:
        notice = await notices.get_notice(tx, notice_id)
        [attempt] = await attempts.list_attempts(tx, [notice_id])
    return notice.state, attempt.state


FOUND = pytest.mark.parametrize(
    ("found", "ended"),
    [
        (NotFound(), (NoticeState.CANCELLED, AttemptState.FAILED)),
        (Submitted(provider_id="SM1"), (NoticeState.DONE, AttemptState.SENT)),
    ],
)


@FOUND
async def test_a_page_in_doubt_of_what_somebody_has_taken_is_looked_up_and_not_repeated(
    books: Books, found: FindResult, ended: tuple[NoticeState, AttemptState]
) -> None:
    alert = await is_seen(books)
    [page] = (await claims(books, SLOW)).values()
    await takes(books, cast.DUTY_OFFICER, alert)
    async with books.registry.transaction() as tx:
        await free_leases(tx, "slow")

    await is_looked_up(books, page, found)

    assert await ends(books, page.notice.notice_id) == ended


@FOUND
async def test_a_page_whose_answer_was_lost_is_not_called_off_as_if_it_had_not_gone_out(
    books: Books, found: FindResult, ended: tuple[NoticeState, AttemptState]
) -> None:
    alert = await is_seen(books)
    [page] = (await claims(books, SLOW)).values()
    await gets_no_answer(books, page, SLOW)
    await takes(books, cast.DUTY_OFFICER, alert)
    assert await ends(books, page.notice.notice_id) == (NoticeState.DUE, AttemptState.UNKNOWN)

    await is_looked_up(books, page, found)

    assert await ends(books, page.notice.notice_id) == ended


async def test_what_is_not_true_any_more_of_an_entry_is_looked_up_and_not_repeated(books: Books) -> None:
    said = replace(NOTICE, entry_id=EntryId("entry-1"), person_id=cast.JUDGE.person_id)
    async with books.registry.transaction() as tx:
        await notices.add_notice(tx, said)
    [sent] = (await claims(books, SLOW)).values()
    await gets_no_answer(books, sent, SLOW)
    async with books.registry.transaction() as tx:
        await waiting_notices.cancel_waiting_for_entries(tx, [EntryId("entry-1")])

    await is_looked_up(books, sent, NotFound())

    assert await ends(books, sent.notice.notice_id) == (NoticeState.CANCELLED, AttemptState.FAILED)


@pytest.mark.parametrize(
    ("found", "ended"),
    [
        (NotFound(), (NoticeState.EXPIRED, AttemptState.FAILED)),
        (Submitted(provider_id="SM1"), (NoticeState.DONE, AttemptState.SENT)),
    ],
)
async def test_what_was_in_doubt_when_its_use_ended_is_looked_up_and_not_repeated(
    books: Books, found: FindResult, ended: tuple[NoticeState, AttemptState]
) -> None:
    soon_over = NOTICE.created_at + LOOK_UP_AFTER
    async with books.registry.transaction() as tx:
        await notices.add_notice(tx, replace(NOTICE, person_id=cast.JUDGE.person_id, expires_at=soon_over))
    [sent] = (await claims(books, SLOW)).values()
    await gets_no_answer(books, sent, SLOW)

    await is_looked_up(books, sent, found)

    assert await ends(books, sent.notice.notice_id) == ended


async def test_a_page_that_is_looked_up_while_somebody_takes_the_alert_is_not_repeated(books: Books) -> None:
    """The harm: the list of a provider is read for seconds, and the phone rings after the taking."""
    alert = await is_seen(books)
    [page] = (await claims(books, SLOW)).values()
    await gets_no_answer(books, page, SLOW)
    [in_doubt] = (await claims(books, NEXT)).values()
    await takes(books, cast.DUTY_OFFICER, alert)

    async with books.registry.transaction() as tx:
        await record_looked_up(tx, in_doubt, NotFound(), NEXT)
    await claims(books, NEXT)

    assert await ends(books, page.notice.notice_id) == (NoticeState.CANCELLED, AttemptState.FAILED)


async def calls_to_leader(books: Books, token: LeaseToken) -> list[Sending]:
    """As a worker claims them."""
    async with books.registry.transaction() as tx:
        claimed = await claim_sendings(tx, token, PROVIDERS_OF_ALL)
    leader = (cast.LEADER.person_id, ChannelKind.VOICE)
    return [one for one in claimed if (one.notice.person_id, one.notice.channel) == leader]


async def test_a_call_that_was_under_way_at_a_standstill_gives_way_to_the_latest(books: Books) -> None:
    """The harm: the court was away for five minutes, and then the leader's phone rings twice."""
    await is_seen(books)
    await reaches(books, BEGINS + timedelta(minutes=10))
    [former] = await calls_to_leader(books, SLOW)
    await reaches(books, BEGINS + timedelta(minutes=15))
    async with books.registry.transaction() as tx:
        await free_leases(tx, "slow")
    looked_up, latest = await calls_to_leader(books, NEXT)
    assert (looked_up.errand, latest.errand) == (Errand.LOOK_UP, Errand.SEND)

    async with books.registry.transaction() as tx:
        await record_looked_up(tx, looked_up, NotFound(), NEXT)

    assert await calls_to_leader(books, NEXT) == []
    ended = (NoticeState.CANCELLED, AttemptState.FAILED)
    assert await ends(books, former.notice.notice_id) == ended


async def test_ten_minutes_without_the_court_bring_one_message_to_each(books: Books) -> None:
    """Who was under way when it stopped, and all rungs that were missed."""
    await is_seen(books)
    one, other = first(), second()
    desk = desk_of(books, one, other)
    await desk.waits(seconds=299)
    await reaches(books, books.clock.now() + timedelta(seconds=1))
    async with books.registry.transaction() as tx:
        assert await claim_sendings(tx, SLOW, desk.providers)
    former = (len(one.arrived), len(other.arrived))
    books.clock.move_to(books.clock.now() + timedelta(minutes=10))
    async with books.registry.transaction() as tx:
        await free_leases(tx, "slow")

    await settle(desk.loops)

    since = one.arrived[former[0] :] + other.arrived[former[1] :]
    assert Counter(message.to for message in since) == {cast.DESK.phone: 1, cast.LEADER.phone: 1}


async def test_a_call_that_failed_only_after_a_later_one_is_not_made_again(books: Books) -> None:
    await is_seen(books)
    await reaches(books, BEGINS + timedelta(minutes=10))
    [former] = await calls_to_leader(books, SLOW)
    async with books.registry.transaction() as tx:
        taken = Submitted(provider_id="CA1", state=AttemptState.SENT)
        await record_sent(tx, [Answered(sending=former, result=taken, token=SLOW)])
    await reaches(books, BEGINS + timedelta(minutes=15))
    lost = Report(
        attempt_id=former.attempt.attempt_id,
        provider_id="CA1",
        state=AttemptState.UNDELIVERED,
        code="busy",
        action=CodeAction.RETRY_LATER,
    )
    async with books.registry.transaction() as tx:
        await receive_report(tx, lost)

    await reaches(books, BEGINS + timedelta(minutes=16))

    [latest] = await calls_to_leader(books, NEXT)
    assert latest.notice.notice_id != former.notice.notice_id
    ended = (NoticeState.CANCELLED, AttemptState.UNDELIVERED)
    assert await ends(books, former.notice.notice_id) == ended


async def test_nobody_is_sent_to_the_former_place_because_a_page_was_not_reported_delivered(
    books: Books,
) -> None:
    alert = await is_seen(books)
    slow, spare = first(), second()
    desk = desk_of(books, slow, spare)
    await settle(desk.loops)
    books.clock.move_to(books.clock.now() + timedelta(seconds=30))
    async with books.registry.transaction() as tx:
        judge = await people.get_actor(tx, cast.JUDGE.person_id)
        point = ActPoint(place="北京西站", at=tx.at + timedelta(hours=1), lead=timedelta(hours=1))
        await choose_act_point(tx, judge, await alerts.lock_alert(tx, alert.alert_id), point)
    await settle(desk.loops)

    await Pump(books.clock, desk.loops).reach(books.clock.now() + timedelta(seconds=90))

    assert ["北京西站" in text for text in spare.texts] == [True]
