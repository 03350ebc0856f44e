"""Codes that are drawn ahead for people are theirs once each, and none that a person had before."""

from scripts import cast
from tests.contract.storage.books import Books
from tests.contract.storage.paging import is_seen
from tracker.storage.replies import Answerer, add_codes, find_new_code, list_codes, remember_new_codes


async def test_a_code_that_the_person_had_is_left_out_and_no_other_comes_twice(books: Books) -> None:
    alert = await is_seen(books)

    async with books.registry.transaction() as tx:
        (answerer, had), *_ = (await list_codes(tx, [alert.alert_id])).items()
        judge = answerer.person_id
        await remember_new_codes(tx, [(judge, had), (judge, "1234"), (judge, "1234"), (judge, "5678")])

        found = [find_new_code(tx, judge) for _ in range(3)]

    assert found == ["1234", "5678", None]


async def test_once_codes_were_written_nothing_drawn_ahead_counts_any_more(books: Books) -> None:
    alert = await is_seen(books)

    async with books.registry.transaction() as tx:
        (answerer, _), *_ = (await list_codes(tx, [alert.alert_id])).items()
        await remember_new_codes(tx, [(answerer.person_id, "1234")])
        await add_codes(tx, {Answerer(alert.alert_id, cast.CLERK.person_id): "5678"})

        assert find_new_code(tx, answerer.person_id) is None
