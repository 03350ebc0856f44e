"""A message that one provider does not bring goes by the next one: whatever the first does, and never twice
by the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from adapters.running import Loop
from notifications.channels.port import CodeAction, Outgoing, Rejected, SendResult
from notifications.delivery import AttemptState, NoticeState
from notifications.providers import Providers
from notifications.texts import TextId
from scripts import cast
from scripts.pump import Pump, settle
from tests.contract.storage.books import Books
from tests.contract.storage.test_leases import NOTICE
from tests.scripted_channel import AWAY, LOST, ScriptedChannel
from tracker.domain.ids import AttemptId, NoticeId
from tracker.loops.due_work import DueWorkLoop
from tracker.loops.notices import NoticeLoop
from tracker.services.delivery.claims import claim_sendings
from tracker.services.delivery.reports import Report, receive_report
from tracker.storage import attempts, notices
from tracker.storage.attempts import Attempt
from tracker.storage.leases import free_leases
from tracker.storage.notices import Notice

ORDER = replace(
    NOTICE,
    text_id=TextId.PAUSED,
    facts=replace(NOTICE.facts, code="40718"),
    priority=0,
    expires_at=NOTICE.created_at + timedelta(hours=24),
)
"""An order to stop cannot wait; `NOTICE` can."""
SAID = "【云河法院】暂停行动：26执1402程某暂停协查，勿拦截，原地待命，待承办法官答复。收到请回40718"
SAID_AGAIN = (
    "【云河法院】重发：暂停行动：26执1402程某暂停协查，勿拦截，原地待命，待承办法官答复。收到请回40718"
)

NO_ROUTE = Rejected(code="21612", action=CodeAction.NEXT_CHANNEL)
DEAD = Rejected(code="21614", action=CodeAction.NUMBER_IS_DEAD)
TOO_MANY = Rejected(code="20429", action=CodeAction.RETRY_LATER, retry_after_s=7)
IN_TROUBLE = Rejected(code="http-503", action=CodeAction.RETRY_LATER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A court with providers of SMS, of which the first is preferred."""

    books: Books
    providers: Providers
    loops: Sequence[Loop]

    async def writes(self, notice: Notice) -> None:
        async with self.books.registry.transaction() as tx:
            await notices.add_notice(tx, notice)
        await settle(self.loops)

    async def waits(self, seconds: float) -> None:
        await Pump(self.books.clock, self.loops).reach(self.books.clock.now() + timedelta(seconds=seconds))

    async def hears(self, message: Outgoing, state: AttemptState, provider_id: str = "SM1") -> None:
        """A provider reports on a message, and what follows from that is done."""
        await self.is_called_back(message, state, provider_id)
        await settle(self.loops)

    async def is_called_back(self, message: Outgoing, state: AttemptState, provider_id: str) -> None:
        await self.takes(
            Report(attempt_id=message.attempt_id, provider_id=provider_id, state=state, code="30008")
        )

    async def takes(self, report: Report) -> None:
        async with self.books.registry.transaction() as tx:
            await receive_report(tx, report)

    async def state(self) -> NoticeState:
        async with self.books.registry.reading() as tx:
            return (await notices.get_notice(tx, NOTICE.notice_id)).state

    async def tries(self) -> list[tuple[str, AttemptState, bool]]:
        """Each try, and whether its text said that it was a repeat."""
        async with self.books.registry.reading() as tx:
            tried = await attempts.list_attempts(tx, [NOTICE.notice_id])
        return [(one.provider, one.state, one.is_repeat) for one in tried]


def desk_of(books: Books, *channels: ScriptedChannel) -> Desk:
    providers = Providers(channels)
    loops = (NoticeLoop(books.registry, providers), DueWorkLoop(books.registry))
    return Desk(books=books, providers=providers, loops=loops)


def first(*script: SendResult) -> ScriptedChannel:
    return ScriptedChannel("recorder", *script)


def second(*script: SendResult) -> ScriptedChannel:
    return ScriptedChannel("twilio", *script)


@pytest.mark.parametrize("refusal", [NO_ROUTE, TOO_MANY])
async def test_what_one_refuses_goes_by_the_next_at_once_and_is_no_repeat(
    books: Books, refusal: Rejected
) -> None:
    other = second()
    desk = desk_of(books, first(refusal), other)

    await desk.writes(NOTICE)

    assert len(other.arrived) == 1
    assert await desk.tries() == [
        ("recorder", AttemptState.FAILED, False),
        ("twilio", AttemptState.SENT, False),
    ]


async def test_why_a_number_was_refused_stays_with_the_attempt(books: Books) -> None:
    await desk_of(books, first(DEAD)).writes(NOTICE)

    async with books.registry.reading() as tx:
        (tried,) = await attempts.list_attempts(tx, [NOTICE.notice_id])
    assert (tried.code, tried.action) == ("21614", CodeAction.NUMBER_IS_DEAD)


