"""What the court's programs are told: everything wrong at once, each with its remedy, and never a secret."""

import re
from pathlib import Path

import pytest

from schemas.settings import Address, Environment, SettingsRefused
from tracker.settings import (
    TrackerSettings,
    unknown_variables,
    variables,
)

ROOT = Path(__file__).resolve().parents[3]
PRODUCTION = {
    "TRACKER_COURT_ID": "yunhe",
    "TRACKER_DATABASE_URL": "postgresql+asyncpg://court:secret-1@db.court.example:5432/court",
    "TRACKER_BROKER_URL": "amqp://court:secret-2@mq.court.example:5672/court",
    "TRACKER_KEYS_FILE": "/etc/tracker/keys.json",
    "TRACKER_JOURNAL": "/srv/journal",
    "TRACKER_PUBLIC_URL": "https://court.example",
    "TRACKER_SMS": "twilio",
    "TRACKER_TWILIO_ACCOUNT_SID": "AC0",
    "TRACKER_TWILIO_AUTH_TOKEN": "secret-3",
    "TRACKER_TWILIO_SENDER": "+12025550100",
}
TO_SERVE = ("court_id", "database_url", "broker_url", "keys_file", "public_url", "sms", "journal")


def problems(needed: tuple[str, ...] = (), **changed: str) -> tuple[str, ...]:
    """What is wrong with production's settings after a change."""
    environment = PRODUCTION | {f"TRACKER_{name}": text for name, text in changed.items()}
    with pytest.raises(SettingsRefused) as refused:
        TrackerSettings.from_environment(environment, needed)
    return refused.value.problems


def test_production_is_what_runs_unless_a_trial_is_asked_for() -> None:
    settings = TrackerSettings.from_environment(PRODUCTION, TO_SERVE)

    assert settings.environment is Environment.PRODUCTION
    assert settings.listen == Address("127.0.0.1", 8080)
    assert settings.edge_listen == Address("127.0.0.1", 8443)
    assert settings.edge_names == ("127.0.0.1", "localhost")
    assert settings.worker == "one"
    assert (settings.database_file, settings.bus_file) == (None, None)


def test_a_trial_may_run_on_embedded_engines() -> None:
    settings = TrackerSettings.from_environment(
        {
            "TRACKER_ENVIRONMENT": "trial",
            "TRACKER_DATABASE_URL": "sqlite:///data/court.sqlite",
            "TRACKER_BROKER_URL": "embedded:///data/bus.sqlite",
            "TRACKER_SMS": "recorder",
            "TRACKER_PUBLIC_URL": "http://127.0.0.1:8080",
        }
    )

    assert settings.database_file == Path("data/court.sqlite")
    assert settings.bus_file == Path("data/bus.sqlite")


@pytest.mark.parametrize(
    ("setting", "text", "problem"),
    [
        (
            "DATABASE_URL",
            "sqlite:///data/court.sqlite",
            "TRACKER_DATABASE_URL: production does not run on SQLite; change it to "
            "postgresql+asyncpg://user:password@host:port/name (or TRACKER_ENVIRONMENT to trial)",
        ),
        (
            "OUTBOUND_PRIVATE_ALLOWED",
            "10.0.0.0/8",
            "TRACKER_OUTBOUND_PRIVATE_ALLOWED: people could reach the court's own network through addresses "
            "that they give; leave it out (or TRACKER_ENVIRONMENT to trial)",
        ),
        (
            "WECOM_URL",
            "http://qyapi.example",
            "TRACKER_WECOM_URL: texts and secrets need TLS; change it to https:// "
            "(or TRACKER_ENVIRONMENT to trial)",
        ),
        (
            "APP_WEBHOOK_URL",
            "http://app.example/notices",
            "TRACKER_APP_WEBHOOK_URL: messages need TLS; change it to https:// "
            "(or TRACKER_ENVIRONMENT to trial)",
        ),
        (
            "BROKER_URL",
            "embedded:///data/bus.sqlite",
            "TRACKER_BROKER_URL: production does not run on the embedded bus; change it to "
            "amqp://court:password@host:port/vhost (or TRACKER_ENVIRONMENT to trial)",
        ),
        (
            "SMS",
            "recorder",
            "TRACKER_SMS: a recorder reaches nobody; change it to a provider that does "
            "(or TRACKER_ENVIRONMENT to trial)",
        ),
        (
            "PUBLIC_URL",
            "http://court.example",
            "TRACKER_PUBLIC_URL: sessions and callbacks need TLS; change it to https:// and put a TLS proxy "
            "in front (or TRACKER_ENVIRONMENT to trial)",
        ),
        (
            "TWILIO_URL",
            "http://gateway.example",
            "TRACKER_TWILIO_URL: texts and the login need TLS; change it to https:// "
            "(or TRACKER_ENVIRONMENT to trial)",
        ),
        (
            "KANNEL_URL",
            "http://gateway.example",
            "TRACKER_KANNEL_URL: texts and the login need TLS; change it to https:// "
            "(or TRACKER_ENVIRONMENT to trial)",
        ),
        (
            "HEARTBEAT_URL",
            "http://watcher.example/secret-4",
            "TRACKER_HEARTBEAT_URL: anybody on the way could answer for a dead court; change it to https:// "
            "(or TRACKER_ENVIRONMENT to trial)",
        ),
    ],
)
def test_production_refuses_what_is_meant_for_a_trial(setting: str, text: str, problem: str) -> None:
    assert problems((), **{setting: text}) == (problem,)


