"""Loops as tasks: woken by what commits, also while they work; quiet otherwise; a failure ends no loop."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from adapters.running import Loop, Part, run_until_cancelled
from tests.awaited import awaited

NOON = datetime(2026, 2, 25, 4, 0, tzinfo=UTC)


class Store:
    """Something that commits."""

    def __init__(self) -> None:
        self.rows = 0
        self._listeners: list[Callable[[], None]] = []

    def on_commit(self, listener: Callable[[], None]) -> None:
        self._listeners.append(listener)

    def commit(self) -> None:
        self.rows += 1
        for listener in self._listeners:
            listener()


class Taker:
    """Takes the rows of a store; `looked` is told of every round, `before_answer` runs within one."""

    name = "taker"

    def __init__(self, store: Store, due_at: datetime | None = None) -> None:
        self._store = store
        self._due_at = due_at
        self.gathers_s = 0.0
        self.before_answer: Callable[[], None] = lambda: None
        self.rounds = 0
        self.is_resting = False
        self.taken = asyncio.Event()

    async def step(self) -> bool:
        self.rounds += 1
        seen = self._store.rows
        self.before_answer()
        if seen == 0:
            return False
        self._store.rows = 0
        self.taken.set()
        return True

    async def next_due(self) -> datetime | None:
        return self._due_at


@asynccontextmanager
async def running(loop: Loop, store: Store) -> AsyncIterator[None]:
    parts = [Part(loops=(loop,), on_change=store.on_commit)]
    task = asyncio.create_task(run_until_cancelled(parts, lambda: NOON))
    async with asyncio.timeout(4):
        yield
    task.cancel()
    await asyncio.wait([task])


async def test_a_commit_wakes_a_loop_that_naps() -> None:
    store = Store()
    taker = Taker(store)

    async with running(taker, store):
        await _has_looked(taker, rounds=1)
        store.commit()
        async with awaited("the loop has taken what was committed"):
            await taker.taken.wait()


async def test_whoever_gathers_looks_after_those_who_do_not() -> None:
    store = Store()
    patient, prompt = Taker(store), Taker(store)
    patient.gathers_s = 0.02
    parts = [Part(loops=(patient, prompt), on_change=store.on_commit)]

    task = asyncio.create_task(run_until_cancelled(parts, lambda: NOON))
    async with asyncio.timeout(4):
        await _has_looked(prompt, rounds=1)
        store.commit()
        await prompt.taken.wait()
        looked_before = patient.rounds
        await _has_looked(patient, rounds=2)
    task.cancel()
    await asyncio.wait([task])

    assert looked_before == 1


async def test_a_commit_that_is_none_of_its_business_leaves_a_loop_asleep() -> None:
    store = Store()
    taker = Taker(store)

    async with running(taker, store):
        await _has_looked(taker, rounds=1)
        taker.is_resting = True
        store.commit()
        await _turns_of_the_event_loop(1_000)
        asleep = taker.rounds
        taker.is_resting = False
        store.commit()
        await taker.taken.wait()

    assert asleep == 1


async def test_what_commits_while_a_loop_looks_is_not_missed() -> None:
    store = Store()
    taker = Taker(store)
    commits = iter([store.commit])
    taker.before_answer = lambda: next(commits, lambda: None)()

    async with running(taker, store), awaited("the loop has taken what was committed"):
        await taker.taken.wait()


async def test_a_round_that_a_library_cancels_ends_no_loop() -> None:
    store = Store()
    taker = Taker(store)
    failures = iter([_cancelled_by_a_library])
    taker.before_answer = lambda: next(failures, lambda: None)()

    async with running(taker, store):
        await _has_looked(taker, rounds=2)


async def test_an_idle_loop_is_asked_seldom() -> None:
    store = Store()
    taker = Taker(store)

    async with running(taker, store):
        await _turns_of_the_event_loop(1_000)

    assert taker.rounds == 1


async def test_what_is_due_but_not_done_does_not_spin() -> None:
    store = Store()
    taker = Taker(store, due_at=NOON - timedelta(hours=1))

    async with running(taker, store):
        await _turns_of_the_event_loop(1_000)

    assert taker.rounds < 20


async def test_a_loop_whose_time_has_come_is_asked() -> None:
    store = Store()
    taker = Taker(store, due_at=NOON + timedelta(milliseconds=20))

    async with running(taker, store):
        await _has_looked(taker, rounds=2)


def _cancelled_by_a_library() -> None:
    raise asyncio.CancelledError


async def _has_looked(taker: Taker, *, rounds: int) -> None:
    async with awaited(f"{rounds} rounds of the loop"):
        while taker.rounds < rounds:
            await _turns_of_the_event_loop(1)


async def _turns_of_the_event_loop(count: int) -> None:
    for _ in range(count):
        await asyncio.to_thread(lambda: None) if count == 1 else await asyncio.sleep(0)