async def test_a_code_that_nobody_has_looked_at_is_told(books: Books, logged: list[dict[str, Any]]) -> None:
    await desk_of(books, second(Rejected(code="39999", action=CodeAction.RETRY_LATER)), first()).writes(
        NOTICE
    )

    (told,) = [event for event in logged if event["event"] == "unlisted-code"]
    assert (told["provider"], told["code"]) == ("twilio", "39999")


async def test_what_no_provider_ever_took_has_expired_and_is_not_done(books: Books) -> None:
    desk = desk_of(books, first(IN_TROUBLE, IN_TROUBLE, IN_TROUBLE))
    await desk.writes(replace(NOTICE, expires_at=NOTICE.created_at + timedelta(seconds=8)))

    await desk.waits(seconds=60)

    assert await desk.state() is NoticeState.EXPIRED


async def test_when_all_refuse_it_ends_and_each_was_asked_once(books: Books) -> None:
    desk = desk_of(books, first(NO_ROUTE), second(DEAD))
    await desk.writes(ORDER)

    await desk.waits(seconds=3600)

    assert [provider for provider, _, _ in await desk.tries()] == ["recorder", "twilio"]
    assert await desk.state() is NoticeState.DONE


async def test_an_order_of_which_no_delivery_is_reported_is_repeated_once_by_the_next(books: Books) -> None:
    one, other = first(), second()
    desk = desk_of(books, one, other)
    await desk.writes(ORDER)
    await desk.waits(seconds=59)
    assert other.texts == []

    await desk.waits(seconds=1)

    assert (one.texts, other.texts) == ([SAID], [SAID_AGAIN])
    await desk.waits(seconds=7200)
    assert (len(one.texts), len(other.texts)) == (1, 1)
    assert await desk.state() is NoticeState.DONE


async def test_an_order_that_is_known_to_have_arrived_is_not_repeated(books: Books) -> None:
    one, other = first(), second()
    desk = desk_of(books, one, other)
    await desk.writes(ORDER)
    await desk.hears(one.arrived[0], AttemptState.DELIVERED)
    await desk.hears(one.arrived[0], AttemptState.DELIVERED)

    await desk.waits(seconds=3600)

    assert other.texts == []


async def test_a_report_that_comes_an_hour_late_changes_nothing_more(books: Books) -> None:
    one, other = first(), second()
    desk = desk_of(books, one, other)
    await desk.writes(ORDER)
    await desk.waits(seconds=3600)

    await desk.hears(one.arrived[0], AttemptState.DELIVERED)
    await desk.hears(other.arrived[0], AttemptState.UNDELIVERED)

    assert (len(one.texts), len(other.texts)) == (1, 1)
    assert await desk.state() is NoticeState.DONE


async def test_what_can_wait_is_not_repeated_for_want_of_a_report(books: Books) -> None:
    other = second()
    desk = desk_of(books, first(), other)
    await desk.writes(NOTICE)

    await desk.waits(seconds=3600)

    assert other.texts == []


async def test_what_is_reported_as_undelivered_goes_by_the_next_at_once(books: Books) -> None:
    one, other = first(), second()
    desk = desk_of(books, one, other)
    await desk.writes(NOTICE)

    await desk.hears(one.arrived[0], AttemptState.UNDELIVERED)

    assert await desk.tries() == [
        ("recorder", AttemptState.UNDELIVERED, False),
        ("twilio", AttemptState.SENT, False),
    ]


async def test_a_report_that_overtakes_the_answer_counts(books: Books) -> None:
    one, other = first(), second()
    desk = desk_of(books, one, other)

    async def is_undelivered(message: Outgoing) -> None:
        await desk.is_called_back(message, AttemptState.UNDELIVERED, f"{one.name}-{message.attempt_id}")

    one.before_answer = is_undelivered
    await desk.writes(NOTICE)

    assert [provider for provider, _, _ in await desk.tries()] == ["recorder", "twilio"]
    assert len(other.texts) == 1


async def test_nobody_waits_for_a_provider_that_answers_nothing_at_all(books: Books) -> None:
    one, other = first(), second()
    one.is_away = True
    desk = desk_of(books, one, other)
    await desk.writes(ORDER)
    await desk.waits(seconds=59)
    assert other.texts == []

    await desk.waits(seconds=11)

    assert other.texts == [SAID_AGAIN]


async def test_what_can_wait_waits_for_it(books: Books) -> None:
    one, other = first(), second()
    one.is_away = True
    desk = desk_of(books, one, other)
    await desk.writes(NOTICE)
    await desk.waits(seconds=70)
    assert other.texts == []
    one.is_away = False

    await desk.waits(seconds=10)

    # It never got it: the one repeat goes by the other.
    assert (len(one.texts), len(other.texts)) == (0, 1)


