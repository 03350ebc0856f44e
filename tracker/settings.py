"""What the court's programs are told from outside: one model, read from environment variables at the start.

Each command names the settings that it needs. What must not break: everything that is wrong is told at once,
each with its setting and its remedy; no secret is ever repeated; production never runs on what is meant for a
trial.
"""

import re
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal, Self, TypeAlias
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, Field, SecretStr

from schemas.settings import (
    AS_SETTINGS,
    EMBEDDED,
    HOST,
    Address,
    Environment,
    SettingsRefused,
    address_like,
    read_settings,
    variable_of,
)
from schemas.webhooks import MIN_SECRET_BYTES

PREFIX: Final = "TRACKER_"
FROM_FILE: Final = "_FILE"
SQLITE: Final = "sqlite:///"
NOT_SET: Final = SecretStr("")
PROVIDER_URLS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "twilio_url": "texts and the login",
        "kannel_url": "texts and the login",
        "aliyun_sms_url": "texts and the login",
        "aliyun_voice_url": "texts and the login",
        "wecom_url": "texts and secrets",
        "app_webhook_url": "messages",
    }
)
"""What rides to each, so that production asks for TLS."""
Networks: TypeAlias = tuple[IPv4Network | IPv6Network, ...]

SMS_NEEDS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "twilio": frozenset({"twilio_account_sid", "twilio_auth_token", "twilio_sender"}),
        "kannel": frozenset(
            {"kannel_url", "kannel_username", "kannel_password", "kannel_sender", "kannel_token"}
        ),
        "aliyun": frozenset(
            {"aliyun_key_id", "aliyun_key", "aliyun_token", "aliyun_sign_name", "aliyun_sms_template"}
        ),
        "recorder": frozenset(),
    }
)
"""The providers of SMS, each with the settings that it needs."""
VOICE_NEEDS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "twilio": frozenset({"twilio_account_sid", "twilio_auth_token", "twilio_caller"}),
        "aliyun": frozenset(
            {
                *("aliyun_key_id", "aliyun_key", "aliyun_token"),
                *("aliyun_caller", "aliyun_voice_template", "aliyun_voice_noted"),
            }
        ),
    }
)
"""And those of calls."""
PUSH_NEEDS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "web-push": frozenset(),
        "app-webhook": frozenset({"app_webhook_url", "app_webhook_secret"}),
        "wecom": frozenset(
            {
                *("wecom_corp_id", "wecom_agent_id", "wecom_secret"),
                *("wecom_callback_token", "wecom_callback_key", "wecom_url"),
            }
        ),
    }
)
"""And those of push messages."""

_COURT_ID: Final = re.compile(r"[a-z][a-z0-9-]{0,35}")
_LONG_ENOUGH: Final = re.compile(r"[A-Za-z0-9_-]{16,}")
_AES_KEY: Final = re.compile(r"[A-Za-z0-9]{43}")
_NUMBER: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_WORKER: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,11}")


def _names(typed: Any) -> Any:
    if not isinstance(typed, str):
        return typed
    names = tuple(name.strip() for name in typed.split(","))
    if not all(HOST.fullmatch(name) for name in names):
        raise ValueError("give host names or addresses, separated by commas")
    return names


def _in_order_of(known: Mapping[str, frozenset[str]]) -> BeforeValidator:
    def check(typed: Any) -> Any:
        if not isinstance(typed, str):
            return typed
        named = tuple(name.strip() for name in typed.split(","))
        if not set(named) <= known.keys() or len(set(named)) < len(named):
            raise ValueError(f"give one of these, or several in order, such as a,b: {', '.join(known)}")
        return named

    return BeforeValidator(check)


def webhook_secret(typed: str) -> bytes:
    """A shared secret as Standard Webhooks writes it. Raises ValueError."""
    secret = b64decode(typed.removeprefix("whsec_"), validate=True)
    if len(secret) < MIN_SECRET_BYTES:
        raise ValueError(f"a webhook secret has at least {MIN_SECRET_BYTES} bytes")
    return secret


