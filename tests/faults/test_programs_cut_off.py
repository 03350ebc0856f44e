"""`tracker serve` as an operator runs it, its lines to broker and database cut and stalled one after the
other: what its `/readyz` says meanwhile, what it logs, and that it comes back by itself.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.acceptance.programs import (
    BROKER_PASSWORD,
    EXAMPLE,
    Operator,
    ServingProcess,
    settings_of_a_court,
)
from tests.engines import Servers
from tests.proxy import Proxy


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """One process, and its lines."""

    process: ServingProcess
    database: Proxy
    broker: Proxy


@pytest.fixture(scope="module")
async def served(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    postgres, rabbit = await servers.postgres(), await servers.rabbit()
    settings = settings_of_a_court(
        tmp_path_factory.mktemp("court"), await postgres.create_database("cut_off")
    )
    settings["TRACKER_BROKER_URL"] = rabbit.url("court", BROKER_PASSWORD, "cut-off")
    settings["TRACKER_BROKER_ADMIN_URL"] = rabbit.admin_url
    operator = Operator(settings=settings)
    assert (await operator.runs("keys", "make")).code == 0
    assert (await operator.runs("migrate")).code == 0
    assert (await operator.runs("found", str(EXAMPLE))).code == 0
    assert (await operator.runs("broker", "setup")).code == 0
    async with Proxy.before(postgres.port) as database, Proxy.before(rabbit.port) as broker:
        cut_off = operator.with_settings(
            DATABASE_URL=postgres.url("cut_off", database.port),
            BROKER_URL=rabbit.url("court", BROKER_PASSWORD, "cut-off", broker.port),
        )
        async with cut_off.serves("one") as process:
            await process.becomes_ready()
            yield Served(process=process, database=database, broker=broker)
    await rabbit.drop_vhost("cut-off")
    await postgres.drop_database("cut_off")


@pytest.fixture(autouse=True)
def _mended(served: Served) -> Iterator[None]:
    """Whatever a test has seen, the next one begins with whole lines."""
    yield
    served.broker.mend()
    served.database.mend()


async def cuts_the_broker(served: Served) -> None:
    await served.broker.cut()


async def stalls_the_broker(served: Served) -> None:
    served.broker.stall()


async def cuts_the_database(served: Served) -> None:
    await served.database.cut()


async def stalls_the_database(served: Served) -> None:
    served.database.stall()


@pytest.mark.parametrize(
    ("befalls", "reason", "event"),
    [
        (cuts_the_broker, "the broker cannot be reached (AMQPConnectionError)", "broker-away"),
        (stalls_the_broker, "the broker cannot be reached (TimeoutError)", "broker-away"),
        (
            cuts_the_database,
            "the database cannot be reached (Connection",
            "database-not-heard",
        ),
        (stalls_the_database, "the database has not answered within 1.5 s", "database-not-heard"),
    ],
)
async def test_what_is_away_is_said_logged_and_over_by_itself(
    served: Served, befalls: Callable[[Served], Awaitable[None]], reason: str, event: str
) -> None:
    await befalls(served)

    await served.process.comes_to_say(reason)
    await served.process.logs(event)
    served.broker.mend()
    served.database.mend()
    await served.process.becomes_ready()
