"""A page arrives late, when everyone was ordered to stop or to wait: the order comes after it once more."""

from typing import Any

import pytest
import sqlalchemy as sa

from notifications.channels.port import ChannelKind
from notifications.delivery import AttemptState, NoticeState
from notifications.texts import TextId
from notifications.throttle import Limits
from scripts import cast
from tests.contract.storage.books import undone
from tests.contract.storage.sighted import Sighted, sends
from tests.contract.storage.test_paging_limits import five_alerts, pages_the_desk
from tests.contract.storage.test_stand_down_board import ordered, pays, tries
from tracker.domain.ids import AttemptId, LeaseToken
from tracker.services.delivery.reports import Report, receive_report
from tracker.services.entries.standing import suspend_entry
from tracker.storage import alerts, attempts, notice_limits, notices, people, waiting_notices
from tracker.storage.attempts import moved
from tracker.storage.tables import notices as notice_tables
from tracker.storage.transaction import Tx

SMS, PUSH = ChannelKind.SMS, ChannelKind.PUSH


async def _delivered(tx: Tx, attempt_id: AttemptId) -> None:
    report = Report(attempt_id=attempt_id, provider_id=None, state=AttemptState.DELIVERED, code=None)
    await receive_report(tx, report)


async def test_a_page_that_is_reported_delivered_late_is_followed_by_the_order_on_its_channel(
    sighted: Sighted,
) -> None:
    async with undone(sighted.books.registry) as tx:
        sent = await sends(tx)
        to_the_judge = [one for one in sent if one.person_id == cast.JUDGE.person_id]
        by_channel = {one.channel: await tries(tx, one) for one in to_the_judge}
        await pays(tx, sighted)
        before = len(await notices.list_notices(tx, sighted.alert_id))

        # The order is still to go out: it comes after the page by itself.
        await _delivered(tx, by_channel[PUSH])
        assert len(await notices.list_notices(tx, sighted.alert_id)) == before
        await waiting_notices.release_awaiting_receipts(
            tx, (await alerts.get_alert(tx, sighted.alert_id)).subject_id
        )
        await sends(tx)
        await _delivered(tx, by_channel[SMS])

        repeated = (await notices.list_notices(tx, sighted.alert_id))[before:]
        assert [(one.person_id, one.channel, one.text_id) for one in repeated] == [
            (cast.JUDGE.person_id, SMS, TextId.STAND_DOWN)
        ]


PUT_OFF = {"state": "due", "lease_token": "sender", "lease_until": 9e12}


@pytest.mark.parametrize("trouble", [{"facts": b"torn"}, {"text_id": "ZZ9"}, PUT_OFF])
async def test_a_late_page_is_followed_by_the_order_though_the_order_itself_cannot_be_said(
    sighted: Sighted, trouble: dict[str, Any]
) -> None:
    """The harm: the judge goes to the platform for somebody who has paid."""
    async with undone(sighted.books.registry) as tx:
        sent = await sends(tx)
        [page] = [one for one in sent if (one.person_id, one.channel) == (cast.JUDGE.person_id, SMS)]
        attempt_id = await tries(tx, page)
        await pays(tx, sighted)
        await tx.flush()
        is_order = notice_tables.notice.c.text_id == TextId.STAND_DOWN
        await tx.run(sa.update(notice_tables.notice).where(is_order).values(trouble))

        await _delivered(tx, attempt_id)

        said = (await notices.list_notices(tx, sighted.alert_id))[-1]
        assert (said.person_id, said.channel, said.text_id) == (page.person_id, SMS, TextId.STAND_DOWN)
        assert (said.facts.reason, said.facts.performed_at, said.due_at) == ("已履行", tx.at, tx.at)
        assert (said.facts.case, said.facts.may_release) == (page.facts.case, True)


