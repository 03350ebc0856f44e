"""What the tests of the list share: registrations to change in one point, and what every agency says."""

from typing import Any

import sqlalchemy as sa

from adapters.edge.card_use import Screened
from schemas.measures import AgencyKind
from schemas.messages import Place, SightingKind
from scripts import cast
from scripts.stage import Registration, form_of, papers_for
from tests.acceptance.court import CourtStage
from tracker.domain.ids import EntryId
from tracker.domain.registration import EntryForm
from tracker.services.entries.registration import register_entry, submit_entry
from tracker.services.lines.inbox import CASE_EVENT, SIGHTING
from tracker.storage import rules
from tracker.storage.tables import metadata, plumbing

B_IS_WANTED = Registration(case=cast.B_CASE, wanted=cast.B, release_fen=cast.B_DEBT_FEN)
HOTEL = Place(name="如归旅店", city="北京", detail="西直门")
POSTED = (SIGHTING, CASE_EVENT)
AGENCIES = tuple(kind.value for kind in AgencyKind)


async def opens_bs_case(stage: CourtStage) -> None:
    await stage.opens_case(cast.B_CASE, amount_fen=cast.B_DEBT_FEN, debtor=cast.B.name)


async def form_for(stage: CourtStage, what: Registration) -> EntryForm:
    """The form as a clerk fills it in, with every paper that the measure needs."""
    async with stage.registry.reading() as tx:
        return form_of(what, papers_for(await rules.find_rule(tx, cast.COURT.court_id, what.measure)))


async def sends_form(stage: CourtStage, form: EntryForm) -> EntryId:
    """A clerk registers and submits exactly this."""
    async with stage.acting(cast.CLERK) as (tx, actor):
        entry_id = await register_entry(tx, actor, form)
        await submit_entry(tx, actor, entry_id)
    return entry_id


async def in_force_at(stage: CourtStage, entry_id: EntryId) -> set[str]:
    """The agencies that have said that their replica holds it."""
    listed = await stage.instructions(entry_id)
    return {one.agency_id for one in listed if one.is_listed and one.in_force_since is not None}


async def gone_at(stage: CourtStage, entry_id: EntryId) -> set[str]:
    """The agencies that have said that it is gone."""
    listed = await stage.instructions(entry_id)
    return {one.agency_id for one in listed if not one.is_listed and one.gone_since is not None}


async def checks_in_everywhere(stage: CourtStage, wanted: cast.Wanted) -> dict[str, Screened]:
    """The person's card is used at all four agencies; the answers of their own replicas."""
    return {
        kind.value: await stage.agency(kind).sees(SightingKind.CHECKPOINT, wanted, HOTEL)
        for kind in AgencyKind
    }


async def lists_hold(stage: CourtStage) -> list[int]:
    """How many records each agency's list has: the people sought there, and the canary."""
    return [(await stage.agency(kind).edge.state()).count for kind in AgencyKind]


async def books_of(stage: CourtStage) -> dict[str, list[tuple[Any, ...]]]:
    """Every row the court has."""
    async with stage.registry.reading() as tx:
        return {
            table.name: [tuple(row) for row in await tx.rows(sa.select(table))]
            for table in metadata.sorted_tables
        }


async def inbox_of(stage: CourtStage) -> list[tuple[str, str, str | None]]:
    """What webhooks left at the court: message id, state, and the reason of a refusal."""
    column = plumbing.inbox.c
    posted = sa.select(column.message_id, column.state, column.reason).where(column.kind.in_(POSTED))
    async with stage.registry.reading() as tx:
        return [(row.message_id, row.state, row.reason) for row in await tx.rows(posted.order_by(column.id))]
