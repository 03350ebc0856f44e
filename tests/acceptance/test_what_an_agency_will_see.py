"""Who registers and who approves reads beforehand what each agency will see of the person: that, and no more,
is what its adapter then holds.
"""

import base64
import shutil
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest

from adapters.replica.replica import Replica
from adapters.replica.values import Entry, FeedKey
from schemas.documents import Sex
from schemas.measures import AgencyKind, Measure
from schemas.messages import NamedDetails
from schemas.sealing import open_sealed
from schemas.tokens import token_of
from scripts import cast
from scripts.cast import A, B
from scripts.partners import load_or_make_agency_keys
from scripts.stage import Registration
from tests.acceptance.court import CourtStage
from tests.acceptance.listing import AGENCIES, B_IS_WANTED, form_for, opens_bs_case, sends_form
from tracker.domain.ids import AgencyId, EntryId
from tracker.services.agencies.disclosure import Disclosure, Preview, preview_entry
from tracker.services.entries.checking import check_form
from tracker.services.entries.registration import preview_form
from tracker.storage import feeds, people

ALSO_REPORT = Registration(
    case=cast.B_CASE,
    wanted=A,
    measure=Measure.REPORT_WHEREABOUTS,
    until=date(2026, 8, 1),
    release_fen=cast.B_DEBT_FEN,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What lies in an adapter's replica about one person, opened with the adapter's own keys."""

    entry: Entry
    named: NamedDetails | None
    tokens: frozenset[bytes]


async def held_at(stage: CourtStage, kind: AgencyKind, entry_id: EntryId, copy: Path) -> Held:
    """A copy of the adapter's files, read beside the running adapter."""
    folder = stage.system.world.data / "edges" / kind.value
    shutil.copytree(folder / "replica", copy / kind.value)
    async with stage.registry.reading() as tx:
        feed = await feeds.get_feed(tx, AgencyId(kind.value))
    reference = await stage.reference_at(kind, entry_id)
    replica = Replica(copy / kind.value, {feed.keys.epoch: feed.keys.digest_key})
    with replica.looking() as look:
        entry = look.entry(FeedKey(epoch=feed.keys.epoch, incarnation=feed.incarnation), reference)
    replica.close()
    assert entry is not None
    named = None
    if entry.named is not None:
        sealing = load_or_make_agency_keys(folder, AgencyId(kind.value)).sealing
        context = f"named:{reference}:{entry.version}"
        plain = open_sealed(sealing, base64.b64decode(entry.named), context=context)
        named = NamedDetails.model_validate_json(plain)
    return Held(entry=entry, named=named, tokens=frozenset(entry.tokens))


async def previewed(stage: CourtStage, entry_id: EntryId) -> dict[str, Disclosure]:
    async with stage.registry.reading() as tx:
        return by_agency(await preview_entry(tx, await stage.entry(entry_id)))


def by_agency(previews: tuple[Preview, ...]) -> dict[str, Disclosure]:
    return {one.agency.agency_id: one.disclosure for one in previews}


async def tokens_of(stage: CourtStage, kind: AgencyKind, disclosed: Disclosure) -> frozenset[bytes]:
    async with stage.registry.reading() as tx:
        keys = (await feeds.get_feed(tx, AgencyId(kind.value))).keys
    return frozenset(token_of(document, keys.token_key) for document in disclosed.documents)


@pytest.mark.parametrize("kind", [AgencyKind.RAIL, AgencyKind.BORDER])
async def test_what_was_previewed_is_what_the_adapter_holds(
    stage: CourtStage, kind: AgencyKind, tmp_path: Path
) -> None:
    await opens_bs_case(stage)
    entry_id = await stage.registers(B_IS_WANTED)
    disclosed = (await previewed(stage, entry_id))[kind.value]

    await stage.approves(entry_id, B.number)

    held = await held_at(stage, kind, entry_id, tmp_path)
    assert (held.entry.measure, held.entry.valid_until) == (disclosed.measure, disclosed.valid_until)
    assert held.named == disclosed.named
    assert held.tokens == await tokens_of(stage, kind, disclosed)


async def test_an_agency_of_names_will_see_this_and_one_of_tokens_nothing_readable(
    stage: CourtStage,
) -> None:
    await opens_bs_case(stage)
    disclosed = await previewed(stage, await stage.registers(B_IS_WANTED))

    assert disclosed["rail"].named == NamedDetails(
        name="程远舟",
        sex=Sex.MALE,
        birth_year=int(B.number[6:10]),
        masked_number=B.number[:3] + "*" * 13 + B.number[-2:],
        case_number=cast.B_CASE,
        instructions="协助控制（拘传）：发现后先通报法院，未经法院复核不得拦截。",
        phone_24h=cast.COURT.desk_phone,
    )
    assert {agency for agency in AGENCIES if disclosed[agency].named is not None} == {"rail", "police"}


async def test_the_form_shows_the_same_before_anything_is_stored(stage: CourtStage) -> None:
    await opens_bs_case(stage)
    form = await form_for(stage, B_IS_WANTED)
    async with stage.registry.reading() as tx:
        actor = await people.get_actor(tx, cast.CLERK.person_id)
        checked = await check_form(tx, actor, form)
        previews = by_agency(await preview_form(tx, actor, checked))

    assert previews == await previewed(stage, await sends_form(stage, form))


async def test_who_is_listed_already_will_be_seen_as_all_entries_have_it(
    stage: CourtStage, entry_a: EntryId, tmp_path: Path
) -> None:
    await opens_bs_case(stage)
    lighter = await stage.registers(ALSO_REPORT)
    disclosed = (await previewed(stage, lighter))["rail"]

    await stage.approves(lighter, A.number)

    held = await held_at(stage, AgencyKind.RAIL, lighter, tmp_path)
    assert disclosed.measure is held.entry.measure is Measure.HOLD_FOR_SUMMONS
    assert held.named == disclosed.named
    assert held.named is not None
    assert held.named.case_number == "（2026）京0199执1357号"


async def test_the_form_is_no_way_to_look_up_whose_number_it_is(stage: CourtStage, entry_a: EntryId) -> None:
    await opens_bs_case(stage)
    form = await form_for(stage, Registration(case=cast.B_CASE, wanted=A, release_fen=cast.B_DEBT_FEN))
    async with stage.registry.reading() as tx:
        actor = await people.get_actor(tx, cast.CLERK.person_id)
        guess = replace(form, subject_name="欧阳若谷")
        checked = await check_form(tx, actor, guess)
        guessed = await preview_form(tx, actor, checked)

    assert guessed == ()
