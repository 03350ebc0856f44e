"""Runs every check, one line each, then everything that is broken: `./scripts/check [NAME ...]`."""

import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from scripts.checks.bodies import body_breaches
from scripts.checks.budgets import budget_breaches
from scripts.checks.clocks import clock_breaches
from scripts.checks.docs import document_breaches
from scripts.checks.imports import import_breaches
from scripts.checks.locks import lock_breaches
from scripts.checks.tools import TOOLS, run_tool
from scripts.checks.tree import Breach, NoTree, Tree, read_tree
from scripts.checks.wording import wording_breaches

ROOT = Path(__file__).resolve().parent.parent.parent

OWN_CHECKS: dict[str, Callable[[Tree], Iterable[Breach]]] = {
    "imports": import_breaches,
    "budgets": budget_breaches,
    "bodies": body_breaches,
    "clocks": clock_breaches,
    "wording": wording_breaches,
    "locks": lock_breaches,
    "docs": document_breaches,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    complaints: Sequence[str]
    took_s: float


def main(wanted: Sequence[str]) -> int:
    try:
        tree = read_tree(ROOT)
    except NoTree as failure:
        print(f"error: {failure}", file=sys.stderr)
        return 2
    checks: dict[str, Callable[[], Sequence[str]]] = {
        tool.name: partial(run_tool, tool, ROOT) for tool in TOOLS
    }
    checks |= {name: partial(run_own, check, tree) for name, check in OWN_CHECKS.items()}
    unknown = sorted(set(wanted) - checks.keys())
    if unknown:
        print(
            f"error: no check is called {', '.join(unknown)}; there are: {', '.join(checks)}", file=sys.stderr
        )
        return 2
    chosen = {name: check for name, check in checks.items() if name in wanted or not wanted}
    with ThreadPoolExecutor() as pool:
        running = {name: pool.submit(timed, check) for name, check in chosen.items()}
        return report(running)


def run_own(check: Callable[[Tree], Iterable[Breach]], tree: Tree) -> list[str]:
    try:
        return [str(breach) for breach in check(tree)]
    except SyntaxError as error:
        return [f"{error.filename}:{error.lineno}: not Python: {error.msg}; remedy: mend it first"]


def timed(check: Callable[[], Sequence[str]]) -> Outcome:
    started = time.perf_counter()
    complaints = check()
    return Outcome(complaints=complaints, took_s=time.perf_counter() - started)


def report(running: dict[str, Future[Outcome]]) -> int:
    broken: dict[str, Sequence[str]] = {}
    for name, future in running.items():
        outcome = future.result()
        print(f"{'FAILED' if outcome.complaints else 'ok':6}  {name:10}{outcome.took_s:6.1f} s", flush=True)
        if outcome.complaints:
            broken[name] = outcome.complaints
    for name, complaints in broken.items():
        print(f"\n{name}:")
        print("\n".join(f"  {complaint}" for complaint in complaints))
    print(f"\n{len(broken)} of {len(running)} checks failed" if broken else f"all {len(running)} checks hold")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
