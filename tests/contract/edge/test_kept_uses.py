"""The store of kept uses, on SQLite as it is."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.late.kept_uses import FILE
from adapters.sqlite import SqliteDatabase
from adapters.store.kept import (
    KeptRow,
    keep_uses,
    list_kept,
    list_kept_after,
    list_kept_epochs,
    make_kept_tables,
    remove_ended,
    remove_epoch,
)

ONE = KeptRow(epoch=1, token=b"a" * 16, name=b"1" * 16, ends_in_hour=10, sealed=b"one")
SECOND_OF_SAME = replace(ONE, name=b"2" * 16, ends_in_hour=12, sealed=b"second")
OTHER = replace(ONE, token=b"b" * 16, ends_in_hour=11, sealed=b"other")
NEXT_EPOCH = replace(ONE, epoch=3, token=b"c" * 16, sealed=b"next")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    """With four rows, of three people in two epochs."""
    database = await SqliteDatabase.open(tmp_path / FILE)
    async with database.transaction() as tx:
        await make_kept_tables(tx)
        await keep_uses(tx, [ONE, OTHER, SECOND_OF_SAME, NEXT_EPOCH])
    yield database
    await database.close()


async def left(store: SqliteDatabase) -> list[bytes]:
    async with store.reading() as tx:
        rows = [*await list_kept_after(tx, 1, None, 9), *await list_kept_after(tx, 3, None, 9)]
    return [row.sealed for row in rows]


async def test_all_under_a_token_are_found(store: SqliteDatabase) -> None:
    async with store.reading() as tx:
        assert await list_kept(tx, 1, [ONE.token, b"z" * 16]) == [ONE, SECOND_OF_SAME]


async def test_a_token_of_another_epoch_is_nobody(store: SqliteDatabase) -> None:
    async with store.reading() as tx:
        assert await list_kept(tx, 3, [ONE.token]) == []


async def test_what_is_kept_again_stays_as_it_was(store: SqliteDatabase) -> None:
    async with store.transaction() as tx:
        await keep_uses(tx, [replace(ONE, sealed=b"again"), replace(ONE, name=b"3" * 16, sealed=b"third")])

    async with store.reading() as tx:
        assert [row.sealed for row in await list_kept(tx, 1, [ONE.token])] == [b"one", b"second", b"third"]


async def test_what_ends_before_the_hour_is_removed_some_at_a_time(store: SqliteDatabase) -> None:
    async with store.transaction() as tx:
        removed = [await remove_ended(tx, 12, 2), await remove_ended(tx, 12, 2)]
        assert await remove_ended(tx, 12, 2) == 0

    assert removed == [2, 1]
    assert await left(store) == [b"second"]


async def test_an_epoch_is_gone_through_in_order_from_wherever_one_stands(store: SqliteDatabase) -> None:
    async with store.reading() as tx:
        assert await list_kept_after(tx, 1, None, 2) == [ONE, SECOND_OF_SAME]
        assert await list_kept_after(tx, 1, SECOND_OF_SAME, 2) == [OTHER]
        assert await list_kept_after(tx, 1, OTHER, 2) == []


async def test_the_epochs_are_known_without_looking_at_every_row(store: SqliteDatabase) -> None:
    async with store.reading() as tx:
        assert await list_kept_epochs(tx) == {1, 3}


async def test_an_epoch_is_removed_some_at_a_time(store: SqliteDatabase) -> None:
    async with store.transaction() as tx:
        removed = [await remove_epoch(tx, 1, 2), await remove_epoch(tx, 1, 2)]

    assert removed == [2, 1]
    assert await left(store) == [b"next"]
