"""A slow worker whose lease was taken over changes no row, whatever it worked on."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from notifications.channels.port import ChannelKind, CodeAction, NotFound, Rejected, Submitted, Unknown
from notifications.channels.port import SendResult as Result
from notifications.channels.recorder import Recorder
from notifications.delivery import AttemptState, NoticeState
from notifications.providers import Providers
from notifications.texts import Facts, Language, TextId
from schemas.messages import FeedHead
from scripts import cast
from tests.contract.storage.books import BEGINS, Books
from tests.contract.storage.test_feed_writer import put
from tracker.domain.due import DueKind, DueWork
from tracker.domain.ids import AgencyId, LeaseToken, NoticeId
from tracker.services.delivery.claims import claim_sendings
from tracker.services.delivery.reports import Report, Reported, receive_report
from tracker.services.delivery.results import Answered, record_looked_up, record_sent
from tracker.services.delivery.sendings import Errand, Sending
from tracker.storage import attempts, due_work, feed_changes, feeds, inbox, notice_claims, notices, outbox
from tracker.storage.feed_writing import claim_feeds, mark_published
from tracker.storage.inbox import Incoming
from tracker.storage.leases import free_leases
from tracker.storage.notices import Notice
from tracker.storage.outbox import OutboxLane, OutboxMessage
from tracker.storage.tables import alerts as alert_tables
from tracker.storage.tables import feeds as feed_tables
from tracker.storage.tables import notices as notice_tables
from tracker.storage.tables import plumbing
from tracker.storage.transaction import Tx

SLOW, NEXT = LeaseToken("slow.1"), LeaseToken("next.1")
RAIL = AgencyId("rail")
PROVIDERS = Providers([Recorder().channel(ChannelKind.SMS)])

NOTICE = Notice(
    notice_id=NoticeId("notice-1"),
    court_id=cast.COURT.court_id,
    alert_id=None,
    person_id=cast.JUDGE.person_id,
    subject_id=None,
    text_id=TextId.PERFORMED_PERSON,
    channel=ChannelKind.SMS,
    language=Language.CHINESE,
    facts=Facts(
        court="云河法院",
        case="26执1402",
        case_english="26 Zhi 1402",
        surname="程",
        sent_at=BEGINS,
        performed_at=BEGINS,
        desk_phone="010-00000000",
    ),
    silent=False,
    priority=1,
    state=NoticeState.DUE,
    created_at=BEGINS,
    due_at=BEGINS,
    expires_at=BEGINS + timedelta(hours=1),
    awaits_receipts=False,
    answered_at=None,
)

TABLES = (feed_tables.feed, alert_tables.due_work, plumbing.inbox, plumbing.outbox, notice_tables.notice)


async def the_lease_runs_out(books: Books, table: sa.Table) -> None:
    """As if thirty seconds of the database's clock had gone by."""
    async with books.registry.transaction() as tx:
        await tx.run(sa.update(table).values(lease_until=1.0))


async def was_counted_when_it_was_empty(tx: Tx, table: sa.Table) -> None:
    """PostgreSQL takes it for a table of one row, and asks which to claim with each row that it meets."""
    await tx.flush()
    await tx.run(sa.delete(table))
    if tx.db.dialect.name == "postgresql":
        await tx.db.exec_driver_sql(f"ANALYZE {table.name}")


async def leased_rows(books: Books, table: sa.Table) -> int:
    async with books.registry.reading() as tx:
        row = await tx.row(sa.select(sa.func.count()).where(table.c.lease_token.is_not(None)))
    return 0 if row is None else int(row[0])


async def test_a_due_row_is_claimed_alone_however_the_database_looks_for_it(books: Books) -> None:
    async with books.registry.transaction() as tx:
        await due_work.add_due(tx, DueWork(due_id="d", kind=DueKind.LADDER_STEP, about="a-1", due_at=tx.at))
        await was_counted_when_it_was_empty(tx, alert_tables.due_work)
        for position in range(5):
            due = DueWork(due_id=f"d-{position}", kind=DueKind.LADDER_STEP, about="a-1", due_at=tx.at)
            await due_work.add_due(tx, due)

    async with books.registry.transaction() as tx:
        await due_work.claim_due(tx, SLOW)

    assert await leased_rows(books, alert_tables.due_work) == 1