def _is_webhook_secret(typed: Any) -> Any:
    if isinstance(typed, str):
        try:
            webhook_secret(typed)
        except ValueError:
            raise ValueError(f"give at least {MIN_SECRET_BYTES} random bytes as base64") from None
    return typed


def _networks(typed: Any) -> Any:
    if not isinstance(typed, str):
        return typed
    try:
        return tuple(ip_network(name.strip()) for name in typed.split(","))
    except ValueError:
        raise ValueError("give networks such as 127.0.0.0/8, separated by commas") from None


def _word(pattern: re.Pattern[str], remedy: str) -> BeforeValidator:
    def check(typed: Any) -> Any:
        if typed and not pattern.fullmatch(typed):
            raise ValueError(remedy)
        return typed

    return BeforeValidator(check)


def _url(schemes: tuple[str, ...], remedy: str) -> BeforeValidator:
    def check(typed: Any) -> Any:
        if isinstance(typed, str) and not _is_url(typed, schemes):
            raise ValueError(remedy)
        return typed

    return BeforeValidator(check)


def _is_url(typed: str, schemes: tuple[str, ...]) -> bool:
    """Whether it begins with one of the schemes; those that end in three slashes name a file."""
    if any(typed.startswith(scheme) and len(typed) > len(scheme) for scheme in (SQLITE, EMBEDDED)):
        return typed.startswith(schemes)
    try:
        parts = urlsplit(typed)
        return typed.startswith(schemes) and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


CourtName = Annotated[str, _word(_COURT_ID, "give small letters, digits and hyphens, such as yunhe")]
WorkerName = Annotated[
    str, _word(_WORKER, "give at most 12 small letters, digits and hyphens, such as one or node-2")
]
DatabaseUrl = Annotated[
    SecretStr,
    _url(
        ("postgresql+asyncpg://", SQLITE),
        "give postgresql+asyncpg://user:password@host:port/name (a trial may give sqlite:///path/court.sqlite)",
    ),
]
BrokerUrl = Annotated[
    SecretStr,
    _url(
        ("amqp://", "amqps://", EMBEDDED),
        "give amqp://court:password@host:port/vhost (a trial may give embedded:///path/bus.sqlite)",
    ),
]
AdminUrl = Annotated[
    SecretStr, _url(("http://", "https://"), "give http://admin:password@host:15672 of RabbitMQ's management")
]
PublicUrl = Annotated[
    str, _url(("http://", "https://"), "give the console's address, such as https://court.example")
]
CallbackToken = Annotated[
    SecretStr, _word(_LONG_ENOUGH, "give at least 16 letters and digits, drawn at random")
]
ProviderUrl = Annotated[str, _url(("http://", "https://"), "give https://host, or leave it out")]
TestNumber = Annotated[str, _word(_NUMBER, "give it as +8613800000000: +, country, number")]
HeartbeatUrl = Annotated[
    SecretStr, _url(("http://", "https://"), "give https://host/path of the watcher, or leave it out")
]
Listen = Annotated[Address, address_like("127.0.0.1:8080")]
WebhookSecret = Annotated[SecretStr, BeforeValidator(_is_webhook_secret)]
CallbackKey = Annotated[
    SecretStr, _word(_AES_KEY, "give the 43 letters and digits that WeCom calls EncodingAESKey")
]
PrivateNetworks = Annotated[Networks, BeforeValidator(_networks)]


