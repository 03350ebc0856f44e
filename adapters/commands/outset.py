"""What a command begins with: settings and identity of the instance, or one plain line with its remedy."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Final

from adapters.identity import Identity, NotEnrolled, load_identity
from adapters.sealed_keys import SHORTEST_PASSPHRASE
from adapters.settings import AdapterSettings
from schemas.settings import SettingsRefused


class CannotRun(Exception):
    """Why a command ends; the text says what to do."""


class Transport(StrEnum):
    """How messages come from the court and go there."""

    BROKER = "broker"
    FOLDER = "folder"


NEEDED: Final = {
    Transport.BROKER: ("court_url", "broker_url"),
    Transport.FOLDER: ("folder_out", "folder_in"),
}
"""The settings without which an adapter does not start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outset:
    """An enrolled instance with its settings."""

    settings: AdapterSettings
    identity: Identity
    transport: Transport = Transport.BROKER


def read_settings(environment: Mapping[str, str], needed: Iterable[str]) -> AdapterSettings:
    """Raises CannotRun."""
    try:
        return AdapterSettings.from_environment(environment, needed)
    except SettingsRefused as refused:
        raise CannotRun(str(refused)) from None


def read_outset_to_run(environment: Mapping[str, str], transport: Transport) -> Outset:
    """With what an adapter needs to run. Raises CannotRun."""
    return replace(read_outset(environment, NEEDED[transport]), transport=transport)


def read_outset(environment: Mapping[str, str], needed: Iterable[str]) -> Outset:
    """Raises CannotRun."""
    settings = read_settings(environment, {"data", *needed})
    try:
        return Outset(settings=settings, identity=load_identity(settings.folder))
    except NotEnrolled as missing:
        raise CannotRun(str(missing)) from None
    except OSError as failure:
        raise CannotRun(f"ADAPTER_DATA cannot be read ({failure.strerror}): mend its owner") from None


def passphrase_in(path: Path) -> str:
    """The operator's passphrase from its file; raises CannotRun."""
    try:
        passphrase = path.read_text(encoding="utf-8").strip("\r\n")
    except (OSError, UnicodeDecodeError):
        raise CannotRun("ADAPTER_PASSPHRASE_FILE: cannot be read; mend its name or its owner") from None
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise CannotRun(f"ADAPTER_PASSPHRASE_FILE: give at least {SHORTEST_PASSPHRASE} characters")
    return passphrase