def a_message(message_id: str) -> Incoming:
    return Incoming(source="rail", message_id=message_id, kind="sighting", body=b"{}")


async def test_a_message_is_claimed_alone_however_the_database_looks_for_it(books: Books) -> None:
    async with books.registry.transaction() as tx:
        await inbox.receive(tx, a_message("m"))
        await was_counted_when_it_was_empty(tx, plumbing.inbox)
        for position in range(5):
            await inbox.receive(tx, a_message(f"m-{position}"))

    async with books.registry.transaction() as tx:
        await inbox.claim_waiting(tx, SLOW)

    assert await leased_rows(books, plumbing.inbox) == 1


async def slow_sending(books: Books) -> Sending:
    """A notice that a slow worker has claimed."""
    async with books.registry.transaction() as tx:
        await notices.add_notice(tx, NOTICE)
        claimed = await claim_sendings(tx, SLOW, PROVIDERS)
    return claimed[0]


async def taken_over(books: Books) -> None:
    """The notice goes to the next worker, as after a restart."""
    async with books.registry.transaction() as tx:
        await free_leases(tx, "slow")
        await notice_claims.claim_due_notices(tx, NEXT, 10)


async def states(books: Books) -> tuple[NoticeState, list[tuple[AttemptState, str | None]]]:
    async with books.registry.reading() as tx:
        notice = await notices.get_notice(tx, NOTICE.notice_id)
        tried = await attempts.list_attempts(tx, [NOTICE.notice_id])
    return notice.state, [(one.state, one.provider_id) for one in tried]


async def test_a_claim_is_for_one_worker_only(books: Books) -> None:
    await slow_sending(books)

    async with books.registry.transaction() as tx:
        assert await claim_sendings(tx, NEXT, PROVIDERS) == ()


@pytest.mark.parametrize(
    "answer",
    [
        Submitted(provider_id="slow-1", state=AttemptState.DELIVERED),
        Rejected(code="30008", action=CodeAction.NEXT_CHANNEL),
        Rejected(code="20429", action=CodeAction.RETRY_LATER),
        Unknown(reason="no answer in time"),
    ],
)
async def test_a_slow_send_writes_nothing_after_it_was_taken_over(books: Books, answer: Result) -> None:
    sending = await slow_sending(books)
    await taken_over(books)

    async with books.registry.transaction() as tx:
        await record_sent(tx, [Answered(sending=sending, result=answer, token=SLOW)])

    assert await states(books) == (NoticeState.LEASED, [(AttemptState.SUBMITTED, None)])


async def test_a_slow_look_up_sends_nothing_after_it_was_taken_over(books: Books) -> None:
    sending = await slow_sending(books)
    await taken_over(books)

    async with books.registry.transaction() as tx:
        await record_looked_up(tx, sending, NotFound(), SLOW)

    assert await states(books) == (NoticeState.LEASED, [(AttemptState.SUBMITTED, None)])


async def test_the_new_holder_writes_what_it_found(books: Books) -> None:
    sending = await slow_sending(books)
    await taken_over(books)
    found = Submitted(provider_id="found-1", state=AttemptState.DELIVERED)

    async with books.registry.transaction() as tx:
        await record_looked_up(tx, sending, found, NEXT)

    assert await states(books) == (NoticeState.DONE, [(AttemptState.DELIVERED, "found-1")])


async def test_a_slow_worker_of_the_inbox(books: Books) -> None:
    posted = Incoming(source="rail", message_id="m-1", kind="sighting", body=b"{}")
    async with books.registry.transaction() as tx:
        await inbox.receive(tx, posted)
        waiting = await inbox.claim_waiting(tx, SLOW)
    assert waiting is not None
    await the_lease_runs_out(books, plumbing.inbox)
    async with books.registry.transaction() as tx:
        assert await inbox.claim_waiting(tx, NEXT) == waiting

        await inbox.record_done(tx, waiting.row_id, SLOW)
        assert await inbox.holds_lease(tx, waiting.row_id, NEXT)

        await inbox.record_done(tx, waiting.row_id, NEXT)
        assert not await inbox.holds_lease(tx, waiting.row_id, NEXT)