class TrackerSettings(BaseModel):
    """Fields are named like their variables, without the prefix and in small letters; empty: not set."""

    model_config = AS_SETTINGS

    environment: Environment = Environment.PRODUCTION
    court_id: CourtName = ""
    database_url: DatabaseUrl = NOT_SET
    broker_url: BrokerUrl = NOT_SET
    broker_admin_url: AdminUrl = NOT_SET
    keys_file: Path | None = None
    listen: Listen = Address("127.0.0.1", 8080)
    edge_listen: Listen = Address("127.0.0.1", 8443)
    edge_names: Annotated[tuple[str, ...], BeforeValidator(_names)] = ("127.0.0.1", "localhost")
    public_url: PublicUrl = ""
    worker: WorkerName = "one"
    snapshots: Path | None = None
    journal: Path | None = None
    folders: Path | None = None
    sms: Annotated[tuple[str, ...], _in_order_of(SMS_NEEDS)] = ()
    voice: Annotated[tuple[str, ...], _in_order_of(VOICE_NEEDS)] = ()
    twilio_account_sid: str = ""
    twilio_auth_token: SecretStr = NOT_SET
    twilio_former_auth_token: SecretStr = NOT_SET
    twilio_sender: str = ""
    twilio_caller: str = ""
    twilio_test_number: TestNumber = ""
    twilio_url: ProviderUrl = "https://api.twilio.com"
    kannel_url: ProviderUrl = ""
    kannel_username: str = ""
    kannel_password: SecretStr = NOT_SET
    kannel_sender: str = ""
    kannel_token: CallbackToken = NOT_SET
    kannel_former_token: CallbackToken = NOT_SET
    kannel_test_number: TestNumber = ""
    aliyun_key_id: str = ""
    aliyun_key: SecretStr = NOT_SET
    aliyun_token: CallbackToken = NOT_SET
    aliyun_former_token: CallbackToken = NOT_SET
    aliyun_sms_url: ProviderUrl = "https://dysmsapi.aliyuncs.com"
    aliyun_sign_name: str = ""
    aliyun_sms_template: str = ""
    aliyun_longest_text: int = 500
    aliyun_test_number: TestNumber = ""
    aliyun_voice_url: ProviderUrl = "https://dyvmsapi.aliyuncs.com"
    aliyun_caller: str = ""
    aliyun_voice_template: str = ""
    aliyun_voice_noted: str = ""
    probe_every_min: Annotated[int, Field(ge=1, le=1440)] = 30
    push: Annotated[tuple[str, ...], _in_order_of(PUSH_NEEDS)] = ()
    outbound_private_allowed: PrivateNetworks = ()
    app_webhook_url: ProviderUrl = ""
    app_webhook_secret: WebhookSecret = NOT_SET
    app_webhook_former_secret: WebhookSecret = NOT_SET
    wecom_corp_id: str = ""
    wecom_agent_id: int = 0
    wecom_secret: SecretStr = NOT_SET
    wecom_callback_token: SecretStr = NOT_SET
    wecom_callback_key: CallbackKey = NOT_SET
    wecom_former_callback_token: SecretStr = NOT_SET
    wecom_former_callback_key: CallbackKey = NOT_SET
    wecom_url: ProviderUrl = "https://qyapi.weixin.qq.com"
    log_format: Literal["json", "plain"] = "json"
    heartbeat_url: HeartbeatUrl = NOT_SET

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], needed: Iterable[str] = ()) -> Self:
        """Read the variables; raise SettingsRefused with everything that is wrong or `needed` and missing."""
        given, unread = _given(environment)
        settings, wrong = read_settings(cls, given, PREFIX)
        problems = unread + wrong
        problems += _missing(settings, {*needed} - given.keys())
        problems += [] if settings.environment is Environment.TRIAL else _meant_for_a_trial(settings)
        if problems:
            raise SettingsRefused(problems)
        return settings

    @property
    def database_file(self) -> Path | None:
        """The SQLite file of a trial; None on PostgreSQL."""
        return _file_of(self.database_url, SQLITE)

    @property
    def bus_file(self) -> Path | None:
        """The embedded bus of a trial; None on RabbitMQ."""
        return _file_of(self.broker_url, EMBEDDED)


def variable(field: str) -> str:
    """The environment variable of a field."""
    return variable_of(PREFIX, field)


