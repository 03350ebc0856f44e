"""A private Prometheus Alertmanager that groups nothing and waits for nothing: the rival of a bench."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import aiohttp

from scripts.engines.processes import (
    LOCAL,
    Command,
    EngineFailed,
    EngineMissing,
    end_of_log,
    free_port,
    start,
    stop,
)

NAMES: Final = ("prometheus-alertmanager", "alertmanager")
STARTS_WITHIN_S: Final = 30.0
CONFIGURATION: Final = """\
route:
  receiver: bench
  group_by: ['...']
  group_wait: 0s
  group_interval: 1m
  repeat_interval: 4h
receivers:
  - name: bench
    webhook_configs:
      - url: {hook}
        send_resolved: false
"""


def find_alertmanager() -> Path:
    """The system's program."""
    for name in NAMES:
        if found := shutil.which(name):
            return Path(found)
    raise EngineMissing("Alertmanager was not found: apt-get install prometheus-alertmanager")


@asynccontextmanager
async def alertmanager(folder: Path, hook: str) -> AsyncIterator[str]:
    """Running in an empty folder, until the end of the block: the address that takes alerts, each of which it
    posts to `hook` by itself.
    """
    program, port = find_alertmanager(), free_port()
    await asyncio.to_thread(_prepare, folder, hook)
    log = folder / "alertmanager.log"
    process = await start(
        Command(
            arguments=[
                program,
                f"--config.file={folder / 'alertmanager.yml'}",
                f"--storage.path={folder / 'data'}",
                f"--web.listen-address={LOCAL}:{port}",
                "--cluster.listen-address=",
            ],
            environment={"PATH": "/usr/bin:/bin"},
            folder=folder,
            log=log,
        )
    )
    try:
        async with asyncio.timeout(STARTS_WITHIN_S):
            await _ready(f"http://{LOCAL}:{port}/-/ready")
        yield f"http://{LOCAL}:{port}/api/v2/alerts"
    except TimeoutError as silent:
        raise EngineFailed(end_of_log(log)) from silent
    finally:
        await stop(process)


def _prepare(folder: Path, hook: str) -> None:
    folder.mkdir(parents=True)
    (folder / "alertmanager.yml").write_text(CONFIGURATION.format(hook=hook))


async def _ready(address: str) -> None:
    async with aiohttp.ClientSession() as client:
        while True:
            try:
                async with client.get(address) as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.05)
