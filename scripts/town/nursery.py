"""Starts our programs out of one process that has loaded them all: by a fork, in a small part of the time.

    python -P -m scripts.town.nursery DESCRIPTOR

reads one order a message from that socket, each with descriptors of its own: where to tell the id and the
exit code, standard output, standard error.

What must not break: a program from here has settings, folder, output, signals and exit code of its own, and
shares with nobody a descriptor, a thread, a loop or what it draws by chance. Not as anew are how soon it is
ready, and which module was loaded first: who asks about those starts it anew.
"""

import asyncio
import atexit
import contextlib
import gc
import importlib
import json
import os
import pkgutil
import runpy
import signal
import socket
import subprocess
import sys
import threading
from asyncio import StreamReader, StreamReaderProtocol
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

from scripts.engines.processes import Command, prepared

ROOT: Final = Path(__file__).resolve().parents[2]
LOADED: Final = ("tracker.commands", "adapters.commands")
"""Packages of which every module is."""
LOADED_AT_FIRST_USE: Final = (
    "cryptography.hazmat.backends.openssl",
    "phonenumbers.data.region_CN",
    "twilio.rest.api.v2010",
)
"""What the programs leave to their libraries, and need in nearly every life."""
WELL: Final = 0
FAILED: Final = 1
LONGEST_ORDER: Final = 1 << 17


class NurseryGone(Exception):
    """The process that starts programs has ended; see what it wrote to standard error."""


class Nursery:
    """The loaded process, seen from whoever starts programs. It is there from the first start on, and ends
    with us, whatever ends us, and its programs with it.
    """

    def __init__(self) -> None:
        self._orders: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self, command: Command) -> "Born":
        """A starter. Raises NurseryGone."""
        orders = self._orders or self._begin()
        with ExitStack() as stack:
            ours, theirs = socket.socketpair()
            stack.enter_context(theirs)
            readers, writers = _outputs(command, stack)
            order = (list(map(str, command.arguments)), dict(command.environment), str(command.folder))
            socket.send_fds(orders, [json.dumps(order).encode()], [theirs.fileno(), *writers])
        loop = asyncio.get_running_loop()
        _, told = await loop.create_unix_connection(_Told, sock=ours)
        out, err = [await _reader(descriptor) for descriptor in readers] or (None, None)
        return Born(pid=await told.pid, stdout=out, stderr=err, told=told)

    def close(self) -> None:
        if self._orders is not None and self._process is not None:
            self._orders.close()
            self._process.wait()

    def _begin(self) -> socket.socket:
        self._orders, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                (sys.executable, "-P", "-m", __name__, str(theirs.fileno())),
                env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        return self._orders


@dataclass(frozen=True, slots=True, kw_only=True)
class Born:
    """A program from here, as asyncio shows a process."""

    pid: int
    stdout: StreamReader | None
    stderr: StreamReader | None
    told: "_Told"

    @property
    def returncode(self) -> int | None:
        return self.told.code.result() if self.told.code.done() else None

    def send_signal(self, signal: int) -> None:
        if self.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    async def wait(self) -> int:
        return await asyncio.shield(self.told.code)

    async def communicate(self) -> tuple[bytes, bytes]:
        out, err = await asyncio.gather(_rest(self.stdout), _rest(self.stderr))
        await self.wait()
        return out, err


class Words(StreamReaderProtocol):
    """Where the output of a program arrives."""