async def test_a_slow_relay(books: Books) -> None:
    message = OutboxMessage(
        message_id="m-1", queue="express.rail.one", lane=OutboxLane.EXPRESS, body=b"signed"
    )
    async with books.registry.transaction() as tx:
        await outbox.add_message(tx, message)
        assert await outbox.claim_unpublished(tx, SLOW, 10) == (message,)
    await the_lease_runs_out(books, plumbing.outbox)
    async with books.registry.transaction() as tx:
        assert await outbox.claim_unpublished(tx, NEXT, 10) == (message,)

        await outbox.record_published(tx, ["m-1"], SLOW)
        assert await outbox.oldest_unpublished_at(tx) == BEGINS

        await outbox.record_published(tx, ["m-1"], NEXT)
        assert await outbox.oldest_unpublished_at(tx) is None


async def test_a_slow_feed_writer_does_not_move_the_mark(books: Books) -> None:
    async with books.registry.transaction() as tx:
        await feed_changes.add_change(tx, put(1))
        (feed,) = await claim_feeds(tx, [RAIL], SLOW)
        assert await claim_feeds(tx, [RAIL], SLOW) == (feed,), "it renews its own"
        assert await claim_feeds(tx, [RAIL], NEXT) == ()
    await the_lease_runs_out(books, feed_tables.feed)
    async with books.registry.transaction() as tx:
        assert await claim_feeds(tx, [RAIL], NEXT) == (feed,)

        assert await mark_published(tx, {feed.feed_id: 5}, SLOW) == frozenset()

        assert await feeds.get_feed(tx, RAIL) == feed
        assert await claim_feeds(tx, [RAIL], SLOW) == ()


async def test_the_mark_only_moves_forward(books: Books) -> None:
    async with books.registry.transaction() as tx:
        await feed_changes.add_change(tx, put(1))
        (feed,) = await claim_feeds(tx, [RAIL], NEXT)
        assert await mark_published(tx, {feed.feed_id: 5}, NEXT) == {feed.feed_id}
        await claim_feeds(tx, [RAIL], NEXT)
        assert await mark_published(tx, {feed.feed_id: 3}, NEXT) == {feed.feed_id}

        assert await feeds.get_feed(tx, RAIL) == replace(
            feed, published_up_to=5, head=FeedHead(sequence=0, count=0, digest="0" * 64)
        )


async def test_a_due_row_is_claimed_by_one_until_its_lease_runs_out(books: Books) -> None:
    due = DueWork(due_id="due-1", kind=DueKind.LADDER_STEP, about="alert-1", due_at=BEGINS)
    async with books.registry.transaction() as tx:
        await due_work.add_due(tx, due)
        assert await due_work.claim_due(tx, SLOW) == due
        assert await due_work.claim_due(tx, NEXT) is None
    await the_lease_runs_out(books, alert_tables.due_work)
    async with books.registry.transaction() as tx:
        assert await due_work.claim_due(tx, NEXT) == due
        assert not await due_work.record_done(tx, due.due_id, SLOW)
        assert await due_work.record_done(tx, due.due_id, NEXT)


async def test_a_starting_worker_frees_what_its_former_life_held(books: Books) -> None:
    posted = Incoming(source="rail", message_id="m-1", kind="sighting", body=b"{}")
    async with books.registry.transaction() as tx:
        await inbox.receive(tx, posted)
        await inbox.claim_waiting(tx, SLOW)
        await notices.add_notice(tx, NOTICE)
        await claim_sendings(tx, SLOW, PROVIDERS)
        await feed_changes.add_change(tx, put(1))
        await claim_feeds(tx, [RAIL], SLOW)

        await free_leases(tx, "slow")

        leased = [await tx.rows(sa.select(table).where(table.c.lease_token.is_not(None))) for table in TABLES]
    assert leased == [[], [], [], [], []]
    assert (await states(books))[0] is NoticeState.DUE


async def test_a_starting_worker_leaves_alone_what_another_holds(books: Books) -> None:
    async with books.registry.transaction() as tx:
        await notices.add_notice(tx, NOTICE)
        await claim_sendings(tx, SLOW, PROVIDERS)
        await feed_changes.add_change(tx, put(1))
        await claim_feeds(tx, [RAIL], SLOW)

        await free_leases(tx, "slo")
        await free_leases(tx, "slow-2")

        assert await claim_feeds(tx, [RAIL], NEXT) == ()
    assert (await states(books))[0] is NoticeState.LEASED


