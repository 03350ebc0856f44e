"""What an adapter is told from outside: one model, read from environment variables at the start.

What must not break: everything that is wrong is told at once, each with its setting and its remedy;
production never runs on what is meant for a trial. Secrets are no settings: they come in the credential.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import SplitResult, quote, urlsplit

from pydantic import BaseModel, BeforeValidator, Field, TypeAdapter, ValidationError

from adapters.edge.settings import LONGEST_KEPT_DAYS, Keeping
from schemas.settings import (
    AS_SETTINGS,
    EMBEDDED,
    Address,
    Environment,
    SettingsRefused,
    address_like,
    read_settings,
    variable_of,
)
from schemas.text import Text

PREFIX: Final = "ADAPTER_"
BROKER_SCHEMES: Final = ("amqp", "amqps")
KEEPING_NAMES: Final = {
    "keep_journeys_basis": "the law that allows it",
    "keep_journeys_assessment": "the reference of its impact assessment",
}
ONE_LINE: Final = TypeAdapter(Text)
THIS_MACHINE: Final = ("127.0.0.1", "::1", "localhost")


def _court_url(typed: Any) -> Any:
    parts = _parts(typed)
    if parts is None or parts.scheme != "https" or parts.path.strip("/") or parts.query or parts.username:
        raise ValueError("give https://host:port of the court's edge listener, without a path")
    return f"https://{parts.netloc}"


def _broker_url(typed: Any) -> Any:
    if isinstance(typed, str) and typed.startswith(EMBEDDED) and len(typed) > len(EMBEDDED):
        return typed
    parts = _parts(typed)
    if parts is None or parts.scheme not in BROKER_SCHEMES:
        raise ValueError("give amqp://host:port/vhost (a trial may give embedded:///path/bus.sqlite)")
    if parts.username is not None or parts.password is not None:
        raise ValueError("leave user and password out: they come in the credential")
    return typed


def _one_line(typed: Any) -> Any:
    try:
        return ONE_LINE.validate_python(typed)
    except ValidationError:
        raise ValueError("give one line of plain text, at most 200 characters") from None


def _journeys_url(typed: Any) -> Any:
    parts = _parts(typed)
    if parts is None or parts.scheme not in ("https", "http") or parts.username is not None:
        raise ValueError("give https://host:port/path of your own system, without user and password")
    if parts.scheme == "http" and parts.hostname not in THIS_MACHINE:
        raise ValueError("http is for a system on this machine; give https://host:port/path")
    return typed


def _parts(typed: Any) -> SplitResult | None:
    try:
        parts = urlsplit(str(typed))
        return parts if parts.hostname and parts.port != 0 else None
    except ValueError:
        return None


class AdapterSettings(BaseModel):
    """Fields are named like their variables, without the prefix and in small letters; empty: not set."""

    model_config = AS_SETTINGS

    environment: Environment = Environment.PRODUCTION
    data: Path | None = None
    court_url: Annotated[str, BeforeValidator(_court_url)] = ""
    broker_url: Annotated[str, BeforeValidator(_broker_url)] = ""
    folder_out: Path | None = None
    folder_in: Path | None = None
    journeys_url: Annotated[str, BeforeValidator(_journeys_url)] = ""
    keep_journeys_days: Annotated[int, Field(ge=1, le=LONGEST_KEPT_DAYS)] | None = None
    keep_journeys_basis: Annotated[str, BeforeValidator(_one_line)] = ""
    keep_journeys_assessment: Annotated[str, BeforeValidator(_one_line)] = ""
    listen: Annotated[Address, address_like("127.0.0.1:8090")] = Address("127.0.0.1", 8090)
    passphrase_file: Path | None = None
    log_format: Literal["json", "plain"] = "json"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], needed: Iterable[str] = ()) -> Self:
        """Read the variables; raise SettingsRefused with everything that is wrong or `needed` and missing."""
        names = {field: environment.get(variable(field), "").strip() for field in cls.model_fields}
        given = {field: text for field, text in names.items() if text}
        settings, problems = read_settings(cls, given, PREFIX)
        problems += _missing(needed, given)
        problems += _meant_for_a_trial(settings)
        problems += _kept_without_reason(settings)
        if problems:
            raise SettingsRefused(problems)
        return settings

    @property
    def folder(self) -> Path:
        """The instance's own folder; a command that uses it must need `data`."""
        assert self.data is not None
        return self.data

    @property
    def keeping(self) -> Keeping | None:
        """The terms on which journeys are kept; None: none are."""
        if self.keep_journeys_days is None:
            return None
        return Keeping(
            days=self.keep_journeys_days,
            legal_basis=self.keep_journeys_basis,
            assessment=self.keep_journeys_assessment,
        )

    @property
    def bus_file(self) -> Path | None:
        """The embedded bus of a trial; None on RabbitMQ."""
        is_embedded = self.broker_url.startswith(EMBEDDED)
        return Path(self.broker_url.removeprefix(EMBEDDED)) if is_embedded else None

    def broker_url_for(self, user: str, password: str) -> str:
        """The broker's address with the login of the credential."""
        scheme, _, rest = self.broker_url.partition("://")
        return f"{scheme}://{quote(user, safe='')}:{quote(password, safe='')}@{rest}"


def variable(field: str) -> str:
    """The environment variable of a field."""
    return variable_of(PREFIX, field)


def variables() -> tuple[str, ...]:
    """Every variable there is, in the order of the model."""
    return tuple(variable(name) for name in AdapterSettings.model_fields)


def _missing(needed: Iterable[str], given: Mapping[str, str]) -> Iterator[str]:
    for field in AdapterSettings.model_fields:
        if field in needed and field not in given:
            yield f"{variable(field)}: is not set; set it (docs/agency-engineer.md says to what)"


def _kept_without_reason(settings: AdapterSettings) -> Iterator[str]:
    """To keep what strangers do needs a law, somebody who has weighed it, and no other way."""
    if settings.keep_journeys_days is None:
        return
    for field, what in KEEPING_NAMES.items():
        if not getattr(settings, field):
            yield f"{variable(field)}: journeys are kept by law only; set it to {what}"
    if settings.journeys_url:
        yield (
            f"{variable('keep_journeys_days')}: nothing is kept where your own system can be asked; leave it "
            f"or {variable('journeys_url')} out"
        )


def _meant_for_a_trial(settings: AdapterSettings) -> Iterator[str]:
    """What production refuses."""
    if settings.environment is Environment.PRODUCTION and settings.bus_file is not None:
        yield (
            f"{variable('broker_url')}: production does not run on the embedded bus; change it to "
            f"amqp://host:port/vhost (or {variable('environment')} to trial)"
        )
