"""A private RabbitMQ node: one for each run, a virtual host for each world in it."""

import asyncio
import os
import re
import secrets
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

from scripts.engines.processes import (
    LOCAL,
    Command,
    EngineFailed,
    EngineMissing,
    end_of_log,
    free_port,
    hand_over,
    start,
    stop,
)

ANOTHER_SERVER = "RABBITMQ_SERVER"
"""Names the `rabbitmq-server` of another installation, with its `rabbitmqctl` beside it."""
# The one on the PATH is Debian's wrapper, which lets only root and its own user through.
SYSTEM = Path("/usr/lib/rabbitmq/lib")
ADMIN = "administrator"
STARTS_WITHIN_S = 90.0
CONFIGURATION = """\
listeners.tcp.1 = {local}:{port}
management.tcp.ip = {local}
management.tcp.port = {management}
default_user = {user}
default_pass = {password}
loopback_users = none
log.console = true
log.console.level = warning
log.file = false
vm_memory_high_watermark.absolute = 1GB
disk_free_limit.absolute = {disk_free_limit}
collect_statistics_interval = 5000
"""


def find_server() -> Path:
    """The real `rabbitmq-server` below the distribution's folder, unless another one is named."""
    if named := os.environ.get(ANOTHER_SERVER):
        if not os.access(named, os.X_OK):
            raise EngineMissing(f"{ANOTHER_SERVER}: there is no program {named}")
        return Path(named)
    found = sorted(SYSTEM.glob("rabbitmq_server-*/sbin/rabbitmq-server"))
    if not found:
        raise EngineMissing("RabbitMQ was not found: apt-get install rabbitmq-server")
    return found[-1]