@pytest.mark.parametrize(
    ("setting", "text", "problem"),
    [
        ("ENVIRONMENT", "prod", "TRACKER_ENVIRONMENT: give 'production' or 'trial'"),
        (
            "COURT_ID",
            "Yunhe!",
            "TRACKER_COURT_ID: give small letters, digits and hyphens, such as yunhe",
        ),
        (
            "WORKER",
            "a-name-too-long",
            "TRACKER_WORKER: give at most 12 small letters, digits and hyphens, such as one or node-2",
        ),
        ("LISTEN", "8080", "TRACKER_LISTEN: give host:port, such as 127.0.0.1:8080"),
        ("LISTEN", "0.0.0.0:99999", "TRACKER_LISTEN: give a port from 0 to 65535"),
        (
            "EDGE_NAMES",
            "court.example;other",
            "TRACKER_EDGE_NAMES: give host names or addresses, separated by commas",
        ),
        (
            "DATABASE_URL",
            "postgresql://court:secret-1@db/court",
            "TRACKER_DATABASE_URL: give postgresql+asyncpg://user:password@host:port/name "
            "(a trial may give sqlite:///path/court.sqlite)",
        ),
        (
            "BROKER_URL",
            "mq.court.example",
            "TRACKER_BROKER_URL: give amqp://court:password@host:port/vhost "
            "(a trial may give embedded:///path/bus.sqlite)",
        ),
        (
            "BROKER_ADMIN_URL",
            "mq.court.example",
            "TRACKER_BROKER_ADMIN_URL: give http://admin:password@host:15672 of RabbitMQ's management",
        ),
        (
            "PUBLIC_URL",
            "court.example",
            "TRACKER_PUBLIC_URL: give the console's address, such as https://court.example",
        ),
        ("LOG_FORMAT", "xml", "TRACKER_LOG_FORMAT: give 'json' or 'plain'"),
        (
            "SMS",
            "twilio,pigeon",
            "TRACKER_SMS: give one of these, or several in order, such as a,b: "
            "twilio, kannel, aliyun, recorder",
        ),
        (
            "VOICE",
            "recorder",
            "TRACKER_VOICE: give one of these, or several in order, such as a,b: twilio, aliyun",
        ),
        (
            "KANNEL_TOKEN",
            "guessable",
            "TRACKER_KANNEL_TOKEN: give at least 16 letters and digits, drawn at random",
        ),
        (
            "PUSH",
            "web-push,pigeon",
            "TRACKER_PUSH: give one of these, or several in order, such as a,b: web-push, app-webhook, wecom",
        ),
        (
            "OUTBOUND_PRIVATE_ALLOWED",
            "10.0.0.1/8",
            "TRACKER_OUTBOUND_PRIVATE_ALLOWED: give networks such as 127.0.0.0/8, separated by commas",
        ),
        (
            "APP_WEBHOOK_SECRET",
            "c2hvcnQ=",
            "TRACKER_APP_WEBHOOK_SECRET: give at least 24 random bytes as base64",
        ),
        (
            "WECOM_CALLBACK_KEY",
            "short",
            "TRACKER_WECOM_CALLBACK_KEY: give the 43 letters and digits that WeCom calls EncodingAESKey",
        ),
    ],
)
def test_a_wrong_setting_is_told_with_its_remedy(setting: str, text: str, problem: str) -> None:
    assert problems((), **{setting: text}) == (problem,)


def test_everything_that_is_wrong_is_told_at_once() -> None:
    told = problems(TO_SERVE, COURT_ID="", LISTEN="8080", SMS="recorder")

    assert [line.partition(":")[0] for line in told] == ["TRACKER_LISTEN", "TRACKER_COURT_ID", "TRACKER_SMS"]


def test_what_a_command_needs_is_asked_for() -> None:
    told = problems(("broker_admin_url", "court_id"))

    assert told == (
        "TRACKER_BROKER_ADMIN_URL: is not set; set it or TRACKER_BROKER_ADMIN_URL_FILE "
        "(docs/operator.md says to what)",
    )