async def test_a_token_begins_with_its_worker_and_fits_its_column(books: Books) -> None:
    token = replace(books.registry, worker="twelve-chars").new_lease()

    assert token.startswith("twelve-chars.")
    assert len(token) == 35


async def test_what_a_failed_worker_left_behind_is_claimed_again_and_looked_up(books: Books) -> None:
    sent = await slow_sending(books)
    await the_lease_runs_out(books, notice_tables.notice)

    async with books.registry.transaction() as tx:
        assert await notices.next_notice_due(tx) == BEGINS
        (again,) = await claim_sendings(tx, NEXT, PROVIDERS)

    assert (again.errand, again.attempt) == (Errand.LOOK_UP, sent.attempt)


async def test_a_notice_without_a_provider_ends_alone(books: Books) -> None:
    by_voice = replace(NOTICE, notice_id=NoticeId("notice-0"), channel=ChannelKind.VOICE)
    async with books.registry.transaction() as tx:
        await notices.add_notice(tx, by_voice)
        await notices.add_notice(tx, NOTICE)

        claimed = await claim_sendings(tx, NEXT, PROVIDERS)

        (failed,) = await attempts.list_attempts(tx, [by_voice.notice_id])
        assert (await notices.get_notice(tx, by_voice.notice_id)).state is NoticeState.DONE
    assert [one.notice.notice_id for one in claimed] == [NOTICE.notice_id]
    assert (failed.state, failed.code) == (AttemptState.FAILED, "no-provider")


@pytest.mark.parametrize(
    "answer",
    [
        Unknown(reason="no answer in time"),
        Rejected(code="30008", action=CodeAction.NEXT_CHANNEL),
        Rejected(code="20429", action=CodeAction.RETRY_LATER),
    ],
)
async def test_an_answer_that_a_delivery_report_has_overtaken_changes_nothing(
    books: Books, answer: Result
) -> None:
    sending = await slow_sending(books)
    report = Report(
        attempt_id=sending.attempt.attempt_id,
        provider_id="SM1",
        state=AttemptState.DELIVERED,
        code=None,
    )
    async with books.registry.transaction() as tx:
        assert await receive_report(tx, report) is Reported.MOVED

        await record_sent(tx, [Answered(sending=sending, result=answer, token=SLOW)])

    assert await states(books) == (NoticeState.DONE, [(AttemptState.DELIVERED, "SM1")])


async def test_another_message_to_the_person_is_not_taken_for_the_one_looked_up(books: Books) -> None:
    lost = await slow_sending(books)
    same = replace(NOTICE, notice_id=NoticeId("notice-2"))
    other = Submitted(provider_id="other-1", state=AttemptState.SENT)
    async with books.registry.transaction() as tx:
        await notices.add_notice(tx, same)
        (answered,) = await claim_sendings(tx, NEXT, PROVIDERS)
        await record_sent(tx, [Answered(sending=answered, result=other, token=NEXT)])
    await the_lease_runs_out(books, notice_tables.notice)
    async with books.registry.transaction() as tx:
        (again,) = await claim_sendings(tx, NEXT, PROVIDERS)

        # A provider that knows no difference, and the answer to a look-up that began before the other's.
        await record_looked_up(tx, again, other, NEXT)

    assert again.attempt == lost.attempt
    assert again.others == {"other-1"}
    assert await states(books) == (NoticeState.DUE, [(AttemptState.SUBMITTED, None)])


async def test_a_report_of_what_nobody_can_unseal_is_believed(books: Books) -> None:
    sending = await slow_sending(books)
    async with books.registry.transaction() as tx:
        await tx.run(sa.update(notice_tables.attempt).values(text=b"sealed by nobody"))

    async with books.registry.transaction() as tx:
        report = Report(
            attempt_id=sending.attempt.attempt_id, provider_id="SM1", state=AttemptState.DELIVERED, code=None
        )
        reported = await receive_report(tx, report)

    assert reported is Reported.MOVED
    async with books.registry.reading() as tx:
        row = await tx.row(sa.select(notice_tables.attempt))
    assert row is not None
    assert (row.state, row.provider_id, row.text) == ("delivered", "SM1", b"sealed by nobody")
