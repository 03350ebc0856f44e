"""The court of a town as an operator sets it up: settings, the file it is founded from, its commands."""

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from notifications.channels.port import ChannelKind
from scripts.engines.postgresql import PostgresServer
from scripts.engines.processes import LOCAL, free_port
from scripts.engines.rabbitmq import RabbitServer
from scripts.town.program import ROOT, Recipe, run
from scripts.town.starting import Starter, start_anew

EXAMPLE: Final = ROOT / "docs" / "court.example.toml"
PUBLIC_URL: Final = "https://court.example"
BROKER_PASSWORD: Final = "of-the-town"
DEMO_PHONES: Final = "+86100000000"
REACHABLE_PHONES: Final = "+120255501"
"""Of the range that the North American plan keeps for fiction: a provider's channel refuses demo phones."""
BY_NIGHT: Final = r'(?s)\[\[shift\]\]\nduty = "duty-officer" +# at night.*?(?=\[\[shift\]\])'
NO_LIMIT: Final = '[[notice_limit]]\nchannel = "{}"\na_day = 1000000\nalone = 1000000\n\n'
"""In a town two people get in a minute what others get in a year."""
ROSTER: Final = timedelta(days=60)
LOG_FORMAT: Final = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The servers that a town stands on, the name of its database and virtual host, and how its programs are
    started.
    """

    postgres: PostgresServer
    rabbit: RabbitServer
    name: str
    folder: Path
    starter: Starter = start_anew

    @property
    def database_url(self) -> str:
        return self.postgres.url(self.name)

    @property
    def keys_file(self) -> Path:
        return self.folder / "keys.json"

    def settings(self, provider: dict[str, str]) -> dict[str, str]:
        """Those that every command and process of the court shares."""
        return {
            # A provider without TLS is refused in production.
            "TRACKER_ENVIRONMENT": "trial",
            "TRACKER_COURT_ID": "yunhe",
            "TRACKER_DATABASE_URL": self.database_url,
            "TRACKER_BROKER_URL": self.rabbit.url("court", BROKER_PASSWORD, self.name),
            "TRACKER_BROKER_ADMIN_URL": self.rabbit.admin_url,
            "TRACKER_KEYS_FILE": str(self.keys_file),
            "TRACKER_PUBLIC_URL": PUBLIC_URL,
            "TRACKER_LOG_FORMAT": LOG_FORMAT,
            **provider,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """Somebody at the court's machine, with its settings."""

    settings: dict[str, str] = field(repr=False)
    folder: Path
    starter: Starter

    async def runs(self, *command: str) -> str:
        """A command of the court's; raises CommandFailed."""
        return await run(
            "tracker", *command, settings=self.settings, folder=self.folder, starter=self.starter
        )

    def serving(self, worker: str) -> tuple[Recipe, str]:
        """How one of its processes is started, and where adapters fetch their keys from it."""
        listens, edge = f"{LOCAL}:{free_port()}", f"{LOCAL}:{free_port()}"
        environment = {
            **self.settings,
            "TRACKER_WORKER": worker,
            "TRACKER_LISTEN": listens,
            "TRACKER_EDGE_LISTEN": edge,
        }
        recipe = Recipe(
            name=f"serve-{worker}",
            arguments=("tracker", "serve"),
            environment=environment,
            folder=self.folder,
            listens=listens,
            starter=self.starter,
        )
        return recipe, f"https://{edge}"


def write_court_file(folder: Path, today: date) -> Path:
    """The example with phones that a provider takes, and a roster for these days, in which one officer is on
    duty day and night: what is told to whom does not depend on when a town is built.
    """
    text = EXAMPLE.read_text(encoding="utf-8").replace(DEMO_PHONES, REACHABLE_PHONES)
    text = re.sub(r"(?m)^first_day = .*$", f"first_day = {today - timedelta(days=1)}", text)
    text = re.sub(r"(?m)^last_day = .*$", f"last_day = {today + ROSTER}", text)
    text = re.sub(BY_NIGHT, "", text)
    text = re.sub(r"(?m)^(begins|ends) = .*\n", "", text)
    text = text.partition("[[notice_limit]]")[0] + "".join(NO_LIMIT.format(kind) for kind in ChannelKind)
    path = folder / "court.toml"
    path.write_text(text, encoding="utf-8")
    return path


def phones_in(court_file: Path) -> list[str]:
    """Everybody's, as the provider may be told them."""
    return re.findall(r'(?m)^phone = "(\+[0-9]+)"', court_file.read_text(encoding="utf-8"))


def reachable(phone: str) -> str:
    """The phone that somebody of the cast has in a town."""
    return phone.replace(DEMO_PHONES, REACHABLE_PHONES)
