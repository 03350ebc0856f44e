"""What the court's doctor says of each thing that can be wrong, and what to do."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from adapters.bus.broker_setup import BrokerAdmin
from notifications.texts import Language, TextId
from notifications.texts.checks import Fault, Way
from tracker.commands import doctor
from tracker.domain.lateness import Work
from tracker.key_files import load_or_make_keys
from tracker.services.audit import ChainBroken, ChainWhole
from tracker.services.notices.texts import Outgrown
from tracker.services.proof.lateness import Late
from tracker.settings import TrackerSettings
from tracker.storage.texts import TextKey

SINCE = datetime(2026, 2, 25, 4, 0, tzinfo=UTC)
SHORT_OF_DISK = {
    "status": "failed",
    "reason": "There are alarms in effect in the cluster",
    "alarms": [{"node": "rabbit@court", "resource": "disk space"}],
}
"""As RabbitMQ 3.10 answers."""


def settings_of_a_trial(folder: Path, **others: str) -> TrackerSettings:
    named = {
        "ENVIRONMENT": "trial",
        "COURT_ID": "yunhe",
        "DATABASE_URL": f"sqlite:///{folder}/court.sqlite",
        "BROKER_URL": f"embedded:///{folder}/bus.sqlite",
        "KEYS_FILE": str(folder / "keys.json"),
        **others,
    }
    return TrackerSettings.from_environment({f"TRACKER_{name}": text for name, text in named.items()}, ())


@pytest.mark.parametrize(
    ("ahead_s", "said"),
    [
        (2.0, "ok     clock: agrees with the database's"),
        (-2.0, "ok     clock: agrees with the database's"),
        (2.6, "wrong  clock: 3 s ahead of the database's: set both machines' clocks (NTP)"),
        (-60.0, "wrong  clock: 60 s behind the database's: set both machines' clocks (NTP)"),
    ],
)
def test_the_clock(ahead_s: float, said: str) -> None:
    assert str(doctor.judge_clock(ahead_s)) == said


@pytest.mark.parametrize(
    ("free_bytes", "said"),
    [
        (2**30, "ok     disk: 1.0 GiB free"),
        (2**29, "wrong  disk: only 0.5 GiB free on this machine: make room"),
    ],
)
def test_the_disk(free_bytes: int, said: str) -> None:
    assert str(doctor.judge_disk(free_bytes)) == said


def test_late_work() -> None:
    late = Late(what=Work.NOTICES, since=SINCE, by_s=45)

    assert [str(one) for one in doctor.judge_lateness(())] == ["ok     late: nothing is late"]
    assert [str(one) for one in doctor.judge_lateness((late,))] == [
        "wrong  late: notices to people, by 45 s: does `tracker serve` run, and what says its /readyz?"
    ]


def test_texts_in_the_courts_own_words() -> None:
    key = TextKey(TextId.PLANNED_JUDGE, Language.CHINESE)
    outgrown = Outgrown(key=key, version=3, faults=(Fault(way=Way.SMS, zh="", en="2 too many"),))

    assert [str(one) for one in doctor.judge_texts(())] == ["ok     texts: all fit the court's name"]
    assert [str(one) for one in doctor.judge_texts((outgrown,))] == [
        "wrong  texts: text A1 in zh, version 3, is no longer as it must be (2 too many): what cannot be "
        "said so goes out as built in; reword it in the console under 通知文本"
    ]


def test_the_chain() -> None:
    assert str(doctor.judge_chain(ChainWhole(links=7))) == "ok     audit chain: whole, 7 links"
    assert str(doctor.judge_chain(ChainBroken(position=3))) == (
        "wrong  audit chain: does not hold from link 3 on: keep a copy of the database, tell the auditor"
    )


def test_queues_and_dead_letters() -> None:
    assert str(doctor.judge_queues(())) == "ok     broker: reachable, every queue is there"
    assert str(doctor.judge_queues(("dead", "from.rail"))) == (
        "wrong  broker: these queues are missing: dead, from.rail; run `tracker broker setup`"
    )
    assert str(doctor.judge_dead_letters(0)) == "ok     dead letters: none"
    assert str(doctor.judge_dead_letters(2)) == (
        "wrong  dead letters: 2: `tracker dead-letters list` gives the reasons"
    )


def test_a_broker_under_an_alarm_is_not_well() -> None:
    assert str(doctor.judge_alarms(())) == "ok     broker alarms: none"
    assert str(doctor.judge_alarms(["disk space on rabbit@court"])) == (
        "wrong  broker alarms: short of disk space on rabbit@court: it takes no message until there is room"
    )


@pytest.fixture
async def management() -> AsyncIterator[TestServer]:
    """The management interface of a broker whose disk is full."""

    async def alarms(_request: web.Request) -> web.Response:
        return web.json_response(SHORT_OF_DISK, status=503)

    app = web.Application()
    app.router.add_get("/api/health/checks/alarms", alarms)
    server = TestServer(app)
    await server.start_server()
    yield server
    await server.close()


async def test_the_brokers_alarms_are_read(management: TestServer) -> None:
    async with BrokerAdmin(f"http://admin:secret@{management.host}:{management.port}", "/") as admin:
        assert await admin.alarms() == ["disk space on rabbit@court"]


def test_the_key_file(tmp_path: Path) -> None:
    settings = settings_of_a_trial(tmp_path)
    file = tmp_path / "keys.json"
    load_or_make_keys(file, "yunhe")

    assert str(doctor.examine_key_file(settings)) == "ok     key file: there, for its owner only"
    file.chmod(0o640)
    assert str(doctor.examine_key_file(settings)) == (
        "wrong  key file: others than its owner may open it: chmod 600"
    )
    file.write_text("torn")
    assert str(doctor.examine_key_file(settings)) == (
        "wrong  key file: TRACKER_KEYS_FILE: this is no key file, or a damaged one; "
        "put the copy that you kept in its place"
    )


async def test_a_database_that_is_away_hides_nothing_else(tmp_path: Path) -> None:
    load_or_make_keys(tmp_path / "keys.json", "yunhe")
    settings = settings_of_a_trial(
        tmp_path, DATABASE_URL="postgresql+asyncpg://court:secret@127.0.0.1:9/court"
    )

    said = {one.about: one async for one in doctor.examined(settings)}

    assert not said["database"].is_ok
    assert "secret" not in said["database"].says
    assert said["broker"].is_ok
