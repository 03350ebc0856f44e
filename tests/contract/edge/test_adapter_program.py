"""The adapter as a program: enrolled, started, ready, ended; and what it says when something is missing."""

import asyncio
import json
import stat
from pathlib import Path

import aiohttp
import pytest

from adapters.bus.rabbitmq import RabbitBus
from adapters.bus.topology import COURT
from adapters.sealed_keys import SEALED_KEYS
from schemas.enrolment import Enrolment
from scripts import cast
from scripts.engines.production import Broker
from tests.contract.edge.gate import ADMISSION, COURT_ID, Gate, open_gate
from tests.contract.edge.program import Program, ran, ran_at_the_court, running, running_anew
from tests.contract.edge.test_journey_book import Agency, listening
from tests.engines import Servers
from tests.unit.adapters.world import PASSER_BY
from tracker.consumers.agency import AgencyConsumer
from tracker.domain.ids import AgencyId
from tracker.domain.keys import broker_password
from tracker.domain.line_closing import ClosingReason
from tracker.domain.people import system_actor
from tracker.key_files import complete_key_file
from tracker.loops.heartbeats import HeartbeatLoop
from tracker.loops.relay import RelayLoop
from tracker.services.agencies.enrolment import revoke_instance
from tracker.services.lines.closing import close_line, open_line
from tracker.storage import agencies, people

RAIL = AgencyId("rail")
VHOST = "adapter"
KEEPING = {"keep_journeys_days": "15", "keep_journeys_basis": "law", "keep_journeys_assessment": "number 3"}
NOBODY = "https://127.0.0.1:9"
"""The discard port, where nobody listens."""


@pytest.fixture
def trial(tmp_path: Path) -> dict[str, str]:
    """Settings of an adapter without a broker."""
    return {"environment": "trial", "broker_url": f"embedded:///{tmp_path / 'bus.sqlite'}"}


@pytest.fixture
def passphrase(tmp_path: Path) -> str:
    path = tmp_path / "passphrase"
    path.write_text("four words of three\n")
    return str(path)


async def test_help_answers_at_once(tmp_path: Path) -> None:
    answer = await ran(tmp_path, "--help")

    assert answer.code == 0
    assert "keep-keys" in answer.out


async def test_enrolling_is_one_file_there_and_one_back(gate: Gate, folder: Path, tmp_path: Path) -> None:
    begun = await ran(folder, "enrol", "--agency", "rail", "--instance", "one")
    asked = Enrolment.model_validate_json((folder / "enrolment.json").read_bytes())
    answered = tmp_path / "credential.json"
    answered.write_text((await gate.admits(asked)).model_dump_json())
    finished = await ran(folder, "enrol", "--credential", str(answered))

    assert begun.code == 0
    assert "tracker agency enrol enrolment.json --out credential.json" in begun.out
    assert finished.code == 0
    assert "stored: rail.one at yunhe, valid until" in finished.out


@pytest.fixture
def courts(tmp_path: Path, gate: Gate) -> dict[str, str]:
    """The court's own settings, with its keys in a file of the first version that was completed."""
    keys = tmp_path / "court-keys.json"
    secrets = {"at_rest": b"a", "index": b"i", "signing": b"s", "sealing": b"x", "chain": b"c"}
    keys.write_text(json.dumps({name: secret.hex() * 32 for name, secret in secrets.items()}))
    complete_key_file(keys)
    return {
        "environment": "trial",
        "court_id": COURT_ID,
        "database_url": f"sqlite:///{tmp_path / 'court' / 'court.sqlite'}",
        "keys_file": str(keys),
    }


async def test_the_court_enrols_and_revokes_by_its_own_program(
    gate: Gate, folder: Path, tmp_path: Path, courts: dict[str, str]
) -> None:
    answered = tmp_path / "credential.json"
    await ran(folder, "enrol", "--agency", "rail")

    asked = str(folder / "enrolment.json")
    enrolled = await ran_at_the_court("agency", "enrol", asked, "--out", str(answered), **courts)
    stored = await ran(folder, "enrol", "--credential", str(answered))
    revoked = await ran_at_the_court("agency", "revoke", "rail", "one", **courts)
    again = await ran_at_the_court("agency", "revoke", "rail", "one", **courts)

    assert (enrolled.code, "enrolled rail.one with the key one-" in enrolled.out) == (0, True)
    assert stored.code == 0
    assert (revoked.code, "revoked rail.one" in revoked.out) == (0, True)
    assert (again.code, "instance not found" in again.err) == (1, True)
    assert stat.S_IMODE(answered.stat().st_mode) == 0o600
    assert await gate.audited() == ["instance-enrolled", "instance-revoked"]