async def test_what_was_to_be_a_repeat_and_was_refused_is_one_when_it_goes_out(books: Books) -> None:
    desk = desk_of(books, first(AWAY), second(TOO_MANY))
    await desk.writes(NOTICE)

    await desk.waits(seconds=60)

    assert await desk.tries() == [
        ("recorder", AttemptState.FAILED, False),
        ("twilio", AttemptState.FAILED, True),
        ("recorder", AttemptState.SENT, True),
    ]


async def test_an_answer_that_was_lost_is_looked_up_and_then_waits_for_its_report(books: Books) -> None:
    one, other = first(LOST), second()
    desk = desk_of(books, one, other)
    await desk.writes(ORDER)
    await desk.waits(seconds=59)
    assert (one.texts, other.texts) == ([SAID], [])

    await desk.waits(seconds=1)

    assert other.texts == [SAID_AGAIN]


async def test_the_doubt_survives_a_process_that_dies(books: Books) -> None:
    one, other = first(), second()
    desk = desk_of(books, one, other)
    async with books.registry.transaction() as tx:
        await notices.add_notice(tx, ORDER)
        (sending,) = await claim_sendings(tx, books.registry.new_lease(), desk.providers)
    await one.send(sending.outgoing)
    async with books.registry.transaction() as tx:
        await free_leases(tx, "one")

    await desk.waits(seconds=60)

    assert (one.texts, other.texts) == ([SAID], [SAID_AGAIN])


async def test_once_it_is_wanted_no_more_nothing_follows(books: Books) -> None:
    one, other = first(), second()
    desk = desk_of(books, one, other)
    soon_over = replace(ORDER, expires_at=ORDER.created_at + timedelta(seconds=30))
    await desk.writes(soon_over)

    await desk.waits(seconds=3600)

    assert (len(one.texts), other.texts) == (1, [])
    assert await desk.state() is NoticeState.DONE


async def has_got_five_today(books: Books) -> None:
    """Of the provider that lets through five a day in this country."""
    async with books.registry.transaction() as tx:
        await notices.add_notice(tx, replace(NOTICE, notice_id=NoticeId("former"), state=NoticeState.DONE))
        sent = Attempt(
            attempt_id=AttemptId("sent"),
            notice_id=NoticeId("former"),
            provider="twilio",
            provider_id=None,
            state=AttemptState.DELIVERED,
            code=None,
            text="",
            is_repeat=False,
            submitted_at=tx.at,
            changed_at=tx.at,
        )
        await attempts.add_attempts(
            tx, [replace(sent, attempt_id=AttemptId(f"sent-{number}")) for number in range(5)]
        )


async def test_who_got_all_that_one_lets_through_in_a_day_hears_by_the_next(books: Books) -> None:
    one, other = ScriptedChannel("twilio"), ScriptedChannel("recorder")
    desk = desk_of(books, one, other)
    await has_got_five_today(books)

    await desk.writes(NOTICE)

    assert (len(one.texts), len(other.texts)) == (0, 1)


async def test_and_by_the_same_all_the_same_where_there_is_no_other(books: Books) -> None:
    one = ScriptedChannel("twilio")
    desk = desk_of(books, one)
    await has_got_five_today(books)

    await desk.writes(NOTICE)

    assert len(one.texts) == 1


async def test_a_full_day_ends_after_a_day(books: Books) -> None:
    one, other = ScriptedChannel("twilio"), ScriptedChannel("recorder")
    desk = desk_of(books, one, other)
    await has_got_five_today(books)
    await desk.waits(seconds=24 * 3600)

    await desk.writes(replace(NOTICE, due_at=books.clock.now(), expires_at=books.clock.now() + timedelta(1)))

    assert (len(one.texts), len(other.texts)) == (1, 0)


async def test_after_three_messages_without_an_answer_others_go_by_the_next_first(books: Books) -> None:
    one, other = first(), second()
    one.is_away = True
    desk = desk_of(books, one, other)
    await desk.writes(replace(NOTICE, notice_id=NoticeId("lost-1")))
    await desk.writes(replace(NOTICE, notice_id=NoticeId("lost-2")))
    await desk.writes(replace(NOTICE, notice_id=NoticeId("lost-3")))

    await desk.writes(ORDER)

    assert other.texts == [SAID]
    assert cast.JUDGE.phone == other.arrived[0].to


async def test_of_two_at_once_only_one_tries_out_what_failed_a_while_ago(books: Books) -> None:
    failing, other = first(), second()
    desk = desk_of(books, failing, other)
    for message in ("a", "b", "c"):
        desk.providers.answered(failing, message, AWAY, books.clock.now())
    await desk.waits(seconds=31)

    async with books.registry.transaction() as tx:
        await notices.add_notices(tx, [NOTICE, replace(NOTICE, notice_id=NoticeId("notice-2"))])
    await settle(desk.loops)

    assert (len(failing.arrived), len(other.arrived)) == (1, 1)