async def test_who_was_given_up_before_the_order_gets_it_when_the_page_arrives_all_the_same(
    sighted: Sighted,
) -> None:
    """Nobody counted as told, so that nobody was ordered."""
    async with undone(sighted.books.registry) as tx:
        sent = await sends(tx)
        tried = {one.notice_id: await tries(tx, one) for one in sent}
        for attempt in await attempts.list_attempts(tx, list(tried)):
            await attempts.record_attempt(
                tx, moved(attempt, AttemptState.FAILED, tx.at, attempts.NEVER_ARRIVED)
            )
            await notices.record_notice(tx, attempt.notice_id, NoticeState.DONE, LeaseToken("sender"))
        await pays(tx, sighted)
        assert await ordered(tx, sighted) == set()

        await _delivered(tx, tried[sent[0].notice_id])

        assert await ordered(tx, sighted) == {(sent[0].person_id, sent[0].channel)}


async def test_a_page_that_arrives_during_a_pause_is_followed_by_the_order_to_wait(sighted: Sighted) -> None:
    async with undone(sighted.books.registry) as tx:
        sent = await sends(tx)
        to_the_judge = [one for one in sent if one.person_id == cast.JUDGE.person_id]
        by_channel = {one.channel: await tries(tx, one) for one in to_the_judge}
        await suspend_entry(tx, await people.get_actor(tx, cast.JUDGE.person_id), sighted.entry_id)
        before = len(await notices.list_notices(tx, sighted.alert_id))

        # The order is still to go out: it comes after the page by itself.
        await _delivered(tx, by_channel[PUSH])
        assert len(await notices.list_notices(tx, sighted.alert_id)) == before
        orders = {(one.person_id, one.channel): one for one in await sends(tx)}
        await _delivered(tx, by_channel[SMS])
        await _delivered(tx, await tries(tx, orders[cast.JUDGE.person_id, SMS]))

        repeated = (await notices.list_notices(tx, sighted.alert_id))[before:]
        assert [(one.person_id, one.channel, one.text_id) for one in repeated] == [
            (cast.JUDGE.person_id, SMS, TextId.PAUSED)
        ]


async def test_a_page_is_followed_by_a_pause_whose_order_cannot_be_read(sighted: Sighted) -> None:
    async with undone(sighted.books.registry) as tx:
        sent = await sends(tx)
        [page] = [one for one in sent if (one.person_id, one.channel) == (cast.JUDGE.person_id, SMS)]
        attempt_id = await tries(tx, page)
        await suspend_entry(tx, await people.get_actor(tx, cast.JUDGE.person_id), sighted.entry_id)
        await tx.flush()
        is_order = notice_tables.notice.c.text_id == TextId.PAUSED
        await tx.run(sa.update(notice_tables.notice).where(is_order).values(facts=b"torn"))

        await _delivered(tx, attempt_id)

        said = (await notices.list_notices(tx, sighted.alert_id))[-1]
        assert (said.person_id, said.channel, said.text_id) == (page.person_id, SMS, TextId.PAUSED)


async def test_a_text_that_stood_for_several_is_followed_by_the_order_about_each(sighted: Sighted) -> None:
    """The harm: the text of three pages arrives late, and one of them leads to somebody who has paid."""
    async with undone(sighted.books.registry) as tx:
        await notice_limits.put_limits(tx, cast.COURT.court_id, SMS, Limits(wait_s=0))
        await pages_the_desk(tx, await five_alerts(tx))
        [carrier] = [one for one in await sends(tx) if one.text_id is TextId.MORE_ALERTS]
        attempt_id = await tries(tx, carrier)
        paid = await pays(tx, sighted)
        await waiting_notices.release_awaiting_receipts(tx, paid.subject_id)
        await sends(tx)
        before = len(await notices.list_notices(tx, sighted.alert_id))

        await _delivered(tx, attempt_id)

        repeated = (await notices.list_notices(tx, sighted.alert_id))[before:]
        assert [(one.person_id, one.channel, one.text_id) for one in repeated] == [
            (cast.DESK.person_id, SMS, TextId.STAND_DOWN)
        ]
