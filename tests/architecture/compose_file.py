"""docker-compose.yml as Compose would read it, and what docs/operator.md tells to put beside it."""

import re
import shlex
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ruamel.yaml import YAML
from typer.testing import CliRunner

import adapters.__main__
import tracker.__main__
from tests.architecture.small_trees import ROOT

TEXT: Final = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
WRITTEN: Final = YAML(typ="safe").load(TEXT)
GUIDE: Final = (ROOT / "docs/operator.md").read_text(encoding="utf-8").partition("## With containers")[2]
WHERE_SECRETS_LIE: Final = "/run/secrets/"
APPS: Final = {"tracker": tracker.__main__.app, "adapter": adapters.__main__.app}

VARIABLE: Final = re.compile(r"\$\$|\$\{(?P<name>\w+):(?P<kind>[-?])(?P<text>[^}]*)\}")


class NotSet(Exception):
    """A variable that Compose would refuse to go on without."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service with its variables filled in."""

    name: str
    given: Mapping[str, Any]

    @property
    def environment(self) -> dict[str, str]:
        return dict(self.given.get("environment", {}))

    @property
    def words(self) -> list[str]:
        """Entry point and command in one."""
        return [*self.given.get("entrypoint", []), *self.given.get("command", [])]

    @property
    def is_ours(self) -> bool:
        return bool(self.words) and self.words[0] in APPS

    @property
    def is_one_shot(self) -> bool:
        return bool(self.given["restart"] == "no")

    @property
    def networks(self) -> set[str]:
        return set(self.given.get("networks", []))

    @property
    def volumes(self) -> set[str]:
        """The named ones."""
        return {one.split(":")[0] for one in self.given.get("volumes", []) if isinstance(one, str)}

    @property
    def mounted_at(self) -> set[str]:
        """Where its named volumes are."""
        return {one.split(":")[1] for one in self.given.get("volumes", []) if isinstance(one, str)}

    @property
    def secrets(self) -> dict[str, str]:
        """Each with the file it becomes in the container."""
        lying = [
            one if isinstance(one, dict) else {"source": one, "target": WHERE_SECRETS_LIE + one}
            for one in self.given.get("secrets", [])
        ]
        return {one["source"]: one["target"] for one in lying}


def read_compose(environment: Mapping[str, str]) -> Any:
    """The whole file; `environment` is what .env holds."""
    return _filled_in(WRITTEN, environment)


def env_of_the_guide() -> dict[str, str]:
    """The .env that the guide shows."""
    lines = [line for line in guide_block("TRACKER_COURT_ID=").splitlines() if line]
    return dict(line.split("=", maxsplit=1) for line in lines)


def guide_block(begin: str) -> str:
    """The guide's first fenced block that holds these words, without its indentation."""
    blocks = re.findall(r"^ *```\w*\n(.*?)^ *```$", GUIDE, re.MULTILINE | re.DOTALL)
    return textwrap.dedent(next(block for block in blocks if begin in block))


def commands_of_the_guide() -> list[tuple[str, list[str]]]:
    """What `docker compose run` is told to run: the service, and the words after it."""
    told = re.findall(r"docker compose run ([^`>\n)]+)", GUIDE)
    runs = [(words, names) for line in told for words in [shlex.split(line)] if (names := _named(words))]
    return [(names[0], words[words.index(names[0]) + 1 :]) for words, names in runs if "cat" not in words]


def understands(program: str, words: Iterable[str]) -> bool:
    """Whether it has such a command with such options."""
    return CliRunner().invoke(APPS[program], [*words, "--help"]).exit_code == 0


def those_with(key: str) -> set[str]:
    """The services to which this key is given."""
    return {name for name, service in SERVICES.items() if key in service.given}


def _named(words: list[str]) -> list[str]:
    return [word for word in words if word in WRITTEN["services"]]


def _filled_in(value: Any, environment: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _filled_in(inner, environment) for name, inner in value.items()}
    if isinstance(value, list):
        return [_filled_in(inner, environment) for inner in value]
    if isinstance(value, str):
        return VARIABLE.sub(lambda found: _variable(found, environment), value)
    return value


def _variable(found: re.Match[str], environment: Mapping[str, str]) -> str:
    if found.group() == "$$":
        return "$"
    if text := environment.get(found["name"], ""):
        return text
    if found["kind"] == "?":
        raise NotSet(found["name"])
    return found["text"]


COMPOSE: Final = read_compose(env_of_the_guide())
SERVICES: Final = {name: Service(name=name, given=given) for name, given in COMPOSE["services"].items()}
OURS: Final = [name for name, service in SERVICES.items() if service.is_ours]
