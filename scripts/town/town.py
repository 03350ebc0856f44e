"""A whole town as programs: two processes of the court, four adapters, a provider, on servers that are there.

What must not break: everything is set up by the operator's own commands, nothing is short-cut; each program
can be ended and started again by itself; all of them end with the town.
"""

import asyncio
import contextlib
import json
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import aiohttp
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from adapters.machine import SystemClock
from schemas.measures import AgencyKind
from schemas.signing import SigningKey
from schemas.webhooks import sign_webhook
from scripts.engines.processes import LOCAL, free_port
from scripts.town.court import PUBLIC_URL, Ground, Office, phones_in, write_court_file
from scripts.town.program import AWAY, Program, Recipe, run
from scripts.town.provider import Provider
from tracker.entropy import SystemEntropy
from tracker.key_files import load_or_make_keys
from tracker.storage.engine.postgresql import PostgresDatabase
from tracker.storage.registry import Registry

WORKERS: Final = ("one", "two")
INSTANCE: Final = "one"
ANSWERS_WITHIN: Final = aiohttp.ClientTimeout(total=10)
CASE_SYSTEM: Final = "case-system"
AGAIN_AFTER_S: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """`serves` and `adapters` are the programs by worker and agency; `account_key` signs case events."""

    ground: Ground
    office: Office
    provider: Provider
    serves: Mapping[str, Program]
    adapters: Mapping[AgencyKind, Program]
    account_key: SigningKey

    @classmethod
    @asynccontextmanager
    async def built(cls, ground: Ground) -> AsyncIterator["Town"]:
        """Founded and enrolled; no program runs yet."""
        async with AsyncExitStack() as stack:
            town = await _build(ground, stack)
            stack.push_async_callback(town.ends)
            calling = asyncio.create_task(town.provider.calls_back(tuple(town.serves.values())))
            stack.push_async_callback(_cancelled, calling)
            yield town

    @property
    def programs(self) -> tuple[Program, ...]:
        return (*self.serves.values(), *self.adapters.values())

    async def starts(self) -> None:
        """Start everything; returns once every program is ready."""
        await asyncio.gather(*(program.start_ready() for program in self.serves.values()))
        await asyncio.gather(*(program.start_ready() for program in self.adapters.values()))

    async def ends(self, sign: signal.Signals = signal.SIGKILL) -> None:
        """Whatever still runs is killed, or told to finish what it has begun."""
        await asyncio.gather(*(one.end(sign) for one in self.programs if one.runs))

    async def is_ready(self) -> None:
        """Nothing is wrong with any program by its own word."""
        for program in self.programs:
            await program.becomes_ready()

    @asynccontextmanager
    async def books(self) -> AsyncIterator[Registry]:
        """The court's books, for whoever works at its desks."""
        database = await PostgresDatabase.open(self.ground.database_url)
        try:
            yield Registry(
                database=database,
                keys=load_or_make_keys(self.ground.keys_file, self.office.settings["TRACKER_COURT_ID"]),
                entropy=SystemEntropy(),
                now=SystemClock().now,
                worker="desk",
            )
        finally:
            await database.close()

    async def pays(self, case_number: str, amount_fen: int, receipt_number: str) -> None:
        """The account system says that money has arrived, again and again until somebody took it."""
        event = {
            "event": "payment.received",
            "case_number": case_number,
            "receipt_number": receipt_number,
            "amount_fen": amount_fen,
            "occurred_at": SystemClock().now().isoformat(),
        }
        raw = json.dumps(event, ensure_ascii=False).encode()
        while True:
            for program in self.serves.values():
                headers = self._signed(f"money-{receipt_number}", SystemClock().now(), raw)
                with contextlib.suppress(*AWAY):
                    if await program.taken("/webhooks/case-events", data=raw, headers=headers):
                        return
            await asyncio.sleep(AGAIN_AFTER_S)

    def _signed(self, message_id: str, at: datetime, raw: bytes) -> dict[str, str]:
        return {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": sign_webhook(message_id, at, raw, self.account_key),
        }

    async def uses_card(self, agency: AgencyKind, use: Mapping[str, Any]) -> dict[str, Any]:
        """An agency asks its adapter about a card use, again under the same event id until it is screened."""
        while True:
            with contextlib.suppress(*AWAY):
                answer = await self.adapters[agency].posted("/screen", use)
                if answer.get("answer") in ("hit", "clear", "invalid"):
                    return dict(answer)
            await asyncio.sleep(AGAIN_AFTER_S)


async def _build(ground: Ground, stack: AsyncExitStack) -> Town:
    court_file = write_court_file(ground.folder, SystemClock().now().date())
    phones = phones_in(court_file)
    client = await stack.enter_async_context(aiohttp.ClientSession(timeout=ANSWERS_WITHIN))
    provider = await stack.enter_async_context(Provider.opened(SystemClock().now, PUBLIC_URL, phones))
    await ground.postgres.create_database(ground.name)
    settings = ground.settings(provider.settings)
    office = Office(settings=settings, folder=ground.folder, starter=ground.starter)
    await asyncio.gather(office.runs("keys", "make"), office.runs("migrate"))
    await office.runs("found", str(court_file))
    account_key = SigningKey.from_secret(f"{CASE_SYSTEM}-1", SystemEntropy().random_bytes(32))
    await asyncio.gather(
        _give_key(office, account_key), *(_enrol(office, ground, kind) for kind in AgencyKind)
    )
    await office.runs("broker", "setup")
    recipes = {worker: office.serving(worker) for worker in WORKERS}
    courts = [url for _, url in recipes.values()]
    return Town(
        ground=ground,
        office=office,
        provider=provider,
        serves={worker: Program(recipe, client) for worker, (recipe, _) in recipes.items()},
        adapters={
            kind: Program(_running(ground, kind, courts[number % len(courts)]), client)
            for number, kind in enumerate(AgencyKind)
        },
        account_key=account_key,
    )


async def _give_key(office: Office, key: SigningKey) -> None:
    public = office.folder / f"{CASE_SYSTEM}.pem"
    public.write_bytes(key.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    await office.runs("webhook-keys", "give", CASE_SYSTEM, "--public", str(public))


async def _enrol(office: Office, ground: Ground, kind: AgencyKind) -> None:
    data = _data_of(ground, kind)
    settings = {"ADAPTER_DATA": str(data)}
    answered = ground.folder / f"{kind.value}.credential.json"
    begin = ("adapters", "enrol", "--agency", kind.value, "--instance", INSTANCE)
    await run(*begin, settings=settings, folder=ground.folder, starter=ground.starter)
    await office.runs("agency", "enrol", str(data / "enrolment.json"), "--out", str(answered))
    finish = ("adapters", "enrol", "--credential", str(answered))
    await run(*finish, settings=settings, folder=ground.folder, starter=ground.starter)


def _running(ground: Ground, kind: AgencyKind, court: str) -> Recipe:
    listens = f"{LOCAL}:{free_port()}"
    environment = {
        "ADAPTER_DATA": str(_data_of(ground, kind)),
        "ADAPTER_COURT_URL": court,
        "ADAPTER_BROKER_URL": f"amqp://{LOCAL}:{ground.rabbit.port}/{ground.name}",
        "ADAPTER_LISTEN": listens,
    }
    return Recipe(
        name=f"adapter-{kind.value}",
        arguments=("adapters", "run", "--agency", kind.value),
        environment=environment,
        folder=ground.folder,
        listens=listens,
        starter=ground.starter,
    )


def _data_of(ground: Ground, kind: AgencyKind) -> Path:
    return ground.folder / f"adapter-{kind.value}"


async def _cancelled(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
