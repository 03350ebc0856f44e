"""Whoever must be told is told, though a provider of SMS takes messages and brings none."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from notifications.channels.port import ChannelKind, Outgoing
from notifications.channels.recorder import Recorder
from schemas.measures import AgencyKind
from scripts.cast import DUTY_OFFICER, JUDGE, A
from scripts.desk import court_time
from scripts.engines.port import Engines
from tests.acceptance.court import CourtStage, Opening, open_stage, refuse_inside_transaction
from tests.acceptance.journeys import INN
from tests.scripted_channel import ScriptedChannel
from tracker.domain.ids import EntryId

AGAIN = (
    "【云河法院】重发：紧急预警：26执1357佟某，25日12:00入住西直门如归旅店，人在店内。"
    "接手请回{}，12:03起逐级上报"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoProviders:
    """A court that prefers the first; neither reports a delivery."""

    stage: CourtStage
    first: ScriptedChannel
    second: ScriptedChannel


async def outside_of_transactions(_message: Outgoing) -> None:
    refuse_inside_transaction()


@pytest.fixture
async def court(data: Path, engines: Engines, entry_a: EntryId) -> AsyncIterator[TwoProviders]:
    """A has just checked in at an inn: the alert is imminent."""
    first, second, recorder = ScriptedChannel("recorder"), ScriptedChannel("twilio"), Recorder()
    first.before_answer = second.before_answer = outside_of_transactions
    others = (recorder.channel(ChannelKind.PUSH), recorder.channel(ChannelKind.VOICE))
    opening = Opening(data=data, channels=(first, second, *others), engines=engines)
    async with open_stage(opening) as stage:
        await stage.agency(AgencyKind.POLICE).checks_in(A, INN)
        await stage.settles()
        yield TwoProviders(stage=stage, first=first, second=second)


async def test_after_a_minute_without_a_report_the_next_one_says_it_again(court: TwoProviders) -> None:
    await court.stage.reaches(court_time(2, 25, 12, 0, 59))
    assert (len(court.first.texts), court.second.texts) == (2, [])

    await court.stage.reaches(court_time(2, 25, 12, 2))

    assert {(one.to, one.text) for one in court.second.arrived} == {
        (JUDGE.phone, AGAIN.format("40718")),
        (DUTY_OFFICER.phone, AGAIN.format("58263")),
    }
    assert len(court.first.texts) == len(court.second.texts) == 2
