"""`adapter doctor`: what is wrong with this adapter, in plain words, each with what to do.

What must not break: it changes nothing, and it says of everything that it looked at what it saw.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from adapters.bus.rabbitmq import RabbitBus, RabbitSettings
from adapters.commands.lock import locked
from adapters.commands.outset import CannotRun, Outset, Transport, read_outset_to_run
from adapters.commands.transport import folders_of
from adapters.findings import Finding, ok, wrong
from adapters.identity import Identity
from adapters.logs import silence_logs
from adapters.machine import SystemClock
from adapters.replica.replica import Replica
from adapters.sealed_keys import SEALED_KEYS
from adapters.settings import AdapterSettings
from adapters.web.key_client import Fetched, fetch_keys
from adapters.web.own_state import ask_running_adapter
from schemas.refused import HARMLESS

RENEW_WITHIN: Final = timedelta(days=30)
CLOCKS_DIFFER: Final = timedelta(seconds=30)
LEAST_FREE_BYTES: Final = 2**30
BROKER_PORTS: Final = {"amqp": 5672, "amqps": 5671}
ANSWERS_WITHIN_S: Final = 5.0


def examine(environment: Mapping[str, str], transport: Transport) -> int:
    """Print the findings; 1 where something is wrong."""
    silence_logs()
    try:
        outset = read_outset_to_run(environment, transport)
    except CannotRun as reason:
        for line in str(reason).splitlines():
            print(wrong("settings", line))
        return 1
    return asyncio.run(_print_findings(outset))


async def _print_findings(outset: Outset) -> int:
    is_wrong = False
    async for finding in _findings(outset):
        print(finding, flush=True)
        is_wrong = is_wrong or not finding.is_ok
    return 1 if is_wrong else 0


async def _findings(outset: Outset) -> AsyncIterator[Finding]:
    now = SystemClock().now()
    yield judge_credential(outset.identity, now)
    if outset.transport is Transport.FOLDER:
        yield _folders(outset.settings)
        yield _kept_keys(outset.settings)
    else:
        for finding in await _court(outset):
            yield finding
        yield await _broker(outset)
    yield judge_disk(shutil.disk_usage(outset.settings.folder).free)
    running = await ask_running_adapter(outset.settings.listen)
    for finding in _replica(outset.settings) if running is None else judge_running(running):
        yield finding


def judge_credential(identity: Identity, at: datetime) -> Finding:
    who = identity.credential
    until = f"{who.agency}.{who.instance} at {who.court}, valid until {identity.valid_until:%Y-%m-%d}"
    if at + RENEW_WITHIN < identity.valid_until:
        return ok("credential", until)
    return wrong(
        "credential",
        f"{until}; renew it: adapter enrol --agency {who.agency} --instance {who.instance}, then give "
        "enrolment.json to the court and store its answer with adapter enrol --credential",
    )


async def _court(outset: Outset) -> Iterator[Finding]:
    answer = await fetch_keys(outset.settings.court_url, outset.identity)
    if not isinstance(answer, Fetched):
        return iter((wrong("court", f"gives no keys: {answer.why}"),))
    epochs = ", ".join(str(epoch.epoch) for epoch in answer.keys.epochs)
    answered = ok("court", f"answers and gives the keys of epoch {epochs}")
    return iter((answered, judge_clock(answer.court_time, SystemClock().now())))


def judge_clock(court_time: datetime | None, at: datetime) -> Finding:
    if court_time is None:
        return ok("clock", "the court did not say its time")
    apart = court_time - at
    if abs(apart) <= CLOCKS_DIFFER:
        return ok("clock", "agrees with the court's")
    side = "behind" if apart > timedelta() else "ahead of"
    return wrong(
        "clock", f"{abs(apart).total_seconds():.0f} s {side} the court's: set this machine's clock (NTP)"
    )


async def _broker(outset: Outset) -> Finding:
    settings, who = outset.settings, outset.identity.credential
    if settings.bus_file is not None:
        return ok("broker", "the embedded bus of a trial")
    url = settings.broker_url_for(who.broker_user, who.broker_password)
    bus = RabbitBus(RabbitSettings(url=url), now=SystemClock().now)
    await bus.start()
    trouble = bus.trouble
    await bus.close()
    if trouble is None:
        return ok("broker", f"reachable, takes the user {who.broker_user}")
    if not await _answers(settings.broker_url):
        return wrong("broker", "cannot be reached: check ADAPTER_BROKER_URL, the network and the firewall")
    return wrong(
        "broker",
        f"answers, but does not take the user {who.broker_user}: check the virtual host in "
        "ADAPTER_BROKER_URL, use the newest credential, let the court run `tracker broker setup`",
    )


def _folders(settings: AdapterSettings) -> Finding:
    folders = folders_of(settings)
    named = {"ADAPTER_FOLDER_OUT": folders.outgoing, "ADAPTER_FOLDER_IN": folders.incoming}
    unusable = [
        name
        for name, folder in named.items()
        if not (folder.is_dir() and os.access(folder, os.R_OK | os.W_OK | os.X_OK))
    ]
    if unusable:
        return wrong(
            "folders",
            f"{' and '.join(unusable)}: no folder to read and write; mount it, or mend its name or owner",
        )
    return ok("folders", f"both are there; {len(folders.list_incoming())} letters wait in ADAPTER_FOLDER_IN")


def _kept_keys(settings: AdapterSettings) -> Finding:
    if (settings.folder / SEALED_KEYS).exists():
        return ok("keys", f"{SEALED_KEYS} is there")
    return wrong(
        "keys",
        f"there is no {SEALED_KEYS}: run adapter keep-keys with this folder on a machine that reaches the "
        "court",
    )


async def _answers(broker_url: str) -> bool:
    """Whether anybody listens there at all."""
    parts = urlsplit(broker_url)
    port = parts.port or BROKER_PORTS[parts.scheme]
    try:
        async with asyncio.timeout(ANSWERS_WITHIN_S):
            _, writer = await asyncio.open_connection(parts.hostname, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


def judge_disk(free_bytes: int) -> Finding:
    free = f"{free_bytes / 2**30:.1f} GiB free"
    if free_bytes >= LEAST_FREE_BYTES:
        return ok("disk", free)
    return wrong("disk", f"only {free} in ADAPTER_DATA: make room, hits cannot be kept on a full disk")


def judge_running(answer: Mapping[str, Any]) -> Iterator[Finding]:
    """By its own word, where the adapter runs."""
    for reason in answer["reasons"]:
        yield wrong("adapter", str(reason["detail"]))
    for refused in answer.get("refused", ()):
        says = f"refused {refused['times']} times, last {refused['last_at'][:19]} UTC: {refused['detail']}"
        yield ok("messages", says) if refused["what"] in HARMLESS else wrong("messages", says)
    known = answer.get("list")
    if known:
        yield ok(
            "replica",
            f"{known['condition']}, epoch {known['epoch']}, change {known['sequence']}, "
            f"{known['count']} references; waiting: {known['waiting_hits']} hits, "
            f"{known['waiting_reports']} reports",
        )


def _replica(settings: AdapterSettings) -> Iterator[Finding]:
    """Where no adapter answers: by the folder itself."""
    try:
        with locked(settings.folder):
            yield ok("adapter", "does not run; start it with adapter run")
            yield _look_at(settings.folder / "replica")
    except CannotRun:
        yield wrong("adapter", "runs, but does not answer at ADAPTER_LISTEN: is it set as for the adapter?")


def _look_at(folder: Path) -> Finding:
    if not folder.exists():
        return ok("replica", "none yet: it comes with the first start")
    replica = Replica(folder, {})
    states = sorted(replica.states.items())
    replica.close()
    if not states:
        return ok("replica", "empty: the court has not sent a change yet")
    feed, state = states[-1]
    return ok("replica", f"epoch {feed.epoch}, change {state.sequence}, {state.count} references")
