"""A whole list takes the place of another in one step: for who looks just then, for the other feeds beside
it, and for who comes back after a crash.
"""

import shutil
from contextlib import closing
from pathlib import Path
from threading import Event

import pytest

from adapters.replica import lists
from adapters.replica.loading import Loaded, NotTheList
from adapters.replica.replica import Replica
from adapters.replica.values import FeedKey, FeedState
from schemas.digest import EntryHash, sum_of
from schemas.listed import ListedEntry
from schemas.measures import Measure, code_of
from tests.unit.adapters.test_replica import (
    AT,
    FEED,
    KEY,
    KEYS,
    LAST_DAY,
    NEXT,
    A,
    B,
    apply,
    digest_of,
    put,
    replica,
    seen,
    signed,
)

__all__ = ["replica"]


def listed(reference: int, *tokens: bytes) -> ListedEntry:
    return ListedEntry(
        reference=reference,
        version=1,
        code=code_of(Measure.HOLD_FOR_SUMMONS),
        last_day=LAST_DAY.toordinal(),
        tokens=b"".join(tokens),
    )


SNAPSHOT = [listed(7, A).pack(), listed(8, A, B).pack()]
STATE = FeedState(sequence=9, count=2, digest=digest_of(put(1, 7, A), put(2, 8, A, B)), signed_at=AT)


def loaded(replica: Replica, state: FeedState = STATE) -> Loaded:
    with closing(replica.loading(FEED)) as loading:
        loading.add(SNAPSHOT[:1])
        loading.add(SNAPSHOT[1:])
        list(loading.finish(state))
    return loading.loaded(state)


def folders(path: Path) -> list[str]:
    return sorted(one.name for one in path.iterdir())


async def test_the_new_list_is_seen_at_once_and_the_old_one_is_gone(replica: Replica, tmp_path: Path) -> None:
    await apply(replica, [put(1, 5, B)], [put(1, 5, B)])

    assert await replica.take_over(loaded(replica), is_doubted=False)
    assert (seen(replica, A), seen(replica, B)) == ((7, 8), (8,))
    assert replica.state(FEED) == STATE
    replica.close()
    assert folders(tmp_path) == ["lists-1", "tombstones"]


async def test_who_looks_just_then_goes_on_seeing_what_was(replica: Replica, tmp_path: Path) -> None:
    await apply(replica, [put(1, 5, B)], [put(1, 5, B)])
    with replica.looking() as look:
        assert await replica.take_over(loaded(replica), is_doubted=False)
        meanwhile = look.references(FEED, B)
        beside = seen(replica, B)
        there = folders(tmp_path)
    replica.close()

    assert (meanwhile, beside) == ((5,), (8,))
    assert there == ["lists", "lists-1", "tombstones"]
    assert folders(tmp_path) == ["lists-1", "tombstones"]


async def test_who_looks_last_does_not_wait_until_the_former_list_is_removed(
    replica: Replica, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_go_on, remove = Event(), shutil.rmtree

    def held(path: Path, *, ignore_errors: bool) -> None:
        assert may_go_on.wait(timeout=60)
        remove(path, ignore_errors=ignore_errors)

    with replica.looking():
        await replica.take_over(loaded(replica), is_doubted=False)
        monkeypatch.setattr(shutil, "rmtree", held)
    there = folders(tmp_path)
    may_go_on.set()
    replica.close()

    assert there == ["lists", "lists-1", "tombstones"]
    assert folders(tmp_path) == ["lists-1", "tombstones"]


async def test_a_list_that_is_removed_goes_with_the_one_that_somebody_still_looks_at(
    replica: Replica, tmp_path: Path
) -> None:
    await apply(replica, [put(1, 5, B)], [put(1, 5, B)])
    with replica.looking():
        await replica.take_over(loaded(replica), is_doubted=False)
        await replica.remove()
    replica.close()

    assert folders(tmp_path) == []


async def test_none_takes_the_place_of_one_that_was_removed(replica: Replica, tmp_path: Path) -> None:
    complete = loaded(replica)
    await replica.remove()

    assert not await replica.take_over(complete, is_doubted=False)
    assert folders(tmp_path) == ["loading"]
    assert replica.state(FEED) == FeedState()


async def test_packets_go_on_after_it(replica: Replica) -> None:
    await replica.take_over(loaded(replica), is_doubted=False)
    later = put(10, 6, B)
    await apply(replica, [later], [put(1, 7, A), put(2, 8, A, B), later])

    assert seen(replica, B) == (6, 8)


async def test_another_feed_is_taken_along(replica: Replica) -> None:
    other = put(1, 5, B)
    await replica.apply_packet(signed([other], [other], NEXT))
    await replica.record_proof(NEXT)
    await replica.take_over(loaded(replica), is_doubted=False)

    assert seen(replica, B, NEXT) == (5,)
    assert replica.state(NEXT).sequence == 1
    assert (replica.was_proven(NEXT), replica.was_proven(FEED)) == (True, False)


async def test_so_are_the_feeds_before_and_behind_it_however_many_their_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "ROWS_AT_ONCE", 2)
    before, behind = FeedKey(epoch=0, incarnation=1), FeedKey(epoch=2, incarnation=1)
    theirs = [put(number, number, A, B) for number in range(1, 6)]
    own = [put(1, 5, B), put(2, 2**63 - 1, b"\xff" * 16)]
    with closing(Replica(tmp_path, {epoch: KEY for epoch in range(3)})) as replica:
        await apply(replica, own, own)
        await replica.apply_packet(signed(theirs, theirs, before))
        await replica.apply_packet(signed(theirs, theirs, behind))
        await replica.take_over(loaded(replica), is_doubted=False)
        wholes = [replica.is_whole(feed, bucket) for feed in (before, FEED, behind) for bucket in (0, 255)]

        assert wholes == [True] * 6
        assert seen(replica, A, before) == seen(replica, B, behind) == (1, 2, 3, 4, 5)
        assert (seen(replica, B), seen(replica, b"\xff" * 16)) == ((8,), ())


