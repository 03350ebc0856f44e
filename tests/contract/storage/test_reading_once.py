"""What a transaction has read it reads once, but never past a change or a lock of its own."""

from scripts import cast
from tests.contract.storage.books import Books
from tracker.storage import people
from tracker.storage.people import Court

RENAMED = Court(
    court_id=cast.COURT.court_id, code="京0199", name="云河区人民法院", sms_name="云河", desk_phone="010-1"
)


async def test_the_same_row_is_the_same_value(books: Books) -> None:
    async with books.registry.transaction() as tx:
        first = await people.get_person(tx, cast.JUDGE.person_id)
        again = await people.get_person(tx, cast.JUDGE.person_id)

    assert first is again


async def test_a_change_of_the_table_is_seen(books: Books) -> None:
    async with books.registry.transaction() as tx:
        before = await people.get_court(tx, cast.COURT.court_id)
        await people.change_court(tx, RENAMED)
        after = await people.get_court(tx, cast.COURT.court_id)

    assert (before.sms_name, after.sms_name) == ("云河法院", "云河")


async def test_behind_a_lock_it_is_read_anew(books: Books) -> None:
    async with books.registry.transaction() as tx:
        before = await people.get_person(tx, cast.JUDGE.person_id)
        await people.lock_person(tx, cast.CLERK.person_id)
        after = await people.get_person(tx, cast.JUDGE.person_id)

    assert before == after
    assert before is not after


async def test_other_tables_and_plain_readings_change_nothing(books: Books) -> None:
    async with books.registry.transaction() as tx:
        before = await people.get_person(tx, cast.JUDGE.person_id)
        await people.change_court(tx, RENAMED)
        await people.list_teams(tx, cast.COURT.court_id)
        after = await people.get_person(tx, cast.JUDGE.person_id)

    assert before is after


async def test_another_transaction_reads_for_itself(books: Books) -> None:
    async with books.registry.transaction() as tx:
        await people.get_court(tx, cast.COURT.court_id)
    async with books.registry.transaction() as tx:
        await people.change_court(tx, RENAMED)
    async with books.registry.reading() as tx:
        court = await people.get_court(tx, cast.COURT.court_id)

    assert court.sms_name == "云河"