class RabbitServer:
    """A running node with its management interface. `disk_free_limit`: below it the broker blocks."""

    def __init__(self, folder: Path) -> None:
        self._server = find_server()
        self._folder = folder
        self._log = folder / "rabbitmq.log"
        self._password = secrets.token_hex(16)
        self._process: asyncio.subprocess.Process | None = None
        self._ports = {name: free_port() for name in ("amqp", "management", "distribution", "epmd")}
        self.disk_free_limit = "50MB"

    @classmethod
    @asynccontextmanager
    async def started(cls, folder: Path) -> AsyncIterator["RabbitServer"]:
        """A node in an empty folder, until the end of the block."""
        server = cls(folder)
        await server.start()
        try:
            yield server
        finally:
            # What is thrown away next needs no orderly end.
            await server.stop_hard()
            server._end_epmd()

    @property
    def pid(self) -> int:
        """Of the node; of the last one while it is stopped."""
        return int((self._folder / "node.pid").read_text())

    @property
    def port(self) -> int:
        return self._ports["amqp"]

    @property
    def admin_url(self) -> str:
        """The management interface, as `tracker broker setup` takes it."""
        return f"http://{ADMIN}:{self._password}@{LOCAL}:{self._ports['management']}"

    def url(self, user: str, password: str, vhost: str, port: int | None = None) -> str:
        """The address of a virtual host for one user; `port`: of a proxy in between."""
        login = f"{quote(user, safe='')}:{quote(password, safe='')}"
        return f"amqp://{login}@{LOCAL}:{port or self.port}/{quote(vhost, safe='')}"

    def admin_amqp_url(self, vhost: str) -> str:
        return self.url(ADMIN, self._password, vhost)

    async def version(self) -> str:
        """Such as 3.10.8."""
        return str((await self.manage("GET", "overview"))["rabbitmq_version"])

    async def create_vhost(self, name: str) -> None:
        await self.manage("PUT", f"vhosts/{quote(name, safe='')}", {})
        await self.manage(
            "PUT",
            f"permissions/{quote(name, safe='')}/{ADMIN}",
            {"configure": ".*", "write": ".*", "read": ".*"},
        )

    async def drop_vhost(self, name: str) -> None:
        await self.manage("DELETE", f"vhosts/{quote(name, safe='')}")

    async def manage(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """One request to the management interface; raises on a refusal."""
        headers = {"Authorization": aiohttp.encode_basic_auth(ADMIN, self._password)}
        timeout = aiohttp.ClientTimeout(total=30)
        url = f"http://{LOCAL}:{self._ports['management']}/api/{path}"
        async with (
            aiohttp.ClientSession(headers=headers, timeout=timeout) as client,
            # Slashes of a virtual host's name arrive encoded, and must stay so.
            client.request(method, URL(url, encoded=True), json=body) as response,
        ):
            response.raise_for_status()
            return await response.json() if response.content_type == "application/json" else None

    async def start(self) -> None:
        """Start (again) on the same data and ports; returns when it takes connections."""
        hand_over(self._folder, None)
        self._configure()
        self._process = await start(
            Command(
                arguments=[self._server],
                environment=self._environment(),
                folder=self._folder,
                log=self._log,
            )
        )
        try:
            async with asyncio.timeout(STARTS_WITHIN_S):
                await self._answers()
        except TimeoutError as silent:
            await self.stop()
            raise EngineFailed(end_of_log(self._log)) from silent

    async def stop(self, sign: signal.Signals = signal.SIGTERM) -> None:
        """End the node by its own process id; SIGKILL is a crash."""
        if self._process is None or self._process.returncode is not None:
            return
        if (self._folder / "node.pid").exists():
            os.kill(self.pid, sign)
        await stop(self._process)

    async def control(self, *arguments: str) -> None:
        """One command of `rabbitmqctl`; raises when it is refused."""
        tool = self._server.with_name("rabbitmqctl")
        command: list[str | Path] = [tool, *arguments]
        log = self._folder / "control.log"
        environment = self._environment()
        ended = await start(Command(arguments=command, environment=environment, folder=self._folder, log=log))
        if await ended.wait() != 0:
            raise EngineFailed(end_of_log(log))

    async def stop_hard(self) -> None:
        """Crash the node."""
        await self.stop(signal.SIGKILL)

    def _end_epmd(self) -> None:
        """The port mapper that the node left behind, found by the port that only ours listens on."""
        mark = f"ERL_EPMD_PORT={self._ports['epmd']}".encode()
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                is_epmd = (entry / "comm").read_text().strip() == "epmd"
                if is_epmd and mark in (entry / "environ").read_bytes():
                    os.kill(int(entry.name), signal.SIGTERM)
            except OSError:
                continue

    def _configure(self) -> None:
        (self._folder / "enabled_plugins").write_text("[rabbitmq_management].\n")
        settings = CONFIGURATION.format(
            local=LOCAL,
            port=self.port,
            management=self._ports["management"],
            user=ADMIN,
            password=self._password,
            disk_free_limit=self.disk_free_limit,
        )
        (self._folder / "rabbitmq.conf").write_text(settings)

    def _environment(self) -> dict[str, str]:
        node = re.sub(r"[^a-z0-9]", "", f"court{self.port}")
        return {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "LC_ALL": "C.UTF-8",
            "HOME": str(self._folder),
            "ERL_EPMD_PORT": str(self._ports["epmd"]),
            "ERL_EPMD_ADDRESS": LOCAL,
            "RABBITMQ_NODENAME": f"{node}@localhost",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self._ports["distribution"]),
            "RABBITMQ_MNESIA_BASE": str(self._folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self._folder / "log"),
            "RABBITMQ_PID_FILE": str(self._folder / "node.pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self._folder / "enabled_plugins"),
            "RABBITMQ_CONFIG_FILE": str(self._folder / "rabbitmq"),
            "RABBITMQ_CONF_ENV_FILE": str(self._folder / "rabbitmq-env.conf"),
            # Two schedulers are enough for a court, and a node that spins while idle slows everything else.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none",
        }

    async def _answers(self) -> None:
        assert self._process is not None
        while True:
            if self._process.returncode is not None:
                raise EngineFailed(end_of_log(self._log))
            try:
                # The management interface of RabbitMQ 4.3 answers before the node has done starting.
                await self.manage("GET", f"health/checks/port-listener/{self.port}")
                await self.version()
            except (aiohttp.ClientError, OSError, TimeoutError):
                await asyncio.sleep(0.1)
            else:
                return
