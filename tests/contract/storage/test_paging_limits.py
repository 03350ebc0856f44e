"""Pages of many alerts at once are told as one text, and a used-up budget leaves out what can be left out."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
import sqlalchemy as sa

from notifications.channels.port import ChannelKind
from notifications.delivery import AttemptState, NoticeState
from notifications.providers import Providers
from notifications.texts import Language, TextId, render
from notifications.throttle import Limits
from scripts import cast
from scripts.benches.listing import list_one
from tests.contract.storage.asked import asked
from tests.contract.storage.books import undone
from tests.contract.storage.sighted import Sighted, night_train, sends
from tests.scripted_channel import ScriptedChannel
from tracker.domain.alerts import Alert
from tracker.domain.devices import DeviceProvider
from tracker.domain.ids import AttemptId, LeaseToken
from tracker.domain.plans import ActPoint
from tracker.services.alerts.act_points import choose_act_point
from tracker.services.alerts.sightings import take_sightings
from tracker.services.answers.takings import Way, take_alert
from tracker.services.delivery.claims import claim_sendings
from tracker.services.notices.limits import facts_of_carried, list_carried
from tracker.services.notices.telling import Telling, tell
from tracker.services.proof.gathering import Step, gather_proof
from tracker.storage import (
    alerts,
    attempts,
    contacts,
    muted_channels,
    notice_limits,
    notices,
    people,
    waiting_notices,
)
from tracker.storage.attempts import Attempt, moved
from tracker.storage.contacts import Contact, ContactId
from tracker.storage.notices import Notice
from tracker.storage.providers_set_up import put_set_up
from tracker.storage.transaction import Tx

SMS, PUSH = ChannelKind.SMS, ChannelKind.PUSH
DESK = cast.DESK.person_id


async def five_alerts(tx: Tx) -> tuple[Alert, ...]:
    """The one that stands, and four more."""
    for position in range(1, 5):
        await list_one(tx, position)
    await take_sightings(tx, [night_train(tx, position) for position in range(1, 5)])
    return await alerts.list_latest_alerts(tx, cast.COURT.court_id, 50)


async def pages_the_desk(tx: Tx, standing: Sequence[Alert], text_id: TextId = TextId.LADDER) -> None:
    for alert in standing:
        await tell(tx, alert, Telling(text_id=text_id, to=(DESK,), channels=(SMS,)))


async def _to_the_desk(tx: Tx, alert: Alert) -> list[tuple[ChannelKind, NoticeState]]:
    listed = await notices.list_notices(tx, alert.alert_id)
    return [(one.channel, one.state) for one in listed if one.person_id == DESK]


async def _carrier(tx: Tx) -> Notice:
    carrier_id = await notice_limits.lock_carrier(tx, notice_limits.Way(DESK, SMS))
    assert carrier_id is not None
    return await notices.get_notice(tx, carrier_id)


async def test_the_fourth_and_fifth_page_of_a_minute_are_one_text(sighted: Sighted) -> None:
    async with undone(sighted.books.registry) as tx:
        first, second, third, fourth, fifth = await five_alerts(tx)
        await pages_the_desk(tx, (first, second, third, fourth, fifth))

        assert await _to_the_desk(tx, third) == [(SMS, NoticeState.DUE)]
        assert await _to_the_desk(tx, fourth) == [(SMS, NoticeState.CARRIED)]
        assert await _to_the_desk(tx, fifth) == [(SMS, NoticeState.CARRIED)]
        carrier = await _carrier(tx)
        assert carrier.due_at == tx.at + timedelta(seconds=15)
        nearest = min((fourth, fifth), key=lambda one: one.plan.act_at)
        facts = await facts_of_carried(tx, carrier)
        assert (facts.more, facts.act_at) == (2, nearest.plan.act_at)
        assert "还有2件预警，最近一件" in render(TextId.MORE_ALERTS, facts, Language.CHINESE).sms


async def test_a_page_that_waits_for_its_time_is_not_told_with_others_now(sighted: Sighted) -> None:
    async with undone(sighted.books.registry) as tx:
        *three, fourth, _ = await five_alerts(tx)
        await pages_the_desk(tx, three)
        later = Telling(
            text_id=TextId.LADDER, to=(DESK,), channels=(SMS,), due_at=tx.at + timedelta(minutes=2)
        )

        await tell(tx, fourth, later)

        assert await _to_the_desk(tx, fourth) == [(SMS, NoticeState.DUE)]


async def test_who_was_told_by_one_text_was_told_of_each(sighted: Sighted) -> None:
    async with undone(sighted.books.registry) as tx:
        # So that the text that stands for several is due at once.
        await notice_limits.put_limits(tx, cast.COURT.court_id, SMS, Limits(wait_s=0))
        standing = await five_alerts(tx)
        await pages_the_desk(tx, standing)
        fifth = standing[4].alert_id
        assert DESK not in await notices.list_told(tx, fifth)
        assert DESK in await notices.list_addressed(tx, fifth)

        await sends(tx)

        assert DESK in await notices.list_told(tx, fifth)


async def test_a_text_that_stands_for_nothing_any_more_is_not_wanted(sighted: Sighted) -> None:
    async with undone(sighted.books.registry) as tx:
        standing = await five_alerts(tx)
        await pages_the_desk(tx, standing)
        carrier = await _carrier(tx)
        await waiting_notices.cancel_waiting(tx, standing[3].alert_id)
        assert (await facts_of_carried(tx, carrier)).more == 1
        assert [one.alert_id for one in await list_carried(tx, carrier)] == [standing[4].alert_id]

        await waiting_notices.cancel_waiting(tx, standing[4].alert_id)

        assert await list_carried(tx, carrier) == ()


async def _goes(tx: Tx, carrier: Notice) -> str | None:
    """By which provider the text that stands for several goes now; it does not arrive."""
    token = LeaseToken("one.desk")
    claimed = await claim_sendings(
        tx, token, Providers([ScriptedChannel("recorder"), ScriptedChannel("twilio")])
    )
    await notices.record_done(tx, {one.notice.notice_id: token for one in claimed})
    sent = {one.notice.notice_id: one.attempt for one in claimed}.get(carrier.notice_id)
    if sent is None:
        return None
    (_, last) = await list_carried(tx, carrier)
    assert last.alert_id is not None
    assert DESK in await notices.list_told(tx, last.alert_id)
    await attempts.record_attempt(tx, moved(sent, AttemptState.UNDELIVERED, tx.at, "30008"))
    await notices.reopen_notice(tx, carrier.notice_id)
    return sent.provider


async def _has_been_tried(tx: Tx, carrier: Notice) -> None:
    """Nobody knows what became of it."""
    sent = Attempt(
        attempt_id=AttemptId("attempt-1"),
        notice_id=carrier.notice_id,
        provider="twilio",
        provider_id=None,
        state=AttemptState.SUBMITTED,
        code=None,
        text="还有2件预警，最近一件26执1402程某",
        is_repeat=False,
        submitted_at=tx.at,
        changed_at=tx.at,
    )
    await attempts.add_attempts(tx, [sent])


async def test_a_text_that_may_have_gone_out_stands_for_no_later_page(sighted: Sighted) -> None:
    """The harm: a page counts as told by a text that was sent before there was one."""
    async with undone(sighted.books.registry) as tx:
        standing = await five_alerts(tx)
        await pages_the_desk(tx, standing[:4])
        carrier = await _carrier(tx)
        await _has_been_tried(tx, carrier)

        await pages_the_desk(tx, standing[4:])

        assert [one.alert_id for one in await list_carried(tx, carrier)] == [standing[3].alert_id]
        assert (await _carrier(tx)).notice_id != carrier.notice_id


async def test_one_text_for_several_that_did_not_arrive_goes_by_the_next_provider(sighted: Sighted) -> None:
    """The harm: of two alerts nobody hears, because what stood for both belongs to neither."""
    async with undone(sighted.books.registry) as tx:
        await notice_limits.put_limits(tx, cast.COURT.court_id, SMS, Limits(wait_s=0))
        standing = await five_alerts(tx)
        await pages_the_desk(tx, standing)
        carrier = await _carrier(tx)

        tries = [await _goes(tx, carrier), await _goes(tx, carrier), await _goes(tx, carrier)]

        assert tries == ["recorder", "twilio", None]
        assert DESK not in await notices.list_told(tx, standing[4].alert_id)


async def test_it_does_not_once_each_of_them_was_taken(sighted: Sighted) -> None:
    async with undone(sighted.books.registry) as tx:
        await notice_limits.put_limits(tx, cast.COURT.court_id, SMS, Limits(wait_s=0))
        standing = await five_alerts(tx)
        await pages_the_desk(tx, standing)
        carrier = await _carrier(tx)
        assert await _goes(tx, carrier) == "recorder"

        for alert in standing[3:]:
            actor = await people.get_actor(tx, DESK)
            await take_alert(tx, actor, await alerts.lock_alert(tx, alert.alert_id), Way.CONSOLE)

        assert await _goes(tx, carrier) is None


async def test_the_proof_of_an_alert_has_the_text_that_stood_for_its_own_but_not_its_words(
    sighted: Sighted,
) -> None:
    """The harm: who may read one case reads of another in what stood for both."""
    async with undone(sighted.books.registry) as tx:
        standing = await five_alerts(tx)
        await pages_the_desk(tx, standing)
        carrier = await _carrier(tx)
        await _has_been_tried(tx, carrier)

        auditor = await people.get_actor(tx, cast.AUDITOR.person_id)
        proof = await gather_proof(tx, auditor, standing[4])

        (carried,) = [one.detail for one in proof.steps if one.detail.get("text_id") == TextId.LADDER]
        (tried,) = [one.detail for one in proof.steps if one.what is Step.ATTEMPT]
        assert (carried["carried_by"], tried["notice"]) == (carrier.notice_id, carrier.notice_id)
        assert tried["text"] is None


@pytest.mark.parametrize("text_id", [TextId.IMMINENT, TextId.PAUSED, TextId.DISPATCHED])
async def test_first_notices_and_orders_go_out_alone(sighted: Sighted, text_id: TextId) -> None:
    async with undone(sighted.books.registry) as tx:
        standing = await five_alerts(tx)
        await pages_the_desk(tx, standing)

        await pages_the_desk(tx, standing[4:], text_id)

        assert (SMS, NoticeState.DUE) in await _to_the_desk(tx, standing[4])


async def _the_desk_has_a_phone_for_push(tx: Tx) -> None:
    phone = Contact(
        contact_id=ContactId("phone-1"),
        person_id=DESK,
        channel=PUSH,
        provider=DeviceProvider.WEB_PUSH,
        label="值班手机",
        address="https://push.example/1",
        created_at=tx.at,
        seen_at=tx.at,
    )
    await contacts.put_contact(tx, phone)


async def test_without_a_proven_device_the_budget_leaves_no_sms_out(sighted: Sighted) -> None:
    """The harm: the desk hears of an alert by no way at all, because nobody ever set up its push."""
    async with undone(sighted.books.registry) as tx:
        await notice_limits.put_limits(tx, cast.COURT.court_id, SMS, Limits(a_day=1))
        alert = await alerts.get_alert(tx, sighted.alert_id)

        await tell(tx, alert, Telling(text_id=TextId.TAKEN, to=(DESK,)))
        await tell(tx, alert, Telling(text_id=TextId.TAKEN, to=(DESK,)))

        assert [channel for channel, _ in await _to_the_desk(tx, alert)] == [SMS, PUSH, SMS, PUSH]


async def test_who_has_switched_push_off_is_left_out_of_no_sms(sighted: Sighted) -> None:
    """The harm: a device is known, nothing is sent to it, and the SMS is saved."""
    async with undone(sighted.books.registry) as tx:
        await _the_desk_has_a_phone_for_push(tx)
        await muted_channels.put_muted(tx, DESK, [PUSH])
        await notice_limits.put_limits(tx, cast.COURT.court_id, SMS, Limits(a_day=1))
        alert = await alerts.get_alert(tx, sighted.alert_id)

        await tell(tx, alert, Telling(text_id=TextId.TAKEN, to=(DESK,)))
        await tell(tx, alert, Telling(text_id=TextId.TAKEN, to=(DESK,)))

        assert [channel for channel, _ in await _to_the_desk(tx, alert)] == [SMS, SMS]


async def test_after_the_budget_of_a_day_what_can_be_left_out_goes_by_push_alone(sighted: Sighted) -> None:
    async with undone(sighted.books.registry) as tx:
        await _the_desk_has_a_phone_for_push(tx)
        await notice_limits.put_limits(tx, cast.COURT.court_id, SMS, Limits(a_day=1))
        alert = await alerts.get_alert(tx, sighted.alert_id)
        await tell(tx, alert, Telling(text_id=TextId.LADDER, to=(DESK,)))
        await tell(tx, alert, Telling(text_id=TextId.LADDER, to=(DESK,)))
        assert await _to_the_desk(tx, alert) == [
            (SMS, NoticeState.DUE),
            (PUSH, NoticeState.DUE),
            (PUSH, NoticeState.DUE),
        ]

        now = ActPoint(place="武昌", at=tx.at + timedelta(hours=1))
        judge = await people.get_actor(tx, cast.JUDGE.person_id)
        imminent = await choose_act_point(tx, judge, alert, now)
        await tell(tx, imminent, Telling(text_id=TextId.LADDER, to=(DESK,), channels=(SMS,)))

        assert (await _to_the_desk(tx, alert))[-1] == (SMS, NoticeState.DUE)


@pytest.mark.parametrize(("providers", "sent"), [(("twilio",), 2), (("twilio", "kannel"), 3)])
async def test_what_can_be_left_out_does_not_use_up_what_the_provider_lets_through_in_a_day(
    sighted: Sighted, providers: tuple[str, ...], sent: int
) -> None:
    """The harm: quiet texts fill the day of a number, and the carrier drops the order to stop."""
    async with undone(sighted.books.registry) as tx:
        await put_set_up(tx, cast.COURT.court_id, {SMS: providers, PUSH: ("web-push",)})
        await notice_limits.put_limits(tx, cast.COURT.court_id, SMS, Limits(a_day=None))
        await _the_desk_has_a_phone_for_push(tx)
        alert = await alerts.get_alert(tx, sighted.alert_id)
        await tell(tx, alert, Telling(text_id=TextId.TAKEN, to=(DESK,)))
        await tell(tx, alert, Telling(text_id=TextId.TAKEN, to=(DESK,)))
        await tell(tx, alert, Telling(text_id=TextId.TAKEN, to=(DESK,)))
        assert [channel for channel, _ in await _to_the_desk(tx, alert)].count(SMS) == sent

        await tell(tx, alert, Telling(text_id=TextId.PAUSED, to=(DESK,)))

        assert [channel for channel, _ in await _to_the_desk(tx, alert)].count(SMS) == sent + 1


async def test_what_a_text_stands_for_is_read_at_once_however_much_it_is(sighted: Sighted) -> None:
    async with undone(sighted.books.registry) as tx:
        await pages_the_desk(tx, await five_alerts(tx))
        carrier = await _carrier(tx)
        asked: list[str] = []
        sa.event.listen(tx.db.sync_connection, "before_cursor_execute", lambda *told: asked.append(told[2]))

        facts, carried = await facts_of_carried(tx, carrier), await list_carried(tx, carrier)

        assert (facts.more, len(carried), len(asked)) == (2, 2, 1)


async def test_of_pages_that_others_got_lately_no_more_is_read_than_counts(sighted: Sighted) -> None:
    async with undone(sighted.books.registry) as tx:
        await pages_the_desk(tx, await five_alerts(tx))

        paged = await notice_limits.list_paged(tx, [DESK], tx.at - timedelta(minutes=1), 2)

        assert [(way, len(alert_ids)) for way, alert_ids in paged.items()] == [((DESK, SMS), 2)]


async def test_whoever_is_told_who_has_it_is_not_looked_up_among_all_pages(sighted: Sighted) -> None:
    async with undone(sighted.books.registry) as tx:
        alert = await alerts.get_alert(tx, sighted.alert_id)
        with asked() as statements:
            await tell(tx, alert, Telling(text_id=TextId.TAKEN, to=(DESK,), extra={"taker": "沈法官"}))

        assert [one for one in statements if "DISTINCT" in one] == []


async def test_of_a_used_up_budget_no_more_is_counted_than_it_holds(sighted: Sighted) -> None:
    async with undone(sighted.books.registry) as tx:
        await pages_the_desk(tx, (await five_alerts(tx))[:3])
        a_day_ago = tx.at - timedelta(days=1)

        some = await notice_limits.count_sent(tx, SMS, [DESK], a_day_ago, 2)
        most = await notice_limits.count_sent(tx, SMS, [DESK], a_day_ago, 9)
        pushed = await notice_limits.count_sent(tx, PUSH, [DESK], a_day_ago, 9)

        assert (some, most, pushed) == ({(DESK, SMS): 2}, {(DESK, SMS): 3}, {(DESK, PUSH): 0})
