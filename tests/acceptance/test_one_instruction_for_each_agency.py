"""An agency holds one instruction about a person, whatever the entries; and no two lists can be joined."""

from dataclasses import replace
from datetime import date

import sqlalchemy as sa

from adapters.edge.card_use import Clear, Hit
from schemas.envelope import Opened, open_envelope, read_body
from schemas.measures import AgencyKind, Measure
from schemas.messages import FeedPacket, Put
from scripts import cast
from scripts.cast import DUTY_OFFICER, JUDGE, A
from scripts.stage import Registration
from tests.acceptance.court import CourtStage
from tests.acceptance.journeys import BEIJING_GATE
from tests.acceptance.listing import AGENCIES, B_IS_WANTED, gone_at, in_force_at, lists_hold, opens_bs_case
from tests.acceptance.rough_lines import RoughLines
from tracker.domain.ids import AgencyId, EntryId
from tracker.storage.tables import feeds as t

ALSO_REPORT = Registration(
    case=cast.A_CASE,
    wanted=A,
    measure=Measure.REPORT_WHEREABOUTS,
    until=date(2026, 8, 1),
    release_fen=cast.A_DEBT_FEN,
)
AGAIN_IN_THE_SAME_CASE = Registration(
    case=cast.A_CASE,
    wanted=A,
    capacity="actual-controller",
    until=date(2026, 5, 22),
    release_fen=cast.A_DEBT_FEN,
)


async def puts_to(stage: CourtStage, agency_id: str) -> list[Put]:
    """What left the court for an agency about people, opened with the court's own public key."""
    key = stage.registry.keys.signing.verifying
    async with stage.registry.reading() as tx:
        rows = await tx.rows(
            sa.select(t.feed_packet.c.envelope, t.feed.c.canary_reference)
            .join(t.feed, t.feed.c.id == t.feed_packet.c.feed_id)
            .where(t.feed.c.agency_id == agency_id)
        )
    opened = [
        open_envelope(row.envelope, {key.key_id: key}, court=cast.COURT.court_id, agency=agency_id)
        for row in rows
    ]
    packets = [read_body(one, FeedPacket) for one in opened if isinstance(one, Opened)]
    changes = [change for packet in packets if isinstance(packet, FeedPacket) for change in packet.changes]
    canaries = {row.canary_reference for row in rows}
    return [one for one in changes if isinstance(one, Put) and one.reference not in canaries]


async def test_listed_twice_in_one_case_is_one_instruction(stage: CourtStage, entry_a: EntryId) -> None:
    first = await stage.instructions(entry_a)

    second_entry = await stage.lists(AGAIN_IN_THE_SAME_CASE)

    listed = await stage.instructions(entry_a)
    assert [one.agency_id for one in listed] == sorted(AGENCIES)
    assert [one.references[0] for one in listed] == [one.references[0] for one in first]
    assert {one.basis for one in listed} == {(entry_a, second_entry)}
    assert {(one.measure, one.valid_until, one.version) for one in listed} == {
        (Measure.HOLD_FOR_SUMMONS, date(2026, 5, 22), 2)
    }
    assert await lists_hold(stage) == [2, 2, 2, 2], "A, and the canary"
    assert await in_force_at(stage, entry_a) == set(AGENCIES)


async def test_a_card_then_hits_once(stage: CourtStage, entry_a: EntryId) -> None:
    await stage.lists(AGAIN_IN_THE_SAME_CASE)

    hit = await stage.railway.opens_gate(A, BEIJING_GATE)
    await stage.settles()

    assert hit == Hit(references=(await stage.reference_at(AgencyKind.RAIL, entry_a),))
    assert len(stage.sms(JUDGE)) == len(stage.sms(DUTY_OFFICER)) == 1


async def test_the_heavier_of_two_measures_is_asked_and_the_lighter_stays_when_it_ends(
    stage: CourtStage, entry_a: EntryId
) -> None:
    lighter = await stage.lists(ALSO_REPORT)
    assert {one.measure for one in await stage.instructions(entry_a)} == {Measure.HOLD_FOR_SUMMONS}

    await stage.withdraws(entry_a, JUDGE)

    listed = await stage.instructions(entry_a)
    assert {(one.measure, one.valid_until, one.basis, one.version) for one in listed} == {
        (Measure.REPORT_WHEREABOUTS, date(2026, 8, 1), (lighter,), 2)
    }
    assert await in_force_at(stage, entry_a) == set(AGENCIES)

    await stage.withdraws(lighter, JUDGE)
    assert await gone_at(stage, entry_a) == set(AGENCIES)


async def test_when_one_of_two_holds_ends_what_was_asked_is_gone_before_the_feed_says_what_stays(
    stage: CourtStage, entry_a: EntryId
) -> None:
    """The harm: the debt of one case is paid, and for as long as the feed is held up he is stopped for it."""
    await stage.lists(AGAIN_IN_THE_SAME_CASE)
    lines = RoughLines(["lost"])
    with lines.laid():
        await stage.withdraws(entry_a, JUDGE)
        without_the_feed = await stage.railway.opens_gate(A, BEIJING_GATE)
        lines.is_calm = True
        await stage.waits(minutes=2)
        with_the_feed = await stage.railway.opens_gate(A, BEIJING_GATE)
        await stage.settles()
    stage.reads_everything()

    assert without_the_feed == Clear()
    assert with_the_feed == Hit(references=(await stage.reference_at(AgencyKind.RAIL, entry_a),))


async def test_an_entry_for_one_agency_more_reaches_only_that_agency(stage: CourtStage) -> None:
    await opens_bs_case(stage)
    only_rail = replace(B_IS_WANTED, agencies=(AgencyId("rail"),))
    first = await stage.lists(only_rail)

    await stage.lists(replace(B_IS_WANTED, agencies=(AgencyId("police"),)))

    listed = await stage.instructions(first)
    assert [(one.agency_id, one.version) for one in listed] == [("police", 1), ("rail", 1)]


async def test_references_differ_from_agency_to_agency(stage: CourtStage, entry_a: EntryId) -> None:
    references = [one.references[0] for one in await stage.instructions(entry_a)]

    assert len(set(references)) == 4


async def test_tokens_differ_from_agency_to_agency(stage: CourtStage, entry_a: EntryId) -> None:
    puts = [put for agency_id in AGENCIES for put in await puts_to(stage, agency_id)]

    assert [len(put.tokens) for put in puts] == [1, 1, 1, 1]
    assert len({put.tokens for put in puts}) == 4


async def test_an_agency_without_a_profile_for_names_gets_none(stage: CourtStage, entry_a: EntryId) -> None:
    named = {agency_id: (await puts_to(stage, agency_id))[0].named is not None for agency_id in AGENCIES}

    assert named == {"rail": True, "police": True, "border": False, "exit-entry": False}


async def test_names_leave_the_court_sealed(stage: CourtStage, entry_a: EntryId) -> None:
    async with stage.registry.reading() as tx:
        rows = await tx.rows(sa.select(t.feed_packet.c.envelope))

    assert len(rows) == 8, "the canary's and A's at each agency"
    assert not any(A.name.encode() in row.envelope or A.number.encode() in row.envelope for row in rows)
    assert not any(A.number[:6].encode() in row.envelope for row in rows)
