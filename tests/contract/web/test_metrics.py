"""`/metrics` shows how long each stretch of the path took and what waits, to the court's own network only."""

from contextlib import AbstractAsyncContextManager

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from notifications.channels.port import ChannelKind
from notifications.delivery import AttemptState
from schemas.measures import AgencyKind
from scripts import cast
from scripts.invented_people import found_in
from scripts.pump import Pump
from tests.contract.web.site import Site
from tracker.services.delivery.reports import Report, receive_report
from tracker.storage.tables.notices import attempt, notice


async def metrics_of(site: Site) -> list[str]:
    async with site.visitor().session.get(f"{site.url}/metrics") as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        return (await answer.text()).splitlines()


async def test_each_stretch_from_the_card_to_the_provider_is_timed(site: Site) -> None:
    await site.sees_a()

    shown = await metrics_of(site)
    assert 'tracker_occurred_to_received_seconds_count{agency="rail"} 1.0' in shown
    assert 'tracker_spooled_to_received_seconds_count{agency="rail"} 1.0' in shown
    assert 'tracker_received_to_alert_committed_seconds_count{agency="rail"} 1.0' in shown
    assert 'tracker_notice_due_to_claimed_seconds_count{channel="sms"} 2.0' in shown
    assert 'tracker_notice_claimed_to_wire_seconds_count{channel="sms"} 2.0' in shown
    assert 'tracker_notice_committed_to_wire_seconds_count{channel="push"} 2.0' in shown
    assert 'tracker_wire_to_answered_seconds_count{country="CN",provider="recorder"} 2.0' in shown
    assert 'tracker_wire_to_answered_seconds_count{country="*",provider="recorder"} 2.0' in shown


async def reports(site: Site, attempt_id: str, state: AttemptState) -> None:
    async with site.stage.registry.transaction() as tx:
        report = Report(attempt_id=attempt_id, provider_id=None, state=state, code=None)
        await receive_report(tx, report)


async def test_what_is_delivered_is_counted_by_provider_and_country(site: Site) -> None:
    await site.sees_a()
    by_sms = sa.select(attempt.c.id).join(notice).where(notice.c.channel == ChannelKind.SMS)
    async with site.stage.registry.transaction() as tx:
        # What the recorder takes has arrived: here it is still on its way.
        await tx.run(sa.update(attempt).values(state=AttemptState.SENT))
        first, second = [row.id for row in await tx.rows(by_sms)]
    await reports(site, first, AttemptState.DELIVERED)
    await reports(site, first, AttemptState.DELIVERED)
    await reports(site, second, AttemptState.UNDELIVERED)
    await reports(site, "somebody else's", AttemptState.DELIVERED)

    shown = await metrics_of(site)
    by_recorder = 'tracker_delivery_reports_total{country="CN",provider="recorder",result='
    assert by_recorder + '"delivered"} 1.0' in shown
    assert by_recorder + '"unchanged"} 1.0' in shown
    assert by_recorder + '"undelivered"} 1.0' in shown
    assert 'tracker_delivery_reports_total{country="",provider="",result="unknown-attempt"} 1.0' in shown
    assert 'tracker_wire_to_reported_seconds_count{country="CN",provider="recorder"} 2.0' in shown


async def test_what_happened_is_counted(site: Site) -> None:
    await site.sees_a()
    await site.stage.replies(cast.DESK, "99999")

    shown = await metrics_of(site)
    assert 'tracker_sightings_total{agency="rail",taken="alerted"} 1.0' in shown
    assert 'tracker_attempts_total{country="CN",provider="recorder",result="submitted"} 3.0' in shown
    assert 'tracker_attempts_total{country="*",provider="recorder",result="submitted"} 2.0' in shown
    assert 'tracker_replies_total{meaning="wrong-code"} 1.0' in shown
    assert "tracker_people_with_a_gap 11.0" in shown


async def test_how_each_provider_works_is_shown(quiet_site: Site) -> None:
    shown = await metrics_of(quiet_site)

    assert 'tracker_provider_score{channel="sms",provider="recorder"} 1.0' in shown
    assert 'tracker_provider_circuit_open{channel="voice",provider="recorder"} 0.0' in shown


async def test_an_entry_is_timed_until_each_agency_has_let_it_go(site: Site) -> None:
    await site.stage.withdraws(site.listed, cast.JUDGE)
    await site.stage.settles()

    shown = await metrics_of(site)
    assert 'tracker_change_committed_to_published_seconds_count{agency="border"} 1.0' in shown
    assert 'tracker_change_committed_to_gone_seconds_count{agency="border"} 1.0' in shown
    assert 'tracker_message_committed_to_published_seconds_count{lane="express"} 4.0' in shown


async def test_a_webhook_is_counted_by_its_answer(site: Site) -> None:
    await site.visitor().session.post(f"{site.url}/webhooks/sightings/police", data=b"unsigned")

    assert 'tracker_webhooks_total{answer="401",kind="sighting"} 1.0' in await metrics_of(site)


async def test_an_agency_that_is_behind_is_seen(site: Site) -> None:
    stage = site.stage
    asleep = {loop.name for loop in stage.system.edges[AgencyKind.RAIL].loops}
    stage.pump = Pump(stage.clock, [loop for loop in stage.system.loops if loop.name not in asleep])
    await stage.withdraws(site.listed, cast.JUDGE)

    shown = await metrics_of(site)
    assert 'tracker_replica_changes_behind{agency="rail",instance="one"} 1.0' in shown
    assert 'tracker_replica_changes_behind{agency="border",instance="one"} 0.0' in shown


async def test_the_process_tells_its_own_figures_while_the_books_are_away(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    await site.sees_a()
    assert "tracker_books_unread 0.0" in await metrics_of(site)

    def away() -> AbstractAsyncContextManager[AsyncConnection]:
        raise ConnectionRefusedError

    monkeypatch.setattr(site.stage.registry.database, "reading", away)

    shown = await metrics_of(site)
    assert "tracker_books_unread 1.0" in shown
    assert 'tracker_sightings_total{agency="rail",taken="alerted"} 1.0' in shown
    assert 'tracker_provider_circuit_open{channel="voice",provider="recorder"} 0.0' in shown
    assert not [line for line in shown if line.startswith("tracker_alerts_open")]


async def test_nothing_in_it_is_about_a_person(site: Site) -> None:
    await site.sees_a()

    assert found_in("\n".join(await metrics_of(site))) == []


@pytest.mark.parametrize("header", ["Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"])
async def test_nobody_gets_it_through_a_proxy(quiet_site: Site, header: str) -> None:
    async with quiet_site.visitor().session.get(
        f"{quiet_site.url}/metrics", headers={header: "for=198.51.100.7"}
    ) as answer:
        assert answer.status == 404
