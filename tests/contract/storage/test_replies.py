"""Replies that are no answer to an alert: wrong ones, and those of people who want no more SMS."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa

from notifications.channels.port import ChannelKind, CodeAction, Rejected
from notifications.delivery import AttemptState
from notifications.providers import Providers
from notifications.texts import Facts, TextId
from scripts import cast
from scripts.pump import settle
from tests.contract.storage.books import Books
from tests.scripted_channel import ScriptedChannel
from tracker.domain.ids import LeaseToken, PersonId
from tracker.loops.notices import NoticeLoop
from tracker.services.answers.replies import ReplyMeaning, receive_reply
from tracker.services.delivery.claims import claim_sendings
from tracker.services.delivery.reports import Report, receive_report
from tracker.services.notices.staff import StaffNotice, tell_people
from tracker.storage import people
from tracker.storage.tables import notices as t
from tracker.storage.transaction import Tx

GAO, DESK = cast.DUTY_OFFICER, cast.DESK


async def replies(books: Books, text: str, member: cast.Member = GAO) -> ReplyMeaning:
    async with books.registry.transaction() as tx:
        return await receive_reply(tx, member.phone, text, provider="twilio")


async def written(books: Books) -> Counter[tuple[PersonId, str, str]]:
    """How many notices there are, by whom they are for, text and channel."""
    async with books.registry.reading() as tx:
        rows = await tx.rows(sa.select(t.notice.c.person_id, t.notice.c.text_id, t.notice.c.channel))
    return Counter((PersonId(row.person_id), row.text_id, row.channel) for row in rows)


def told_desk(text_id: TextId) -> dict[tuple[PersonId, str, str], int]:
    return {(DESK.person_id, text_id, "sms"): 1, (DESK.person_id, text_id, "push"): 1}


async def test_who_replies_wrongly_is_told_and_the_fifth_time_the_desk_is_told_instead(books: Books) -> None:
    meanings = [await replies(books, text) for text in ("00000", "收到", "👍👍", "收" * 1600, "99999", "x")]

    assert meanings == [
        ReplyMeaning.WRONG_CODE,
        ReplyMeaning.UNREADABLE,
        ReplyMeaning.UNREADABLE,
        ReplyMeaning.UNREADABLE,
        ReplyMeaning.DESK_TOLD,
        ReplyMeaning.NOT_ANSWERED,
    ]
    assert await written(books) == {
        (GAO.person_id, TextId.WRONG_REPLY, "sms"): 4,
        **told_desk(TextId.WRONG_REPLIES),
    }


async def test_an_hour_later_wrong_replies_count_anew(books: Books) -> None:
    for _ in range(5):
        await replies(books, "00000")
    books.clock.move_to(books.clock.now() + timedelta(hours=1, seconds=1))

    assert await replies(books, "00000") is ReplyMeaning.WRONG_CODE


async def test_wrong_replies_of_one_person_are_not_held_against_another(books: Books) -> None:
    for _ in range(4):
        await replies(books, "00000")

    assert await replies(books, "00000", cast.JUDGE) is ReplyMeaning.WRONG_CODE
    assert await replies(books, "00000") is ReplyMeaning.DESK_TOLD


async def writes_to_gao(tx: Tx) -> None:
    court = await people.get_court(tx, cast.COURT.court_id)
    facts = Facts(court=court.sms_name, sent_at=tx.at)
    notice = StaffNotice(text_id=TextId.CHANNEL_TEST, facts_in=lambda _language: facts)
    await tell_people(tx, [GAO.person_id], notice)


async def sms_of(books: Books, *providers: str) -> list[tuple[str, str]]:
    """By whom and to whom an SMS goes that is written to 高 now, with these providers in order."""
    async with books.registry.transaction() as tx:
        await writes_to_gao(tx)
        known = Providers(ScriptedChannel(name) for name in providers)
        sendings = await claim_sendings(tx, books.registry.new_lease(), known)
    return [
        (way.provider, one.outgoing.to)
        for one in sendings
        if one.notice.text_id is TextId.CHANNEL_TEST
        for way in (one.route, *one.fallbacks)
    ]


async def test_who_replies_stop_gets_no_sms_of_that_provider_until_start_and_the_desk_is_told_once(
    books: Books,
) -> None:
    assert await replies(books, "退订") is ReplyMeaning.WANTS_NO_MESSAGES
    assert await replies(books, "STOP") is ReplyMeaning.WANTS_NO_MESSAGES

    assert await written(books) == told_desk(TextId.SMS_STOPPED)
    assert await sms_of(books, "twilio") == []
    assert await sms_of(books, "twilio", "kannel") == [("kannel", GAO.phone)]
    async with books.registry.reading() as tx:
        refused = await tx.rows(
            sa.select(t.attempt.c.state, t.attempt.c.code).where(t.attempt.c.code == "wants-no-messages")
        )
    assert [tuple(row) for row in refused] == [(AttemptState.FAILED, "wants-no-messages")]

    assert await replies(books, "恢复") is ReplyMeaning.WANTS_MESSAGES_AGAIN
    assert await sms_of(books, "twilio") == [("twilio", GAO.phone)]


async def test_a_stop_of_which_only_the_provider_knows_is_noted_and_the_desk_is_told_once(
    books: Books,
) -> None:
    """The harm: everybody believes that an officer gets the alerts who has stopped them long ago."""
    refuses = ScriptedChannel("twilio", *[Rejected(code="21610", action=CodeAction.OPTED_OUT)] * 2)
    loop = NoticeLoop(books.registry, Providers([refuses]))
    async with books.registry.transaction() as tx:
        await writes_to_gao(tx)
        await writes_to_gao(tx)
    await settle([loop])

    told = {key: count for key, count in (await written(books)).items() if key[1] == TextId.SMS_STOPPED}
    assert told == told_desk(TextId.SMS_STOPPED)
    assert await sms_of(books, "twilio", "kannel") == [("kannel", GAO.phone)]


async def test_a_refusal_of_a_former_number_stops_nothing_at_the_new_one(books: Books) -> None:
    async with books.registry.transaction() as tx:
        await writes_to_gao(tx)
        sent = await claim_sendings(tx, LeaseToken("one.1"), Providers([ScriptedChannel("twilio")]))
        [to_gao] = [one for one in sent if one.notice.channel is ChannelKind.SMS]
    books.clock.move_to(books.clock.now() + timedelta(minutes=1))
    async with books.registry.transaction() as tx:
        gao = await people.get_person(tx, GAO.person_id)
        await people.change_person(tx, replace(gao, phone="+8610000000099"))
        refused = Report(
            attempt_id=to_gao.attempt.attempt_id,
            provider_id=None,
            state=AttemptState.FAILED,
            code="21610",
            action=CodeAction.OPTED_OUT,
        )
        await receive_report(tx, refused)

    assert await sms_of(books, "twilio") == [("twilio", "+8610000000099")]


async def test_a_stop_that_nobody_says_who_carried_stops_every_provider(books: Books) -> None:
    async with books.registry.transaction() as tx:
        await receive_reply(tx, GAO.phone, "STOP")

    assert await sms_of(books, "twilio") == []
