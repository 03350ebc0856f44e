"""A court as programs on PostgreSQL and RabbitMQ: founded by command, served by two, ended in order."""

import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from scripts.engines.postgresql import PostgresServer
from tests.acceptance.programs import BROKER_PASSWORD, EXAMPLE, Operator, settings_of_a_court
from tests.engines import Servers
from tracker.domain.journal import JournalLine, LineKind, Place, written
from tracker.key_files import load_or_make_keys
from tracker.storage.tables import metadata

A_LINE_OF_THE_LOST_LIFE = JournalLine(
    line_id="line-of-the-lost-life",
    place=Place(1, 9),
    at=datetime(2026, 2, 25, 4, 0, tzinfo=UTC),
    kind=LineKind.STOPPED,
    about="entry-of-the-lost-life",
    detail={"state": "suspended", "cause": "performed"},
)
NO_BROKER = f"amqp://court:{BROKER_PASSWORD}@127.0.0.1:9/programs"


@pytest.fixture(scope="module")
async def unfounded(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Operator]:
    """A court with an empty database, and a broker that knows nobody."""
    postgres, rabbit = await servers.postgres(), await servers.rabbit()
    settings = settings_of_a_court(
        tmp_path_factory.mktemp("court"), await postgres.create_database("programs")
    )
    settings["TRACKER_BROKER_URL"] = rabbit.url("court", BROKER_PASSWORD, "programs")
    settings["TRACKER_BROKER_ADMIN_URL"] = rabbit.admin_url
    yield Operator(settings=settings)
    await rabbit.drop_vhost("programs")
    await postgres.drop_database("programs")


@pytest.fixture(scope="module")
async def operator(unfounded: Operator) -> Operator:
    """A court that is founded."""
    assert (await unfounded.runs("keys", "make")).code == 0
    assert (await unfounded.runs("migrate")).code == 0
    assert (await unfounded.runs("found", str(EXAMPLE))).code == 0
    assert (await unfounded.runs("broker", "setup")).code == 0
    return unfounded


async def test_two_processes_serve_one_court(operator: Operator) -> None:
    async with operator.serves("one") as one, operator.serves("two") as two:
        await one.becomes_ready()
        await two.becomes_ready()

        assert await two.answers("/livez") == (200, {"live": True})


async def test_a_process_is_ready_and_gone_in_time_though_pages_are_open(operator: Operator) -> None:
    renewed = await operator.runs("password", "shen")
    async with operator.starting_anew().serves("one") as one:
        assert one.ready_after_s < 25, "the promise is five seconds on an idle machine"
        await one.becomes_ready()

        async with one.is_followed("shen", renewed.said.split()[-1]) as stream:
            assert (stream.status, stream.content_type) == (200, "text/event-stream")
            ended = await one.ends()

    assert ended.code == 0
    assert ended.took_s < 15, "the promise is five seconds on an idle machine"
    assert "error" not in ended.complaints
    assert "cut-off" not in ended.complaints
    assert await leases_of(operator, "one") == []


async def leases_of(operator: Operator, worker: str) -> list[str]:
    """The tables in which a worker of this name holds a row."""
    url = operator.settings["TRACKER_DATABASE_URL"].replace("+asyncpg", "")
    leased = [table.name for table in metadata.tables.values() if "lease_token" in table.c]
    connection = await asyncpg.connect(url)
    held = [
        table
        for table in leased
        if await connection.fetchval(
            f"SELECT count(*) FROM {table} WHERE lease_token LIKE $1",  # noqa: S608 - our own tables
            f"{worker}.%",
        )
    ]
    await connection.close()
    return held


async def test_a_killed_process_starts_again_under_its_name(operator: Operator) -> None:
    async with operator.serves("one") as one:
        assert (await one.ends(signal.SIGKILL)).code == -9

    async with operator.serves("one") as one:
        await one.becomes_ready()


async def test_a_name_is_for_one_process(operator: Operator) -> None:
    async with operator.serves("one"):
        second = await operator.with_settings(WORKER="one").runs("serve")

    assert second.code == 1
    assert second.complaints == (
        "error: TRACKER_WORKER: another process is called one; choose another TRACKER_WORKER\n"
    )


