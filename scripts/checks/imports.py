"""The import rules that import-linter cannot say: which parts are pure, and where each vendor lives.

Must not break: a pure part reaches, also through other parts of ours, no I/O, no clock and no chance, so the
same input gives the same answer on every machine; and a vendor is known in one place, so it can be replaced
or mended there. The rules between our own packages are the contracts in pyproject.toml.
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from scripts.checks.tree import Breach, Source, Tree

OURS = frozenset({"schemas", "notifications", "adapters", "tracker", "scripts", "tests"})
SHIPPED = frozenset({"schemas", "notifications", "adapters", "tracker"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Pure:
    """A part that only computes; `libraries` are the only third-party packages it may import, `values` plain
    values that it takes out of a module of ours which is not pure.
    """

    part: str
    but_not: tuple[str, ...] = ()
    libraries: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()

    def covers(self, module: str) -> bool:
        return _belongs(module, (self.part,)) and not _belongs(module, self.but_not)


PURE_PARTS = (
    Pure(part="schemas", libraries=frozenset({"pydantic", "pydantic_core", "cryptography"})),
    Pure(part="tracker.domain", libraries=frozenset({"chinese_calendar"})),
    Pure(
        part="notifications",
        but_not=("notifications.channels",),
        libraries=frozenset({"phonenumbers", "pypinyin"}),
    ),
    Pure(part="notifications.channels.port"),
    Pure(part="adapters.screening"),
    Pure(part="adapters.replica.values"),
    Pure(part="adapters.edge.card_use"),
    Pure(
        part="adapters.edge.instruction",
        values=frozenset({"adapters.store.holds.Hold", "adapters.store.holds.HoldState"}),
    ),
)

# What a pure part must not reach, and the standard modules that reach it.
IMPURE_MODULES: dict[str, tuple[str, ...]] = {
    "a clock": ("sched", "time"),
    "chance": ("random", "secrets", "uuid"),
    "files": ("fileinput", "glob", "pathlib", "shelve", "shutil", "sqlite3", "tempfile"),
    "the network": ("http", "select", "selectors", "smtplib", "socket", "ssl", "urllib.request"),
    "other tasks": ("asyncio", "concurrent", "multiprocessing", "queue", "subprocess", "threading"),
    "the machine": ("ctypes", "fcntl", "getpass", "logging", "os", "signal", "sys"),
}
IMPURE_BUILTINS = frozenset({"open", "input", "print", "__import__", "exec", "eval"})

# Where a vendor may be imported, outside the tests.
VENDOR_HOMES: dict[str, tuple[str, ...]] = {
    # The benches' floor is what the drivers do alone, their list is written in bulk.
    "aio_pika": ("adapters.bus.rabbitmq", "scripts.benches"),
    "aiohttp": (
        "tracker.web",
        "adapters.web",
        "adapters.bus.broker_setup",
        "notifications.channels.http",
        "notifications.channels.outbound",
        "notifications.channels.twilio",
        "notifications.channels.wecom",
        "scripts",
    ),
    "asyncpg": ("tracker.storage", "scripts"),
    "lmdb": ("adapters.replica", "scripts.benches"),
    "prometheus_client": ("adapters.metrics",),
    "alembic": ("tracker.migrations",),
    "sqlalchemy": (
        "tracker.storage",
        "tracker.migrations",
        "tracker.court",
        "adapters.commits",
        "adapters.sqlite",
        "adapters.bus.embedded",
        "adapters.bus.folder.spool",
        "adapters.store",
        "scripts.benches",
    ),
    "twilio": ("notifications.channels.twilio", "scripts.benches"),
    "typer": ("adapters.__main__", "tracker.__main__", "tracker.commands"),
    "uvloop": ("adapters.machine", "scripts"),
}
# Used wherever values or events are; any other vendor has one home: the first module that imports it.
EVERYWHERE = frozenset({"cryptography", "pydantic", "pydantic_core", "structlog"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    module: str
    line: int

    @property
    def vendor(self) -> str:
        return self.module.partition(".")[0]

    @property
    def is_third_party(self) -> bool:
        return self.vendor not in OURS and self.vendor not in sys.stdlib_module_names


def import_breaches(tree: Tree) -> Iterator[Breach]:
    for source in tree.python():
        for pure in PURE_PARTS:
            if pure.covers(source.module):
                yield from _impurities(source, pure)
                yield from _impure_rooms(source, pure)
    yield from _strayed_vendors(tree)
    yield from _vendors_with_two_homes(tree)


def imports_of(source: Source) -> Iterator[Import]:
    for node in ast.walk(source.syntax):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(module=alias.name, line=node.lineno)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            for alias in node.names:
                yield Import(module=f"{node.module}.{alias.name}", line=node.lineno)


def _belongs(module: str, parts: tuple[str, ...]) -> bool:
    return any(module == part or module.startswith(f"{part}.") for part in parts)


def _impurities(source: Source, pure: Pure) -> Iterator[Breach]:
    for imported in imports_of(source):
        for reached, modules in IMPURE_MODULES.items():
            if _belongs(imported.module, modules):
                yield source.breach(
                    imported.line,
                    f"{pure.part} is pure, but `{imported.module}` reaches {reached}",
                    remedy="take what is needed of it as an argument",
                )
        if imported.is_third_party and imported.vendor not in pure.libraries:
            yield source.breach(
                imported.line,
                f"{pure.part} may not import `{imported.vendor}`",
                remedy="do it in the layer that owns this library, or add a pure library to PURE_PARTS",
            )
    for node in ast.walk(source.syntax):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in IMPURE_BUILTINS:
            yield source.breach(
                node.lineno, f"{pure.part} is pure, `{node.func.id}` is not", remedy="return a value instead"
            )


def _impure_rooms(source: Source, pure: Pure) -> Iterator[Breach]:
    """Purity would end at the first module of ours that is not pure itself."""
    for imported in imports_of(source):
        if imported.vendor not in OURS or imported.module in pure.values:
            continue
        if not any(other.covers(imported.module) for other in PURE_PARTS):
            yield source.breach(
                imported.line,
                f"{pure.part} is pure, but `{imported.module}` of ours is not",
                remedy="take what is needed of it as an argument, or add what only computes to PURE_PARTS",
            )


def _strayed_vendors(tree: Tree) -> Iterator[Breach]:
    for source in tree.python():
        for imported in imports_of(source):
            homes = VENDOR_HOMES.get(imported.vendor)
            if homes is not None and not _belongs(source.module, (*homes, "tests")):
                yield source.breach(
                    imported.line,
                    f"`{imported.vendor}` is imported outside {' and '.join(homes)}",
                    remedy="go through the port or function that its home offers",
                )


def _vendors_with_two_homes(tree: Tree) -> Iterator[Breach]:
    homes: dict[str, str] = {}
    for source in tree.python():
        if source.path.parts[0] not in SHIPPED:
            continue
        for imported in imports_of(source):
            if not imported.is_third_party or imported.vendor in EVERYWHERE | VENDOR_HOMES.keys():
                continue
            home = homes.setdefault(imported.vendor, source.module)
            if home != source.module:
                yield source.breach(
                    imported.line,
                    f"`{imported.vendor}` lives in {home} already",
                    remedy="offer there what is needed here, or name its homes in VENDOR_HOMES",
                )