def test_production_serves_only_with_a_journal_outside_the_database() -> None:
    assert problems(TO_SERVE, JOURNAL="") == (
        "TRACKER_JOURNAL: is not set; set it (docs/operator.md says to what)",
    )


def test_twilio_needs_its_account() -> None:
    told = problems(TWILIO_ACCOUNT_SID="", TWILIO_AUTH_TOKEN="", TWILIO_SENDER="")

    assert [line.partition(":")[0] for line in told] == [
        "TRACKER_TWILIO_ACCOUNT_SID",
        "TRACKER_TWILIO_AUTH_TOKEN",
        "TRACKER_TWILIO_SENDER",
    ]


def test_kannel_needs_its_address_its_login_and_a_token() -> None:
    told = problems(SMS="kannel")

    assert [line.partition(":")[0] for line in told] == [
        "TRACKER_KANNEL_URL",
        "TRACKER_KANNEL_USERNAME",
        "TRACKER_KANNEL_PASSWORD",
        "TRACKER_KANNEL_SENDER",
        "TRACKER_KANNEL_TOKEN",
    ]


def test_calls_by_twilio_need_a_number_that_calls() -> None:
    assert problems(VOICE="twilio")[0].startswith("TRACKER_TWILIO_CALLER: is not set")


def test_calls_by_aliyun_need_a_number_and_what_a_voice_may_say() -> None:
    told = problems(VOICE="aliyun")

    assert [line.partition(":")[0] for line in told] == [
        "TRACKER_ALIYUN_KEY_ID",
        "TRACKER_ALIYUN_KEY",
        "TRACKER_ALIYUN_TOKEN",
        "TRACKER_ALIYUN_CALLER",
        "TRACKER_ALIYUN_VOICE_TEMPLATE",
        "TRACKER_ALIYUN_VOICE_NOTED",
    ]


def test_aliyun_needs_its_key_its_template_and_a_token() -> None:
    told = problems(SMS="aliyun")

    assert [line.partition(":")[0] for line in told] == [
        "TRACKER_ALIYUN_KEY_ID",
        "TRACKER_ALIYUN_KEY",
        "TRACKER_ALIYUN_TOKEN",
        "TRACKER_ALIYUN_SIGN_NAME",
        "TRACKER_ALIYUN_SMS_TEMPLATE",
    ]


def test_a_way_of_push_messages_needs_what_its_provider_asks_for() -> None:
    assert [line.partition(":")[0] for line in problems(PUSH="web-push,app-webhook,wecom")] == [
        "TRACKER_APP_WEBHOOK_URL",
        "TRACKER_APP_WEBHOOK_SECRET",
        "TRACKER_WECOM_CORP_ID",
        "TRACKER_WECOM_AGENT_ID",
        "TRACKER_WECOM_SECRET",
        "TRACKER_WECOM_CALLBACK_TOKEN",
        "TRACKER_WECOM_CALLBACK_KEY",
    ]


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("secret-4\n")
    environment = PRODUCTION | {
        "TRACKER_TWILIO_AUTH_TOKEN": "",
        "TRACKER_TWILIO_AUTH_TOKEN_FILE": str(tmp_path / "token"),
    }

    settings = TrackerSettings.from_environment(environment)

    assert settings.twilio_auth_token.get_secret_value() == "secret-4"


def test_a_secret_is_given_once(tmp_path: Path) -> None:
    assert problems(TWILIO_AUTH_TOKEN_FILE=str(tmp_path / "token")) == (
        "TRACKER_TWILIO_AUTH_TOKEN: is set, and so is TRACKER_TWILIO_AUTH_TOKEN_FILE; keep one of them",
    )


def test_a_missing_file_of_a_secret_is_told() -> None:
    assert problems(TWILIO_AUTH_TOKEN="", TWILIO_AUTH_TOKEN_FILE="/nowhere/token")[0] == (
        "TRACKER_TWILIO_AUTH_TOKEN_FILE: the file cannot be read; mend its name or its owner"
    )


def test_no_secret_is_ever_shown() -> None:
    shown = repr(TrackerSettings.from_environment(PRODUCTION))
    told = problems(DATABASE_URL="postgres://court:secret-1@db", BROKER_URL="secret-2", LISTEN="secret-3")

    assert "secret-" not in shown
    assert "secret" not in "\n".join(told)


def test_a_misspelt_setting_is_found() -> None:
    assert unknown_variables({"TRACKER_LISTNE": "x", "TRACKER_BROKER_URL_FILE": "y", "PATH": "z"}) == (
        "TRACKER_LISTNE",
    )


def test_the_settings_are_those_of_the_operators_table() -> None:
    guide = (ROOT / "docs" / "operator.md").read_text(encoding="utf-8")

    assert set(re.findall(r"^\| `(TRACKER_[A-Z_]+)`", guide, re.MULTILINE)) == set(variables())