async def test_the_court_says_how_each_line_stands(gate: Gate, folder: Path, courts: dict[str, str]) -> None:
    await gate.enrols(folder)
    told = await ran_at_the_court("agency", "status", **courts)

    assert told.code == 1
    assert (
        "rail: epoch 1, incarnation 1, change 0, 0 references\n  one: holds the same, never heard" in told.out
    )
    assert "police: epoch 1, incarnation 1, change 0, 0 references\n  no adapter: enrol one" in told.out


async def test_the_court_reaches_an_adapter_by_folder_when_it_is_told_to(
    gate: Gate, folder: Path, courts: dict[str, str]
) -> None:
    await gate.enrols(folder)
    unknown = await ran_at_the_court("agency", "by-folder", "rail", "two", **courts)
    changed = await ran_at_the_court("agency", "by-folder", "rail", "one", **courts)
    told = await ran_at_the_court("agency", "status", **courts)

    assert (unknown.code, "instance not found" in unknown.err) == (1, True)
    assert (changed.code, "let the gateway carry rail.one/out and rail.one/in" in changed.out) == (0, True)
    assert "  one: by folder, there not carried yet; back not carried yet\n" in told.out
    assert (await gate.audited())[-1] == "instance-by-folder"


async def test_a_file_that_is_no_enrolment_is_told_field_by_field(
    courts: dict[str, str], tmp_path: Path
) -> None:
    refused = await ran_at_the_court(
        "agency", "enrol", courts["keys_file"], "--out", str(tmp_path / "c.json"), **courts
    )

    assert refused.code == 1
    assert "agency is missing" in refused.err
    assert "Traceback" not in refused.err


async def test_it_says_which_settings_it_lacks(folder: Path) -> None:
    ended = await ran(folder, "run", "--agency", "rail")

    assert ended.code == 1
    assert "ADAPTER_COURT_URL: is not set" in ended.err
    assert "ADAPTER_BROKER_URL: is not set" in ended.err
    assert "Traceback" not in ended.err


async def test_it_runs_for_the_agency_of_its_credential_only(
    gate: Gate, folder: Path, trial: dict[str, str]
) -> None:
    await gate.enrols(folder)

    ended = await ran(folder, "run", "--agency", "police", court_url=gate.url, **trial)

    assert ended.code == 1
    assert "of the agency rail: run it with --agency rail" in ended.err


async def test_a_revoked_instance_ends_with_the_remedy(
    gate: Gate, folder: Path, trial: dict[str, str]
) -> None:
    await gate.enrols(folder)
    async with gate.registry.transaction() as tx:
        await revoke_instance(tx, system_actor(COURT_ID), RAIL, "one")

    ended = await ran(folder, "run", "--agency", "rail", court_url=gate.url, **trial)

    assert ended.code == 1
    assert "does not admit this instance" in ended.err
    assert "enrol this instance anew" in ended.err


async def test_while_the_court_is_away_it_answers_that_it_cannot_say(
    gate: Gate, folder: Path, trial: dict[str, str]
) -> None:
    await gate.enrols(folder)

    async with running(folder, "run", "--agency", "rail", court_url=NOBODY, **trial) as adapter:
        port = (await adapter.logs("adapter-listening"))["port"]
        away = await adapter.logs("court-away")
        ready = await asks(port, "readyz")
        ended = await adapter.stops()

    assert "ADAPTER_COURT_URL" in away["why"]
    assert ready["reasons"] == [{"what": "no-keys", "detail": f"the court gave no keys: {away['why']}"}]
    assert ended.code == 0


