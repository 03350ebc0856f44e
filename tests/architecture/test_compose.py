"""Containers are told what the programs understand, hold no password, and can do no more than they must."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from adapters.settings import AdapterSettings
from adapters.settings import variables as adapter_variables
from tests.architecture.compose_file import (
    COMPOSE,
    OURS,
    SERVICES,
    TEXT,
    WHERE_SECRETS_LIE,
    NotSet,
    Service,
    commands_of_the_guide,
    env_of_the_guide,
    guide_block,
    read_compose,
    those_with,
    understands,
)
from tests.architecture.small_trees import ROOT
from tracker.commands import broker, migrate, serve
from tracker.settings import FROM_FILE, TrackerSettings, secrets, unknown_variables, variable

AGENCIES = ("rail", "police", "border", "exit-entry")
ADAPTERS = [f"adapter-{agency}" for agency in AGENCIES]
TRACKERS = ["tracker-one", "tracker-two"]


@pytest.fixture(scope="module")
def secret_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The secrets, made as the guide says."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "secrets").mkdir()
    script = guide_block("database-superuser-password")
    subprocess.run(["bash", "-eu", "-c", script], cwd=folder, input="a-token\n", text=True, check=True)
    return folder / "secrets"


def as_started(service: Service, folder: Path) -> dict[str, str]:
    """The environment of its process, with the secrets in this folder."""
    return {
        name: value.replace(WHERE_SECRETS_LIE, f"{folder}/") for name, value in service.environment.items()
    }


def faults_of(file: Path) -> str:
    """What the schema of the Compose specification says against it; nothing, when it holds."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


