"""Before an entry is approved its readers see every agency whose view of the person changes with it."""

from dataclasses import replace

import pytest

from schemas.documents import DocumentKind
from scripts import cast
from scripts.stage import EVIDENCE, Registration, form_of, papers_for
from tests.contract.storage.books import Books
from tracker.domain.ids import AgencyId
from tracker.domain.registration import DocumentForm, EntryForm
from tracker.services.entries.approval import approve_entry
from tracker.services.entries.checking import check_form
from tracker.services.entries.registration import preview_form, register_entry, submit_entry
from tracker.storage import people, rules
from tracker.storage.transaction import Tx

POLICE, RAIL = AgencyId("police"), AgencyId("rail")
PASSPORT = DocumentForm(kind=DocumentKind.PASSPORT, number="E90000013", evidence=EVIDENCE)


async def form_for(tx: Tx, agency_id: AgencyId) -> EntryForm:
    what = Registration(case=cast.A_CASE, wanted=cast.A, agencies=(agency_id,))
    return form_of(what, papers_for(await rules.find_rule(tx, cast.COURT.court_id, what.measure)))


async def lists_at_the_railway(books: Books) -> None:
    async with books.registry.transaction() as tx:
        clerk = await people.get_actor(tx, cast.CLERK.person_id)
        entry_id = await register_entry(tx, clerk, await form_for(tx, RAIL))
        await submit_entry(tx, clerk, entry_id)
    async with books.registry.transaction() as tx:
        leader = await people.get_actor(tx, cast.LEADER.person_id)
        await approve_entry(tx, leader, entry_id, [cast.A.number])


@pytest.mark.parametrize(
    ("added", "seen"),
    [
        ((), {POLICE: 1}),
        ((PASSPORT,), {POLICE: 2, RAIL: 2}),
    ],
    ids=["the same number", "a further number"],
)
async def test_an_agency_that_only_gets_a_further_number_is_shown_too(
    books: Books, added: tuple[DocumentForm, ...], seen: dict[AgencyId, int]
) -> None:
    await lists_at_the_railway(books)

    async with books.registry.reading() as tx:
        clerk = await people.get_actor(tx, cast.CLERK.person_id)
        form = await form_for(tx, POLICE)
        form = replace(form, documents=(*form.documents, *added))
        checked = await check_form(tx, clerk, form)
        previews = await preview_form(tx, clerk, checked)

    assert checked.problems == ()
    assert {one.agency.agency_id: len(one.disclosure.documents) for one in previews} == seen
