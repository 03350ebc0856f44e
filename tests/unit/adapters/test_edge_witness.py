"""An adapter is an outside witness: it keeps what the court has signed of its audit chain's head."""

import json
from collections.abc import Sequence
from pathlib import Path

from adapters.edge.edge import STORE
from adapters.edge.witness import Witness
from adapters.sqlite import SqliteDatabase
from adapters.store.tables import make_tables
from adapters.store.witness import list_kept_heads
from schemas.messages import Heartbeat
from tests.unit.adapters.outside import full_disk
from tests.unit.adapters.world import START, World


async def beats(world: World, link: int, **later: float) -> bytes:
    """Later the court says that its chain has come to this link."""
    world.clock.jump(**later)
    said = Heartbeat(head=world.court.head, audit_sequence=link, audit_head=f"{link:064x}")
    raw = world.court.sign(said)
    await world.court.send_raw("feed", raw)
    await world.settle()
    return raw


async def kept(world: World) -> Sequence[bytes]:
    database = await SqliteDatabase.open(world.folder / "rail" / STORE)
    async with database.reading() as tx:
        heads = await list_kept_heads(tx)
    await database.close()
    return [one.envelope for one in heads]


async def links(world: World) -> list[int]:
    return [json.loads(one)["data"]["audit_sequence"] for one in await kept(world)]


async def test_a_head_is_kept_as_the_court_has_signed_it(listed: World) -> None:
    raw = await beats(listed, 1)

    assert await kept(listed) == [raw]


async def test_of_ten_minutes_one_is_kept(listed: World) -> None:
    await beats(listed, 1)
    await beats(listed, 2, minutes=8)  # 20:49
    await beats(listed, 3, minutes=1)
    await beats(listed, 4, seconds=10)

    assert await links(listed) == [1, 3]


async def test_after_two_days_one_an_hour_and_after_a_month_one_a_day_is_left(listed: World) -> None:
    await beats(listed, 1)
    await beats(listed, 2, minutes=10)
    await beats(listed, 3, minutes=10)
    await beats(listed, 4, hours=49)
    after_two_days = await links(listed)
    await beats(listed, 5, days=32)

    assert after_two_days == [1, 3, 4]
    assert await links(listed) == [1, 4, 5]


async def test_a_former_life_is_gone_on_with(listed: World) -> None:
    await beats(listed, 1)
    await listed.restart()
    await beats(listed, 2, minutes=1)
    await beats(listed, 3, minutes=10)

    assert await links(listed) == [1, 3]


async def test_what_is_replayed_is_not_kept_again(listed: World) -> None:
    old = await beats(listed, 1)
    await beats(listed, 2, minutes=20)
    listed.clock.jump(minutes=20)

    await listed.court.send_raw("feed", old)
    await listed.settle()

    assert await links(listed) == [1, 2]


async def test_a_heartbeat_that_says_nothing_of_the_chain_is_no_head(listed: World) -> None:
    await listed.jump(hours=1)

    assert await kept(listed) == []


async def test_a_full_disk_costs_the_head_and_nothing_else(tmp_path: Path) -> None:
    database = await SqliteDatabase.open(tmp_path / STORE)
    async with database.transaction() as tx:
        await make_tables(tx)
    witness = Witness("rail.1", database)

    with full_disk(1_000):
        await witness.hear(START, b"a head")
    async with database.reading() as tx:
        meanwhile = await list_kept_heads(tx)
    await witness.hear(START, b"a head")
    async with database.reading() as tx:
        after = await list_kept_heads(tx)
    await database.close()

    assert (len(meanwhile), len(after)) == (0, 1)