async def test_kept_keys_let_it_start_while_the_court_is_away(
    court_folder: Path, folder: Path, trial: dict[str, str], passphrase: str
) -> None:
    async with open_gate(court_folder) as gate:
        await gate.enrols(folder)
        kept = await ran(folder, "keep-keys", court_url=gate.url, passphrase_file=passphrase)

    settings = {**trial, "court_url": gate.url, "passphrase_file": passphrase}
    async with running(folder, "run", "--agency", "rail", **settings) as adapter:
        await adapter.logs("court-away")
        await adapter.logs("keys-from-file")
        await adapter.logs("adapter-ready")
        ended = await adapter.stops()

    assert kept.code == 0
    assert (ended.code, ended.lasted_s < 5) == (0, True)


@pytest.fixture
def wrong_passphrase(tmp_path: Path) -> str:
    path = tmp_path / "wrong-passphrase"
    path.write_text("four words of four\n")
    return str(path)


async def test_a_wrong_passphrase_opens_nothing(
    court_folder: Path, folder: Path, trial: dict[str, str], passphrase: str, wrong_passphrase: str
) -> None:
    async with open_gate(court_folder) as gate:
        await gate.enrols(folder)
        await ran(folder, "keep-keys", court_url=gate.url, passphrase_file=passphrase)

    settings = {**trial, "court_url": gate.url, "passphrase_file": wrong_passphrase}
    async with running(folder, "run", "--agency", "rail", **settings) as adapter:
        sealed = await adapter.logs("keys-stay-sealed")

    assert "the passphrase does not open it" in sealed["why"]


async def test_two_adapters_do_not_share_a_folder(gate: Gate, folder: Path, trial: dict[str, str]) -> None:
    await gate.enrols(folder)

    async with running(folder, "run", "--agency", "rail", court_url=gate.url, **trial) as adapter:
        await adapter.logs("adapter-ready")
        second = await ran(folder, "run", "--agency", "rail", court_url=gate.url, **trial)

    assert second.code == 1
    assert "another adapter runs in ADAPTER_DATA" in second.err


@pytest.fixture
async def broker(servers: Servers) -> Broker:
    """A virtual host as `tracker broker setup` makes it, with the passwords of the court's key file."""
    return await Broker.set_up(await servers.rabbit(), VHOST)


async def test_from_start_to_end_on_a_real_broker(gate: Gate, folder: Path, broker: Broker) -> None:
    await gate.enrols(folder)
    court = await court_on(broker, gate)
    settings = {"court_url": gate.url, "broker_url": f"amqp://127.0.0.1:{broker.server.port}/{VHOST}"}
    agency = Agency([b'{"journeys": 0}\n'])

    async with (
        listening(agency) as book,
        running_anew(folder, "run", "--agency", "rail", journeys_url=book.url, **settings) as adapter,
    ):
        port = (await adapter.logs("adapter-listening"))["port"]
        await adapter.logs("adapter-ready")
        await HeartbeatLoop(gate.registry, court, COURT_ID, lambda: 0.0).step()
        proven = await adapter.logs("feed-condition")
        ready = await asks(port, "readyz")
        screened = await screens_a_passer_by(port)
        await court_heard_from(court, gate)
        healthy = await ran(folder, "doctor", **(settings | {"listen": f"127.0.0.1:{port}"}))
        asked = await adapter.logs("journeys-screened")
        ended = await adapter.stops()
    await court.close()

    assert proven["condition"] == "proven"
    assert (ready["ready"], ready["reasons"]) == (True, [])
    assert screened == {"answer": "clear"}
    assert (len(agency.asked), asked["journeys"], asked["hits"]) == (1, 0, 0)
    assert (ended.code, ended.lasted_s < 5) == (0, True)
    assert "wrong" not in healthy.out
    assert "reachable, takes the user agency.rail" in healthy.out
    assert healthy.code == 0
    assert_nothing_secret(adapter, gate)


def kept_files(folder: Path) -> list[str]:
    return [path.name for path in folder.glob("kept*")]


