"""The process is killed right after a step of the path of one case (DESIGN section 5); the next goes on."""

import asyncio
import shutil
import signal
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from notifications.channels.port import ChannelKind
from schemas.measures import AgencyKind
from scripts.cast import DUTY_OFFICER, JUDGE
from tests.acceptance.court import CourtStage
from tests.acceptance.listing import AGENCIES, gone_at
from tests.faults.life import POINTS, SENT, goes_on, living
from tracker.domain.alerts import AlertState
from tracker.domain.ids import AgencyId, EntryId
from tracker.services.audit import ChainWhole, verify
from tracker.storage import alerts, entries, feeds
from tracker.storage.tables import feeds as feed_tables
from tracker.storage.tables import notices as notice_tables
from tracker.storage.tables import plumbing

ROOT = Path(__file__).parents[2]
TOLD = "26执1402程某，Z38次9车41座，27日06:59到北京西"
STOPPED = "26执1402程某25日12:00已撤控，各单位已撤控。勿查找勿拦截，已控制的立即放行"
JUDGE_TOLD, OFFICER_TOLD = f"行踪预警：{TOLD}。接手请回40718", f"值班预警：{TOLD}，承办沈法官。接手请回58263"
MARKED_AS_REPEATED = {"notices claimed": {JUDGE_TOLD, OFFICER_TOLD}, SENT: {OFFICER_TOLD}}
"""Where a life ended between claim and answer, nobody knows what the provider got: it is asked, and what it
never got goes out once more, marked. What it did get is not sent again.
"""
WAITING = {
    "changes without a number": sa.select(feed_tables.feed_change.c.id).where(
        feed_tables.feed_change.c.taken.is_(False)
    ),
    "messages to agencies": sa.select(plumbing.outbox.c.id).where(plumbing.outbox.c.published_at.is_(None)),
    "messages from agencies": sa.select(plumbing.inbox.c.id).where(plumbing.inbox.c.state == "waiting"),
    "notices": sa.select(notice_tables.notice.c.id).where(
        notice_tables.notice.c.state.in_(["due", "leased"])
    ),
    "attempts": sa.select(notice_tables.attempt.c.id).where(
        notice_tables.attempt.c.state.in_(["submitted", "unknown"])
    ),
}


@pytest.fixture(scope="session")
async def moved_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a court whose people have moved in."""
    data = tmp_path_factory.mktemp("moved-in") / "data"
    async with living(data) as stage:
        await stage.settles()
    return data


async def life_that_ends_at(point: str, data: Path) -> int | None:
    """The exit code of a life that is to be killed at a point."""
    command = (sys.executable, "-m", "tests.faults.life", str(data), point)
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT)
    async with asyncio.timeout(60):
        return await process.wait()


async def what_waits(stage: CourtStage) -> dict[str, int]:
    async with stage.registry.reading() as tx:
        return {name: len(await tx.rows(query)) for name, query in WAITING.items()}


async def differing_replicas(stage: CourtStage) -> list[AgencyId]:
    """The agencies whose replica is not what the court says it is."""
    async with stage.registry.reading() as tx:
        heads = {kind: (await feeds.get_feed(tx, AgencyId(kind.value))).head for kind in AgencyKind}
    own = {kind: await stage.agency(kind).edge.state() for kind in AgencyKind}
    return [
        AgencyId(kind.value)
        for kind, head in heads.items()
        if (head.sequence, head.count, head.digest) != (own[kind].sequence, own[kind].count, own[kind].digest)
    ]


async def alert_states(stage: CourtStage, entry_id: EntryId) -> list[AlertState]:
    async with stage.registry.reading() as tx:
        subject_id = (await entries.get_entry(tx, entry_id)).subject_id
        return [alert.state for alert in await alerts.list_alerts_of_subject(tx, subject_id)]


def everybody_heard_once(point: str) -> list[tuple[str, str]]:
    texts = {
        JUDGE_TOLD: JUDGE,
        OFFICER_TOLD: DUTY_OFFICER,
        f"停止行动：{STOPPED}。收到请回40718": JUDGE,
        f"停止行动：{STOPPED}。收到请回58263": DUTY_OFFICER,
    }
    repeated = MARKED_AS_REPEATED.get(point, set())
    return sorted(
        (reader.phone, f"【云河法院】{'重发：' if text in repeated else ''}{text}")
        for text, reader in texts.items()
    )


def sms_of_all_lives(stage: CourtStage) -> list[tuple[str, str]]:
    sent = [one.message for one in stage.recorder.messages if one.kind is ChannelKind.SMS]
    return sorted((message.to, message.text) for message in sent)


@pytest.mark.parametrize("point", POINTS)
async def test_the_next_life_goes_on(point: str, moved_in: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(moved_in, data)
    assert await life_that_ends_at(point, data) == -signal.SIGKILL

    async with living(data) as stage:
        entry_id = await goes_on(stage)

        assert await alert_states(stage, entry_id) == [AlertState.RETRACTED]
        assert sms_of_all_lives(stage) == everybody_heard_once(point)
        assert await what_waits(stage) == dict.fromkeys(WAITING, 0)
        assert await gone_at(stage, entry_id) == set(AGENCIES)
        assert await differing_replicas(stage) == []
        assert await stage.system.bus.dead_letters() == []
        async with stage.registry.reading() as tx:
            assert isinstance(await verify(tx), ChainWhole)