def variables() -> tuple[str, ...]:
    """Every variable there is, in the order of the model."""
    return tuple(variable(name) for name in TrackerSettings.model_fields)


def secrets() -> frozenset[str]:
    """The fields that hold a secret: each may also be given by the name of a file."""
    return frozenset(
        name for name, field in TrackerSettings.model_fields.items() if field.annotation is SecretStr
    )


def unknown_variables(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Variables with the prefix that mean nothing: most likely misspelt."""
    known = {*variables(), *(variable(name) + FROM_FILE for name in secrets())}
    return tuple(sorted(name for name in environment if name.startswith(PREFIX) and name not in known))


def _given(environment: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """What is set, by field; an empty variable is not set."""
    given: dict[str, str] = {}
    problems: list[str] = []
    for field in TrackerSettings.model_fields:
        name = variable(field)
        if text := environment.get(name, "").strip():
            given[field] = text
        path = environment.get(name + FROM_FILE, "") if field in secrets() else ""
        if path and field in given:
            problems.append(f"{name}: is set, and so is {name}{FROM_FILE}; keep one of them")
        elif path:
            try:
                given[field] = Path(path).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError):
                problems.append(f"{name}{FROM_FILE}: the file cannot be read; mend its name or its owner")
    return given, problems


def _missing(settings: TrackerSettings, needed: set[str]) -> Iterator[str]:
    needed = needed.union(*(SMS_NEEDS[provider] for provider in settings.sms))
    needed = needed.union(*(VOICE_NEEDS[provider] for provider in settings.voice))
    needed = needed.union(*(PUSH_NEEDS[provider] for provider in settings.push))
    if settings.environment is Environment.TRIAL:
        needed -= {"journal"}
    for field in TrackerSettings.model_fields:
        if field in needed and not _is_set(getattr(settings, field)):
            also = f" or {variable(field)}{FROM_FILE}" if field in secrets() else ""
            yield f"{variable(field)}: is not set; set it{also} (docs/operator.md says to what)"


def _is_set(value: Any) -> bool:
    return bool(value.get_secret_value() if isinstance(value, SecretStr) else value)


def _meant_for_a_trial(settings: TrackerSettings) -> Iterator[str]:
    """What production refuses."""
    remedy = f"(or {variable('environment')} to trial)"
    if settings.database_file is not None:
        yield (
            f"{variable('database_url')}: production does not run on SQLite; "
            f"change it to postgresql+asyncpg://user:password@host:port/name {remedy}"
        )
    if settings.bus_file is not None:
        yield (
            f"{variable('broker_url')}: production does not run on the embedded bus; "
            f"change it to amqp://court:password@host:port/vhost {remedy}"
        )
    if "recorder" in settings.sms:
        yield f"{variable('sms')}: a recorder reaches nobody; change it to a provider that does {remedy}"
    if settings.outbound_private_allowed:
        yield (
            f"{variable('outbound_private_allowed')}: people could reach the court's own network through "
            f"addresses that they give; leave it out {remedy}"
        )
    yield from _without_tls(settings, remedy)


def _without_tls(settings: TrackerSettings, remedy: str) -> Iterator[str]:
    if settings.public_url.startswith("http://"):
        yield (
            f"{variable('public_url')}: sessions and callbacks need TLS; "
            f"change it to https:// and put a TLS proxy in front {remedy}"
        )
    for field, what in PROVIDER_URLS.items():
        if getattr(settings, field).startswith("http://"):
            yield f"{variable(field)}: {what} need TLS; change it to https:// {remedy}"
    if settings.heartbeat_url.get_secret_value().startswith("http://"):
        yield (
            f"{variable('heartbeat_url')}: anybody on the way could answer for a dead court; "
            f"change it to https:// {remedy}"
        )


def _file_of(url: SecretStr, scheme: str) -> Path | None:
    text = url.get_secret_value()
    return Path(text.removeprefix(scheme)) if text.startswith(scheme) else None