async def test_a_closed_line_leaves_it_without_list_and_keys_until_it_is_opened(
    gate: Gate, folder: Path, broker: Broker
) -> None:
    await gate.enrols(folder)
    court = await court_on(broker, gate)
    settings = {"court_url": gate.url, "broker_url": f"amqp://127.0.0.1:{broker.server.port}/{VHOST}"}

    async with running(folder, "run", "--agency", "rail", **KEEPING, **settings) as adapter:
        port = (await adapter.logs("adapter-listening"))["port"]
        await adapter.logs("adapter-ready")
        keeps = (await asks(port, "readyz"))["keeps_journeys"]
        (folder / SEALED_KEYS).write_text("sealed by an operator")
        async with gate.registry.transaction() as tx:
            await close_line(tx, system_actor(COURT_ID), RAIL, ClosingReason.FAULTY)
        await RelayLoop(gate.registry, court).step()
        await adapter.logs("list-removed")
        without_keys = await adapter.logs("adapter-ready")
        files_meanwhile = kept_files(folder)
        closed = await screens_a_passer_by(port)
        async with gate.registry.transaction() as tx:
            await open_line(tx, await people.get_actor(tx, cast.LEADER.person_id), RAIL)
        await adapter.logs("keys-changed")
        with_keys = await adapter.logs("adapter-ready")
        await HeartbeatLoop(gate.registry, court, COURT_ID, lambda: 0.0).step()
        await adapter.logs("feed-condition")
        opened = await screens_a_passer_by(port)
    await court.close()

    assert (without_keys["epochs"], with_keys["epochs"]) == (0, 1)
    assert not (folder / SEALED_KEYS).exists()
    assert keeps == {"days": 15, "legal_basis": "law", "assessment": "number 3"}
    assert files_meanwhile == []
    assert closed == {"answer": "not-screened", "reason": "line-closed", "phone_24h": "010-00000000"}
    assert opened == {"answer": "clear"}
    assert "list removed" in await gate.audited()


async def test_the_doctor_tells_a_login_that_is_refused(gate: Gate, folder: Path, broker: Broker) -> None:
    await gate.enrols(folder)
    url = f"amqp://127.0.0.1:{broker.server.port}/another"

    ill = await ran(folder, "doctor", court_url=gate.url, broker_url=url)

    assert ill.code == 1
    assert "wrong  broker: answers, but does not take the user agency.rail" in ill.out


async def test_the_doctor_says_what_is_wrong_and_what_to_do(gate: Gate, folder: Path) -> None:
    await gate.enrols(folder, "police")
    settings = {"court_url": NOBODY, "broker_url": "amqp://127.0.0.1:9/court"}

    ill = await ran(folder, "doctor", **settings)

    assert ill.code == 1
    lines = [line.split(":")[0].split() for line in ill.out.splitlines()]
    assert lines == [
        ["ok", "credential"],
        ["wrong", "court"],
        ["wrong", "broker"],
        ["ok", "disk"],
        ["ok", "adapter"],
        ["ok", "replica"],
    ]


async def court_on(broker: Broker, gate: Gate) -> RabbitBus:
    """The court's own connection, taking what the railway sends."""
    court = RabbitBus(broker.settings(COURT), now=gate.registry.now)
    consumer = AgencyConsumer(registry=gate.registry, court_id=COURT_ID, agency_id=RAIL)
    court.subscribe_to_sets(consumer.queue, consumer.take)
    await court.start()
    return court


async def court_heard_from(court: RabbitBus, gate: Gate) -> None:
    """Until the railway's receipt has arrived."""
    settled = asyncio.Event()
    court.on_change(settled.set)
    async with asyncio.timeout(30):
        while not await has_heard(gate):
            await settled.wait()
            settled.clear()


async def has_heard(gate: Gate) -> bool:
    async with gate.registry.reading() as tx:
        instance = await agencies.find_instance(tx, RAIL, "one")
    return instance is not None and instance.heard_at is not None


async def asks(port: int, path: str) -> dict[str, object]:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/{path}") as response:
        return dict(await response.json())


async def screens_a_passer_by(port: int) -> dict[str, object]:
    use = {
        "event_id": "rail-1",
        "kind": "gate-passed",
        "occurred_at": "2026-02-26T20:41:00+08:00",
        "place": {"name": "武昌", "city": "武汉"},
        "document": {"kind": "resident-id", "number": PASSER_BY.number},
    }
    url = f"http://127.0.0.1:{port}/screen"
    async with aiohttp.ClientSession() as session, session.post(url, json=use) as response:
        return dict(await response.json())


def assert_nothing_secret(adapter: Program, gate: Gate) -> None:
    logged = str(adapter.seen)
    assert PASSER_BY.number not in logged
    assert broker_password(ADMISSION.broker, "agency.rail") not in logged