class _Told(asyncio.Protocol):
    """What the nursery tells of one program: a line with its id, and a line with its exit code."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.pid: asyncio.Future[int] = loop.create_future()
        self.code: asyncio.Future[int] = loop.create_future()
        self._heard = b""

    def data_received(self, data: bytes) -> None:
        self._heard += data
        lines = self._heard.split(b"\n")[:-1]
        for future, line in zip((self.pid, self.code), lines, strict=False):
            if not future.done():
                future.set_result(int(line))

    def connection_lost(self, _error: Exception | None) -> None:
        for future in (self.pid, self.code):
            if not future.done():
                future.set_exception(NurseryGone())


def _outputs(command: Command, stack: ExitStack) -> tuple[list[int], list[int]]:
    """Where we read and where the program writes; the latter are closed with the stack."""
    if command.log is not None:
        log = stack.enter_context(command.log.open("ab"))
        return [], [log.fileno(), log.fileno()]
    pipes = [os.pipe(), os.pipe()]
    for _, written in pipes:
        stack.callback(os.close, written)
    return [read for read, _ in pipes], [written for _, written in pipes]


async def _reader(descriptor: int) -> StreamReader:
    reader = StreamReader()
    pipe = os.fdopen(descriptor, "rb", buffering=0)
    await asyncio.get_running_loop().connect_read_pipe(lambda: Words(reader), pipe)
    return reader


async def _rest(reader: StreamReader | None) -> bytes:
    return b"" if reader is None else await reader.read()


def fit_for_forks() -> None:
    """What is loaded by now is shared with every fork: no collection of garbage touches it again."""
    assert threading.active_count() == 1, "a fork must find no other thread"
    gc.collect()
    gc.freeze()
    gc.disable()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """A program to be: `outputs` are its standard output and error; `told` hears of it."""

    arguments: list[str]
    environment: dict[str, str]
    folder: str
    outputs: list[int]
    told: socket.socket

    def become(self) -> NoReturn:
        """The program, in a process that is only for it."""
        prepared(None)()
        os.chdir(self.folder)
        os.environ.clear()
        os.environ.update(self.environment)
        for number, descriptor in enumerate(self.outputs, start=1):
            os.dup2(descriptor, number)
            os.close(descriptor)
        sys.argv[1:] = self.arguments[1:]
        gc.enable()
        code: object = None
        try:
            runpy.run_module(self.arguments[0], run_name="__main__", alter_sys=True)
        except SystemExit as ended:
            code = ended.code
        except BaseException:
            sys.excepthook(*sys.exc_info())
            code = FAILED
        _end(code if isinstance(code, int) else WELL if code is None else FAILED)


def _end(code: int) -> NoReturn:
    """As an interpreter ends, but without taking to pieces what it shares with all others: that would first
    copy it.
    """
    for thread in threading.enumerate():
        if not thread.daemon and thread is not threading.current_thread():
            thread.join()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


class _Parent:
    """Forks, and tells how each fork ends."""

    def __init__(self, orders: socket.socket) -> None:
        self._orders = orders
        self._born: dict[int, socket.socket] = {}
        signal.signal(signal.SIGCHLD, lambda _number, _frame: self._tell_ends())

    def fork(self) -> _Order | None:
        """In each fork, what it is to become; None once nobody is there to give orders."""
        while order := self._next_order():
            with _undisturbed():
                pid = os.fork()
                if pid == 0:
                    self._leave_to_parent(order)
                    return order
                self._born[pid] = order.told
                self._tell(order.told, pid)
            for descriptor in order.outputs:
                os.close(descriptor)
        return None

    def _next_order(self) -> _Order | None:
        message, descriptors, _, _ = socket.recv_fds(self._orders, LONGEST_ORDER, 3)
        if not message:
            return None
        arguments, environment, folder = json.loads(message)
        return _Order(
            arguments=arguments,
            environment=environment,
            folder=folder,
            outputs=descriptors[1:],
            told=socket.socket(fileno=descriptors[0]),
        )

    def _leave_to_parent(self, order: _Order) -> None:
        """What is the parent's."""
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for other in (self._orders, order.told, *self._born.values()):
            other.close()

    def _tell_ends(self) -> None:
        while self._born:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            with self._born.pop(pid) as told:
                self._tell(told, os.waitstatus_to_exitcode(status))

    @staticmethod
    def _tell(told: socket.socket, number: int) -> None:
        # Whoever asked may be gone: that says the end of the orders.
        with contextlib.suppress(OSError):
            told.sendall(f"{number}\n".encode())


@contextmanager
def _undisturbed() -> Iterator[None]:
    """No fork ends before it is known whose it is."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])


def _load() -> None:
    for name in LOADED:
        package = importlib.import_module(name)
        for module in pkgutil.iter_modules(package.__path__, f"{name}."):
            importlib.import_module(module.name)
    for name in LOADED_AT_FIRST_USE:
        importlib.import_module(name)


def main() -> None:
    orders = socket.socket(fileno=int(sys.argv[1]))
    _load()
    fit_for_forks()
    order = _Parent(orders).fork()
    if order is not None:
        order.become()


if __name__ == "__main__":
    main()