@pytest.mark.parametrize("is_doubted", [True, False])
async def test_a_list_that_was_whole_once_counts_so_unless_it_was_in_doubt(
    replica: Replica, tmp_path: Path, is_doubted: bool
) -> None:
    await apply(replica, [put(1, 5, B)], [put(1, 5, B)])
    await replica.record_proof(FEED)
    await replica.take_over(loaded(replica), is_doubted=is_doubted)
    at_once = replica.was_proven(FEED)
    replica.close()
    again = Replica(tmp_path, KEYS)
    later = again.was_proven(FEED)
    again.close()

    assert (at_once, later) == (not is_doubted, not is_doubted)


async def test_withdrawals_hide_on_in_the_new_list_and_go_where_it_lists_somebody_anew(
    replica: Replica,
) -> None:
    """The harm: who paid is stopped by a list that was made before they did."""
    entries = [listed(7, A).pack(), listed(8, B)._replace(version=3).pack()]
    digest = sum_of(EntryHash(KEY, FEED.epoch, FEED.incarnation).of_each(entries))
    state = FeedState(sequence=9, count=2, digest=digest, signed_at=AT)
    await replica.apply_tombstone([7, 9], 1, AT)
    await replica.apply_tombstone([8], 2, AT)
    with closing(replica.loading(FEED)) as loading:
        loading.add(entries)
        list(loading.finish(state))
    await replica.take_over(loading.loaded(state), is_doubted=False)

    with replica.looking() as look:
        assert [look.gone_up_to(reference) for reference in (7, 8, 9)] == [1, 0, 1]


async def test_a_list_that_has_come_further_meanwhile_is_kept(replica: Replica) -> None:
    ahead = [put(number, number, B) for number in range(1, 10)]
    await apply(replica, ahead, ahead)

    assert not await replica.take_over(loaded(replica), is_doubted=False)
    assert seen(replica, B) == tuple(range(1, 10))


async def test_after_a_crash_right_behind_the_step_the_new_list_is_found(tmp_path: Path) -> None:
    first = Replica(tmp_path / "one", KEYS)
    await apply(first, [put(1, 5, B)], [put(1, 5, B)])
    await first.take_over(loaded(first), is_doubted=False)
    first.close()
    other = Replica(tmp_path / "other", KEYS)
    await apply(other, [put(1, 5, B)], [put(1, 5, B)])
    other.close()
    shutil.copytree(tmp_path / "other" / "lists", tmp_path / "one" / "lists")
    again = Replica(tmp_path / "one", KEYS)
    found, state = seen(again, B), again.state(FEED)
    again.close()

    assert (found, state) == ((8,), STATE)
    assert folders(tmp_path / "one") == ["lists-1", "tombstones"]


@pytest.mark.parametrize("wrong", [{"count": 3}, {"digest": 1}], ids=["count", "digest"])
async def test_another_list_than_the_signed_one_is_never_complete(
    replica: Replica, wrong: dict[str, int]
) -> None:
    state = FeedState(
        sequence=9, count=wrong.get("count", 2), digest=wrong.get("digest", STATE.digest), signed_at=AT
    )

    with pytest.raises(NotTheList, match="not those that its manifest counts"):
        loaded(replica, state)


async def test_a_list_that_was_not_written_to_its_end_is_none(replica: Replica) -> None:
    with closing(replica.loading(FEED)) as loading:
        loading.add(SNAPSHOT)
        next(loading.finish(STATE))

    with pytest.raises(NotTheList, match="not written to its end"):
        loading.loaded(STATE)


@pytest.mark.parametrize(
    "unknown",
    [
        listed(8, B)._replace(code=200),
        listed(8, B)._replace(last_day=0),
        listed(8, B)._replace(last_day=3_652_060),
        listed(8, B)._replace(last_day=2**32 - 1),
    ],
    ids=["measure", "no day", "after the last day", "far beyond"],
)
async def test_an_entry_of_a_later_version_is_refused_before_it_is_listed(
    replica: Replica, unknown: ListedEntry
) -> None:
    """Listed and proven, nobody could read it when the person appears."""
    with (
        closing(replica.loading(FEED)) as loading,
        pytest.raises(NotTheList, match="unknown here: update this program"),
    ):
        loading.add([listed(7, A).pack(), unknown.pack()])


async def test_a_token_that_the_disk_changed_before_it_was_sorted_is_refused(
    replica: Replica, tmp_path: Path
) -> None:
    """The harm: the person is not found."""
    tokens = [A[:12] + number.to_bytes(4, "big") for number in range(3_000)]
    entry = listed(7, *tokens)
    digest = sum_of(EntryHash(KEY, FEED.epoch, FEED.incarnation).of_each([entry.pack()]))
    state = FeedState(sequence=9, count=1, digest=digest, signed_at=AT)
    with closing(replica.loading(FEED)) as loading:
        loading.add([entry.pack()])
        (file,) = (one for one in (tmp_path / "loading").glob("tokens-*") if one.stat().st_size)
        raw = bytearray(file.read_bytes())
        raw[100] ^= 1
        file.write_bytes(raw)

        with pytest.raises(NotTheList, match="not what was written"):
            list(loading.finish(state))


async def test_entries_out_of_order_are_no_list(replica: Replica) -> None:
    loading = replica.loading(FEED)
    loading.add(SNAPSHOT[1:])

    with pytest.raises(NotTheList, match="not in order"):
        loading.add(SNAPSHOT[:1])
    loading.close()