@contextmanager
def answering(status: int) -> Iterator[HTTPServer]:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/livez" else 404)
            self.end_headers()

        def log_message(self, *_words: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def checked(service: str, port: int) -> int:
    """The exit code of its health check, asked of a server on this machine."""
    code = SERVICES[service].given["healthcheck"]["test"][3]
    here = re.sub(r'HTTPConnection\("[\w.-]+", \d+', f'HTTPConnection("127.0.0.1", {port}', code)
    return subprocess.run([sys.executable, "-c", here], capture_output=True, check=False).returncode


# The file itself


def test_it_keeps_the_compose_specification() -> None:
    assert faults_of(ROOT / "docker-compose.yml") == ""


def test_a_file_that_breaks_the_specification_is_noticed(tmp_path: Path) -> None:
    broken = tmp_path / "docker-compose.yml"
    broken.write_text(TEXT.replace("mem_limit: 2g", "memory: 2g"), encoding="utf-8")

    assert "services.database" in faults_of(broken)


@pytest.mark.parametrize(
    "name",
    ["TRACKER_COURT_ID", "TRACKER_PUBLIC_URL", "TRACKER_TWILIO_ACCOUNT_SID", "TRACKER_TWILIO_SENDER"],
)
def test_what_only_the_court_knows_has_no_default(name: str) -> None:
    with pytest.raises(NotSet, match=name):
        read_compose(env_of_the_guide() | {name: ""})


@pytest.mark.parametrize("kind", ["volumes", "networks", "secrets"])
def test_what_is_declared_is_used_and_what_is_used_is_declared(kind: str) -> None:
    assert set(COMPOSE[kind]) == {one for service in SERVICES.values() for one in getattr(service, kind)}


def test_every_dependency_is_a_service_that_ends_well_or_is_checked() -> None:
    waited_for = {
        (name, SERVICES[name].is_one_shot, how["condition"])
        for service in SERVICES.values()
        for name, how in service.given.get("depends_on", {}).items()
    }

    assert waited_for == {
        ("database", False, "service_healthy"),
        ("database-user", True, "service_completed_successfully"),
        ("migrate", True, "service_completed_successfully"),
        ("broker", False, "service_healthy"),
        ("broker-setup", True, "service_completed_successfully"),
    }


# Settings and commands


@pytest.mark.parametrize("service", OURS)
def test_every_variable_exists_in_its_model(service: str) -> None:
    environment = SERVICES[service].environment
    of_adapters = {name for name in environment if name.startswith("ADAPTER_")}
    of_the_court = {name for name in environment if name.startswith("TRACKER_")}

    assert of_adapters | of_the_court == set(environment)
    assert of_adapters <= set(adapter_variables())
    assert unknown_variables(environment) == ()


@pytest.mark.parametrize(
    ("service", "needed"),
    [
        ("tracker-one", serve.NEEDED),
        ("tracker-two", serve.NEEDED),
        ("operator", serve.NEEDED),
        ("migrate", migrate.NEEDED),
        ("broker-setup", broker.NEEDED),
    ],
)
def test_production_takes_the_settings_of_the_court(
    service: str, needed: tuple[str, ...], secret_files: Path
) -> None:
    settings = TrackerSettings.from_environment(as_started(SERVICES[service], secret_files), needed)

    assert settings.environment == "production"


@pytest.mark.parametrize("service", ADAPTERS)
def test_production_takes_the_settings_of_an_adapter(service: str) -> None:
    environment = SERVICES[service].environment
    settings = AdapterSettings.from_environment(environment, ("data", "court_url", "broker_url"))

    assert settings.environment == "production"
    assert settings.data == Path("/var/lib/adapter")
    assert settings.listen == ("127.0.0.1", 8090)


def test_two_processes_differ_in_name_and_addresses(secret_files: Path) -> None:
    one, two = (
        TrackerSettings.from_environment(as_started(SERVICES[name], secret_files)) for name in TRACKERS
    )

    assert (one.worker, one.listen) == ("one", ("console-one", 8080))
    assert (two.worker, two.listen) == ("two", ("console-two", 8080))
    assert one.edge_names == two.edge_names == ("edge", "edge.court.example")


def test_what_one_secret_says_the_others_say_too(secret_files: Path) -> None:
    told = {path.name: path.read_text(encoding="utf-8").strip() for path in secret_files.iterdir()}
    administrator = told["broker-administrator"].splitlines()[1].removeprefix("default_pass = ")

    assert set(told) == set(COMPOSE["secrets"])
    assert f":{told['database-password']}@database:5432/" in told["database-url"]
    assert f":{administrator}@127.0.0.1:15672" in told["broker-admin-url"]
    assert told["database-password"] != told["database-superuser-password"]
    assert re.fullmatch(r"[0-9a-f]{48}", administrator)
    assert (secret_files / "twilio-auth-token").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("service", OURS)
def test_the_command_of_a_service_exists(service: str) -> None:
    program, *arguments = SERVICES[service].words

    assert understands(program, arguments)


@pytest.mark.parametrize(("service", "arguments"), commands_of_the_guide())
def test_the_command_in_the_guide_exists(service: str, arguments: list[str]) -> None:
    assert understands(SERVICES[service].words[0], arguments)


def test_the_guide_enrols_founds_and_makes_keys() -> None:
    assert [arguments[:2] for _, arguments in commands_of_the_guide()] == [
        ["keys", "make"],
        ["found", "/exchange/court.toml"],
        ["doctor"],
        ["enrol", "--agency"],
        ["agency", "enrol"],
        [],
        ["enrol", "--credential"],
        ["restored"],
    ]


def test_each_agency_has_an_adapter_with_a_folder_of_its_own() -> None:
    told = {name: (SERVICES[name].words, SERVICES[name].volumes) for name in ADAPTERS}

    assert told == {
        "adapter-rail": (["adapter", "run", "--agency", "rail"], {"adapter-rail"}),
        "adapter-police": (["adapter", "run", "--agency", "police"], {"adapter-police"}),
        "adapter-border": (["adapter", "run", "--agency", "border"], {"adapter-border"}),
        "adapter-exit-entry": (["adapter", "run", "--agency", "exit-entry"], {"adapter-exit-entry"}),
    }


# Secrets


@pytest.mark.parametrize("service", SERVICES)
def test_a_secret_is_a_file_that_its_service_is_given(service: str) -> None:
    given = SERVICES[service]
    named = set(re.findall(r"/run/secrets/[\w-]+", json.dumps(given.environment) + " ".join(given.words)))
    in_run = {path for path in given.secrets.values() if path.startswith(WHERE_SECRETS_LIE)}

    assert named == in_run


@pytest.mark.parametrize("service", SERVICES)
def test_no_secret_stands_in_the_environment(service: str) -> None:
    environment = SERVICES[service].environment
    plain = {variable(field) for field in secrets()}
    speaks_of_one = {name for name in environment if re.search("PASS|TOKEN|SECRET|COOKIE", name)}

    assert plain & set(environment) == set()
    assert {name for name in speaks_of_one if not name.endswith(FROM_FILE)} == set()


def test_no_login_stands_in_the_file() -> None:
    assert re.findall(r"://[^/\s@]+@", TEXT) == []
    assert {one["file"] for one in COMPOSE["secrets"].values()} == {
        f"./secrets/{name}" for name in COMPOSE["secrets"]
    }


def test_what_holds_secrets_is_neither_committed_nor_built_in() -> None:
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    excluded = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()

    assert {"/.env", "/secrets/", "/exchange/"} <= set(ignored)
    assert next(line for line in excluded if not line.startswith("#")) == "*"


# What a container may do


@pytest.mark.parametrize("service", SERVICES)
def test_a_container_can_do_no_more_than_it_must(service: str) -> None:
    given = SERVICES[service].given

    assert given["read_only"] is True
    assert given["cap_drop"] == ["ALL"]
    assert given["security_opt"] == ["no-new-privileges:true"]
    assert {"mem_limit", "cpus", "pids_limit", "logging", "tmpfs"} <= set(given)
    assert {"privileged", "cap_add", "devices", "pid", "ipc"} & set(given) == set()


@pytest.mark.parametrize("service", SERVICES)
def test_it_is_checked_and_restarted_or_ends_by_itself(service: str) -> None:
    given = SERVICES[service].given

    assert (given["restart"], "healthcheck" in given) in {("unless-stopped", True), ("no", False)}


@pytest.mark.parametrize("service", ["adapter-rail", *TRACKERS])
def test_the_check_tells_life_from_its_absence(service: str) -> None:
    with answering(200) as well, answering(503) as ill:
        codes = checked(service, well.server_port), checked(service, ill.server_port)

    assert codes == (0, 1)
    assert checked(service, well.server_port) == 1


def test_the_checks_ask_where_the_programs_listen() -> None:
    asked = {
        name: re.findall(
            r'HTTPConnection\("([\w.-]+)", (\d+)', SERVICES[name].given["healthcheck"]["test"][3]
        )
        for name in (*ADAPTERS, *TRACKERS)
    }

    assert asked == {
        "adapter-rail": [("127.0.0.1", "8090")],
        "adapter-police": [("127.0.0.1", "8090")],
        "adapter-border": [("127.0.0.1", "8090")],
        "adapter-exit-entry": [("127.0.0.1", "8090")],
        "tracker-one": [("console-one", "8080")],
        "tracker-two": [("console-two", "8080")],
    }


def test_no_agency_reaches_the_books_or_the_console() -> None:
    agencies = {name for name, service in SERVICES.items() if "agencies" in service.networks}
    in_front = {name: service.given["networks"]["front"] for name, service in with_console().items()}

    assert agencies == {"broker", *TRACKERS, *ADAPTERS}
    assert [SERVICES[name].networks for name in ADAPTERS] == [{"agencies"}] * 4
    assert SERVICES["database"].networks == {"court"}
    assert in_front == {
        "tracker-one": {"aliases": ["console-one"]},
        "tracker-two": {"aliases": ["console-two"]},
    }
    assert COMPOSE["networks"] == {"court": {"internal": True}, "agencies": {"internal": True}, "front": {}}


def with_console() -> Mapping[str, Service]:
    return {name: service for name, service in SERVICES.items() if "front" in service.networks}


def test_only_console_and_edge_listener_are_published_and_on_this_machine_alone() -> None:
    assert {name: SERVICES[name].given["ports"] for name in those_with("ports")} == {
        "tracker-one": ["127.0.0.1:8080:8080", "127.0.0.1:8443:8443"],
        "tracker-two": ["127.0.0.1:8081:8080", "127.0.0.1:8444:8443"],
    }


def test_nobody_is_root() -> None:
    named = {SERVICES[name].given["user"] for name in those_with("user")}

    assert named == {"postgres", "rabbitmq"}
    assert those_with("user") == set(SERVICES) - set(OURS)
