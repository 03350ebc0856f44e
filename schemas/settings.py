"""What the settings of both programs have in common: how they are read, and how their faults are told.

What must not break: everything that is wrong is told at once, each fault with its setting and its remedy, and
what was typed is never repeated.
"""

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

EMBEDDED: Final = "embedded:///"
LARGEST_PORT: Final = 65_535
HOST: Final = re.compile(r"\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+")

AS_SETTINGS: Final = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
M = TypeVar("M", bound=BaseModel)


class SettingsRefused(Exception):
    """The settings cannot be used; `problems` says of each what to change."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class Environment(StrEnum):
    PRODUCTION = "production"
    TRIAL = "trial"


class Address(NamedTuple):
    """Where a server listens; port 0 takes a free one."""

    host: str
    port: int


def address_like(example: str) -> BeforeValidator:
    """Reads an address that is given as text."""

    def read(typed: Any) -> Any:
        if not isinstance(typed, str):
            return typed
        host, colon, port = typed.rpartition(":")
        if not (colon and HOST.fullmatch(host) and port.isascii() and port.isdigit()):
            raise ValueError(f"give host:port, such as {example}")
        if int(port) > LARGEST_PORT:
            raise ValueError(f"give a port from 0 to {LARGEST_PORT}")
        return Address(host.strip("[]"), int(port))

    return BeforeValidator(read)


def variable_of(prefix: str, field: str) -> str:
    """The environment variable of a field."""
    return prefix + field.upper()


def read_settings(model: type[M], given: Mapping[str, str], prefix: str) -> tuple[M, list[str]]:
    """The settings from texts by field, without those that are wrong, and what is wrong with these."""
    try:
        return model.model_validate(given), []
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False)
    wrong = {fault["loc"][0] for fault in faults}
    usable = {name: text for name, text in given.items() if name not in wrong}
    return model.model_validate(usable), [_told(fault, prefix) for fault in faults]


def _told(fault: Any, prefix: str) -> str:
    """One fault in words: our own, else pydantic's."""
    name = variable_of(prefix, str(fault["loc"][0]))
    cause = fault.get("ctx", {}).get("error")
    if isinstance(cause, ValueError):
        return f"{name}: {cause}"
    return f"{name}: {fault['msg'].replace('Input should be', 'give')}"
