"""Whether a process can do its work: what is late, old, failing or away is said, and silence is an answer
too.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sqlite import SqliteDatabase
from notifications.channels.port import ChannelKind
from notifications.health import Circuit
from notifications.providers import Standing
from scripts.chance import ScriptedEntropy
from scripts.clocks import JumpingClock
from tests.contract.storage.books import BEGINS, KEYS
from tracker.domain.due import DueKind, DueWork
from tracker.migrations.upgrade import newest_revision, revision_of, upgrade_sqlite
from tracker.storage.due_work import add_due
from tracker.storage.outbox import OutboxLane, OutboxMessage, add_message
from tracker.storage.registry import Registry
from tracker.storage.transaction import Tx
from tracker.web.observability import health
from tracker.web.observability.health import (
    SCHEMA_OLD,
    SILENT,
    Judgement,
    Readiness,
    Signs,
    judge_loops,
    list_failing,
)


class Silent:
    """A database that takes every question and answers none."""

    def transaction(self) -> AbstractAsyncContextManager[AsyncConnection]:
        return self._never()

    def reading(self) -> AbstractAsyncContextManager[AsyncConnection]:
        return self._never()

    @asynccontextmanager
    async def _never(self) -> AsyncIterator[AsyncConnection]:
        await asyncio.Event().wait()
        raise AssertionError("never")
        yield


class Refusing(Silent):
    """A database that takes no connection."""

    @asynccontextmanager
    async def _never(self) -> AsyncIterator[AsyncConnection]:
        raise ConnectionRefusedError("postgresql://court:secret@db")
        yield


async def has_schema(tx: Tx) -> bool:
    return await revision_of(tx.db) == newest_revision()


@pytest.fixture
async def clock() -> JumpingClock:
    return JumpingClock(BEGINS)


@pytest.fixture
async def registry(
    tmp_path: Path, clock: JumpingClock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Registry]:
    monkeypatch.setattr(health, "ANSWER_WITHIN_S", 60.0)  # the machine may be busy
    await upgrade_sqlite(tmp_path / "court.sqlite")
    database = await SqliteDatabase.open(tmp_path / "court.sqlite")
    yield Registry(database=database, keys=KEYS, entropy=ScriptedEntropy(), now=clock.now)
    await database.close()


async def reasons(registry: Registry, *troubles: str) -> tuple[str, ...]:
    signs = Signs(registry=registry, has_schema=has_schema, troubles=lambda: troubles)
    return (await Readiness(signs).judge()).reasons


async def judge(
    registry: Registry, *, troubles: tuple[str, ...], lesser_troubles: tuple[str, ...]
) -> Judgement:
    signs = Signs(
        registry=registry,
        has_schema=has_schema,
        troubles=lambda: troubles,
        lesser_troubles=lambda: lesser_troubles,
    )
    return await Readiness(signs).judge()


@pytest.mark.parametrize(
    ("ahead_s", "said"),
    [
        (0, ()),
        (2, ()),
        (2.6, ("this machine's clock is 3 s ahead of the database's: set it (NTP)",)),
        (-60, ("this machine's clock is 60 s behind the database's: set it (NTP)",)),
    ],
)
async def test_a_wrong_clock_is_named_and_hinders_nothing(
    registry: Registry, ahead_s: float, said: tuple[str, ...]
) -> None:
    async def database_seconds(_tx: Tx) -> float:
        return BEGINS.timestamp() - ahead_s

    signs = Signs(registry=registry, has_schema=has_schema, troubles=tuple, database_seconds=database_seconds)
    assert await Readiness(signs).judge() == Judgement(troubles=said)


async def test_nothing_is_wrong(registry: Registry) -> None:
    assert await reasons(registry) == ()


async def test_what_is_late_is_said_with_its_seconds(registry: Registry, clock: JumpingClock) -> None:
    message = OutboxMessage(message_id="m-1", queue="orders.rail.one", lane=OutboxLane.ORDERS, body=b"{}")
    async with registry.transaction() as tx:
        await add_message(tx, message)
    clock.move_to(BEGINS + timedelta(seconds=30))
    assert await reasons(registry) == ()

    clock.move_to(BEGINS + timedelta(seconds=47))

    assert await reasons(registry) == ("messages to agencies: late by 47 s",)


async def test_work_for_one_agency_that_is_late_leaves_the_others_their_court(
    registry: Registry, clock: JumpingClock
) -> None:
    message = OutboxMessage(message_id="m-1", queue="orders.rail.one", lane=OutboxLane.ORDERS, body=b"{}")
    async with registry.transaction() as tx:
        await add_message(tx, message)
    clock.move_to(BEGINS + timedelta(seconds=47))

    judged = await judge(registry, troubles=(), lesser_troubles=("feed writer rail fails (BusAway)",))

    assert judged.is_ready
    assert judged.reasons == ("messages to agencies: late by 47 s", "feed writer rail fails (BusAway)")


async def test_what_keeps_a_process_from_all_its_work_is_said_first(registry: Registry) -> None:
    judged = await judge(
        registry,
        troubles=("the broker is away",),
        lesser_troubles=("feed writer rail fails (BusAway)",),
    )

    assert not judged.is_ready
    assert judged.reasons == ("the broker is away", "feed writer rail fails (BusAway)")


async def test_due_work_that_is_late_is_everybodys(registry: Registry, clock: JumpingClock) -> None:
    due = DueWork(due_id="due-1", kind=DueKind.LADDER_STEP, about="alert-1", due_at=BEGINS)
    async with registry.transaction() as tx:
        await add_due(tx, due)
    clock.move_to(BEGINS + timedelta(seconds=47))

    judged = await judge(registry, troubles=(), lesser_troubles=())

    assert not judged.is_ready
    assert judged.reasons == ("due work: late by 47 s",)


async def test_a_great_many_entries_whose_time_has_come_take_no_process_out(
    registry: Registry, clock: JumpingClock
) -> None:
    due = DueWork(due_id="due-1", kind=DueKind.ENTRY_EXPIRES, about="entry-1", due_at=BEGINS)
    async with registry.transaction() as tx:
        await add_due(tx, due)
    clock.move_to(BEGINS + timedelta(minutes=10))
    assert await reasons(registry) == ()

    clock.move_to(BEGINS + timedelta(seconds=601))
    judged = await judge(registry, troubles=(), lesser_troubles=())

    assert judged.is_ready
    assert judged.reasons == ("work on entries: late by 601 s",)


async def test_every_trouble_is_said(registry: Registry) -> None:
    assert await reasons(registry, "the broker is away", "inbox fails (OSError)") == (
        "the broker is away",
        "inbox fails (OSError)",
    )


async def test_an_old_schema_is_said(registry: Registry, tmp_path: Path) -> None:
    empty = await SqliteDatabase.open(tmp_path / "empty.sqlite")

    told = await reasons(replace(registry, database=empty))

    await empty.close()
    assert told == (SCHEMA_OLD,)


async def test_a_database_that_is_away_is_said_without_its_address(registry: Registry) -> None:
    assert await reasons(replace(registry, database=Refusing())) == (
        "the database cannot be reached (ConnectionRefusedError)",
    )


async def test_silence_is_an_answer(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "ANSWER_WITHIN_S", 0.01)

    assert await reasons(replace(registry, database=Silent())) == (SILENT,)


def test_a_provider_that_fails_is_said_with_who_stands_in() -> None:
    twilio = Standing(kind=ChannelKind.SMS, provider="twilio", score=0.0, circuit=Circuit.OPEN)
    other = replace(twilio, provider="recorder", score=1.0, circuit=Circuit.CLOSED)
    push = replace(other, kind=ChannelKind.PUSH)

    assert list_failing([twilio, other]) == ("sms by twilio fails: recorder stands in",)
    assert list_failing([twilio, push]) == (
        "sms by twilio fails: no other is set up: it is tried all the same",
    )


WRITERS = ("feed writer rail", "feed writer police")


def test_a_loop_that_serves_one_agency_leaves_the_others_their_court() -> None:
    judged = judge_loops({"feed writer rail": "BusAway"}, WRITERS)

    assert judged == Judgement(troubles=("feed writer rail fails (BusAway)",))


def test_when_nobodys_feed_is_written_nobody_is_served() -> None:
    judged = judge_loops(dict.fromkeys(WRITERS, "BusAway"), WRITERS)

    assert not judged.is_ready
    assert judged.reasons == ("feed writer police fails (BusAway)", "feed writer rail fails (BusAway)")


def test_a_loop_that_serves_everybody_is_said_before_that_of_one_agency() -> None:
    judged = judge_loops({"relay": "OSError", "feed writer rail": "BusAway"}, WRITERS)

    assert not judged.is_ready
    assert judged.reasons == ("relay fails (OSError)", "feed writer rail fails (BusAway)")


def test_where_no_agency_is_enrolled_nothing_is_wrong() -> None:
    assert judge_loops({}, ()).is_ready
