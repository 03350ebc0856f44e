"""Broker and database are stopped, cut off and stalled under traffic: nothing is lost, nothing done twice,
and while it lasts the service says in plain words what is away.
"""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from schemas.measures import AgencyKind
from scripts.engines.postgresql import PostgresServer
from scripts.engines.rabbitmq import RabbitServer
from tests.faults.town import Servers, Town, eventually, everybody_told, lasts, town

AWAY_FOR_S = 60


@pytest.fixture(scope="module")
async def own_servers() -> AsyncIterator[Servers]:
    with tempfile.TemporaryDirectory(prefix="debtor-tracker-faults-") as folder:
        async with (
            PostgresServer.started(Path(folder) / "postgresql", is_safe=True) as postgres,
            RabbitServer.started(Path(folder) / "rabbitmq") as rabbit,
        ):
            yield Servers(postgres=postgres, rabbit=rabbit)


@pytest.fixture
async def at_work(tmp_path: Path, own_servers: Servers) -> AsyncIterator[Town]:
    async with town(tmp_path, own_servers) as at_work:
        yield at_work


async def test_the_broker_is_stopped_for_a_minute_under_traffic(at_work: Town, own_servers: Servers) -> None:
    before, during, after = await at_work.lists(2), await at_work.lists(4), await at_work.lists(2)
    await at_work.use_cards(before)
    await own_servers.rabbit.stop()
    await at_work.use_cards(during)
    await eventually(lambda: at_work.says("the broker"))
    await lasts(AWAY_FOR_S)
    await own_servers.rabbit.start()
    await at_work.use_cards(after)

    assert await at_work.evidence(8) == everybody_told(8)
    await eventually(at_work.is_ready)


async def test_the_database_is_stopped_for_a_minute_in_the_middle_of_transactions(
    at_work: Town, own_servers: Servers
) -> None:
    before, during, after = await at_work.lists(2), await at_work.lists(4), await at_work.lists(2)
    await at_work.use_cards(before)
    await own_servers.postgres.stop()
    await at_work.use_cards(during)
    await eventually(lambda: at_work.says("the database cannot be reached"))
    await lasts(AWAY_FOR_S)
    await own_servers.postgres.start()
    await at_work.use_cards(after)

    assert await at_work.evidence(8) == everybody_told(8)
    await eventually(at_work.is_ready)


async def test_the_courts_line_to_the_broker_is_cut(at_work: Town) -> None:
    wanted = await at_work.lists(4)
    await at_work.lines.brokers["court"].cut()
    await at_work.use_cards(wanted)
    await eventually(lambda: at_work.says("court: the broker"))
    at_work.lines.brokers["court"].mend()

    assert await at_work.evidence(4) == everybody_told(4)


async def test_an_agencys_line_to_the_broker_stalls_without_a_word(at_work: Town) -> None:
    wanted = await at_work.lists(4)
    at_work.lines.brokers["agency.rail"].stall()
    await at_work.use_cards(wanted)
    await eventually(lambda: at_work.says("agency.rail: the broker"))
    at_work.lines.brokers["agency.rail"].mend()

    assert await at_work.evidence(4) == everybody_told(4)


async def test_the_courts_line_to_the_database_is_cut(at_work: Town) -> None:
    wanted = await at_work.lists(4)
    await at_work.lines.database.cut()
    await at_work.use_cards(wanted)
    await eventually(lambda: at_work.says("the database"))
    at_work.lines.database.mend()

    assert await at_work.evidence(4) == everybody_told(4)


async def test_the_courts_line_to_the_database_stalls_without_a_word(at_work: Town) -> None:
    wanted = await at_work.lists(4)
    at_work.lines.database.stall()
    await at_work.use_cards(wanted)
    await eventually(lambda: at_work.says("the database"))
    at_work.lines.database.mend()

    assert await at_work.evidence(4) == everybody_told(4)


async def test_the_brokers_disk_is_full_for_a_while(at_work: Town, own_servers: Servers) -> None:
    wanted = await at_work.lists(4)
    await own_servers.rabbit.control("set_disk_free_limit", "100000GB")
    await at_work.use_cards(wanted)
    await eventually(lambda: at_work.says("takes no messages: look at its disk and memory alarms"))
    await own_servers.rabbit.control("set_disk_free_limit", "50MB")

    assert await at_work.evidence(4) == everybody_told(4)
    await eventually(at_work.is_ready)


async def test_the_broker_is_killed(at_work: Town, own_servers: Servers) -> None:
    wanted = await at_work.lists(4)
    await at_work.use_cards(wanted[:2])
    await own_servers.rabbit.stop_hard()
    await at_work.use_cards(wanted[2:])
    await own_servers.rabbit.start()

    assert await at_work.evidence(4) == everybody_told(4)


async def test_the_database_is_killed(at_work: Town, own_servers: Servers) -> None:
    wanted = await at_work.lists(4)
    await at_work.use_cards(wanted[:2])
    await own_servers.postgres.stop_hard()
    await at_work.use_cards(wanted[2:])
    await own_servers.postgres.start()

    assert await at_work.evidence(4) == everybody_told(4)


HOLD_CLAIMS = (
    "CREATE TABLE hold_claims (on_duty boolean)",
    "INSERT INTO hold_claims VALUES (true)",
    """
    CREATE FUNCTION hold_claim() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM hold_claims) THEN PERFORM pg_sleep(600); END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE CONSTRAINT TRIGGER claims_are_held AFTER UPDATE ON notice DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.state = 'leased') EXECUTE FUNCTION hold_claim()
    """,
)
"""A claim has written everything, and its commit does not come to an end."""
LET_CLAIMS_GO = "DELETE FROM hold_claims"
HELD_CLAIMS = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'"


async def in_the_books(at_work: Town, *statements: str) -> None:
    """Something is done to the court's database behind its back."""
    async with at_work.system.court.registry.transaction() as tx:
        for statement in statements:
            await tx.run(sa.text(statement))


async def is_found(at_work: Town, query: str) -> bool:
    async with at_work.system.court.registry.reading() as tx:
        return await tx.row(sa.text(query)) is not None


async def test_the_database_is_killed_between_a_claim_and_its_commit(
    at_work: Town, own_servers: Servers
) -> None:
    wanted = await at_work.lists(2)
    await in_the_books(at_work, *HOLD_CLAIMS)
    await at_work.use_cards(wanted)
    await eventually(lambda: is_found(at_work, HELD_CLAIMS))
    await in_the_books(at_work, LET_CLAIMS_GO)
    await own_servers.postgres.stop_hard()
    await own_servers.postgres.start()

    assert await at_work.evidence(2) == everybody_told(2)


async def test_one_agency_sleeps_while_the_list_goes_on(at_work: Town) -> None:
    await at_work.lines.brokers["agency.border"].cut()

    wanted = await at_work.lists_while_asleep(4, asleep=AgencyKind.BORDER)
    await at_work.use_cards(wanted)
    await at_work.told_of(wanted)
    at_work.lines.brokers["agency.border"].mend()

    assert await at_work.evidence(4) == everybody_told(4)


async def test_one_agency_floods_and_the_others_are_heard_at_once(at_work: Town) -> None:
    wanted = await at_work.lists(2)
    await at_work.flood(AgencyKind.RAIL, 2_000)
    await at_work.uses_card(wanted[0], AgencyKind.POLICE)

    await at_work.told_of(wanted[:1])

    assert await at_work.bus.waiting("from.rail") > 0, "the flood was over already"
    await at_work.uses_card(wanted[1], AgencyKind.RAIL)
    assert await at_work.evidence(2) == everybody_told(2)