async def test_a_restored_database_serves_only_once_somebody_has_said_so(operator: Operator) -> None:
    keys = load_or_make_keys(Path(operator.settings["TRACKER_KEYS_FILE"]), "yunhe")
    lost = Path(operator.settings["TRACKER_JOURNAL"]) / "yunhe.lost.journal"
    lost.write_text(written(A_LINE_OF_THE_LOST_LIFE, keys.chain) + "\n")

    refused = await operator.runs("serve")
    told = await operator.runs("doctor")
    taken_up = await operator.runs("restored")

    assert refused.code == 1
    assert "error: TRACKER_JOURNAL: the withdrawal journal knows more" in refused.complaints
    assert "wrong  journal: TRACKER_JOURNAL: the withdrawal journal knows more" in told.said
    assert taken_up.code == 0
    assert taken_up.said.startswith("the journal knew 1 lines more; entries out of force again by it: 0\n")
    async with operator.serves("one") as one:
        await one.becomes_ready()
        while_it_serves = await operator.with_settings(WORKER="two").runs("restored")
    assert "error: another process serves from this database" in while_it_serves.complaints


async def test_everything_may_be_done_again(operator: Operator) -> None:
    assert (await operator.runs("keys", "make")).said.startswith("the key file was there")
    assert (await operator.runs("migrate")).said.endswith(": nothing to do\n")
    assert (
        await operator.runs("found", str(EXAMPLE))
    ).said == "court yunhe is as the file says: nothing to do\n"
    assert (await operator.runs("broker", "setup")).code == 0
    assert (await operator.runs("dead-letters", "list")).said == "no dead letters\n"


async def test_the_doctor_names_what_an_operator_has_still_to_do(operator: Operator) -> None:
    told = await operator.runs("doctor")

    assert told.code == 1
    assert "ok     broker: reachable, every queue is there\n" in told.said
    assert "wrong  rail: no adapter is enrolled: `tracker agency enrol`" in told.said


async def test_an_agency_that_comes_later_is_taken_up(operator: Operator, tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8").replace('id = "rail"', 'id = "rail-north"')
    (tmp_path / "court.toml").write_text(text, encoding="utf-8")
    async with operator.serves("one") as one:
        await one.becomes_ready()
        added = await operator.runs("found", str(tmp_path / "court.toml"))
        await operator.runs("broker", "setup")
        await one.logs("agency-taken-up")
        await one.becomes_ready()

    assert added.said == "agency-added: rail-north\n"


async def test_a_database_that_was_not_migrated_is_refused(servers: Servers, operator: Operator) -> None:
    url = await (await servers.postgres()).create_database("not_migrated")

    refused = await operator.with_settings(DATABASE_URL=url).runs("serve")

    await (await servers.postgres()).drop_database("not_migrated")
    assert refused.code == 1
    assert refused.complaints.endswith("run `tracker migrate`\n")


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not below pytest's own, which every other start of pytest closes to a server's user."""
    with tempfile.TemporaryDirectory(prefix="debtor-tracker-programs-") as folder:
        yield Path(folder)


async def test_what_is_away_is_told_and_ends_by_itself(operator: Operator, folder: Path) -> None:
    async with PostgresServer.started(folder / "postgresql") as postgres:
        url = await postgres.create_database("court")
        (folder / "journal").mkdir()
        alone = operator.with_settings(
            DATABASE_URL=url, BROKER_URL=NO_BROKER, JOURNAL=str(folder / "journal")
        )
        await alone.runs("migrate")
        await alone.runs("found", str(EXAMPLE))
        async with alone.serves("one") as one:
            await one.comes_to(["the broker cannot be reached (AMQPConnectionError)"])

            await postgres.stop()
            await one.comes_to_say("the database cannot be reached")
            status, told = await one.answers("/readyz")
            assert status == 503
            assert told["reasons"][0].startswith("the database cannot be reached")

            await postgres.start()
            ended = await one.ends()
    assert ended.code == 0
    assert ended.took_s < 15, "the promise is five seconds on an idle machine"
