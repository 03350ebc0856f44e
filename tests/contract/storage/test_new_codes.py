"""Codes that are drawn ahead for people are theirs once each, and none that a person had before."""

from dataclasses import replace

from scripts import cast
from scripts.chance import ScriptedEntropy
from tests.contract.storage.books import Books, undone
from tests.contract.storage.paging import is_seen
from tests.contract.storage.sighted import Sighted
from tests.contract.storage.test_paging_limits import DESK, five_alerts
from tracker.services.notices.telling import codes_of
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


async def test_a_code_that_stands_for_one_alert_of_a_person_is_not_drawn_for_another(
    sighted: Sighted,
) -> None:
    """The harm: a reply takes the alert that it was not meant for."""
    async with undone(sighted.books.registry) as tx:
        first, second, *_ = await five_alerts(tx)
        await tx.flush()
        drawing = replace(tx, entropy=ScriptedEntropy(["40718", "40718", "58263"]))

        drawn = [await codes_of(drawing, [Answerer(one.alert_id, DESK)]) for one in (first, second)]

    assert [code for codes in drawn for one, code in codes.items() if one.person_id == DESK] == [
        "40718",
        "58263",
    ]
