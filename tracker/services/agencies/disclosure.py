"""What an agency is given of a person: decided here once, for what is sent and for the preview of it.

What must not break: nothing is put on a feed, and nothing is previewed, that `disclose` has not returned.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from schemas.documents import IdentityDocument, masked
from schemas.measures import Measure
from schemas.messages import NamedDetails
from tracker.domain.entries import Entry, EntryState, in_force
from tracker.domain.measures import MEASURE_ZH
from tracker.domain.resolution import Resolved, resolve
from tracker.storage import agencies, cases, entries, people, subjects
from tracker.storage.agencies import Agency, Profile
from tracker.storage.subjects import HeldDocument, Subject
from tracker.storage.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What one agency is asked about whom; `entry` is the first that it stands on."""

    subject: Subject
    documents: tuple[IdentityDocument, ...] = field(repr=False)
    resolved: Resolved
    entry: Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """The whole of what one agency is given. `documents` leave the court as keyed tokens only; `named` is
    sealed for the agency, None for agencies that are shown nothing readable.
    """

    measure: Measure
    valid_until: date
    documents: tuple[IdentityDocument, ...] = field(repr=False)
    named: NamedDetails | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What an agency will hold once an entry is approved."""

    agency: Agency
    disclosure: Disclosure


def given_documents(held: Sequence[HeldDocument], listed: Sequence[Entry]) -> tuple[HeldDocument, ...]:
    """Those of a subject's documents that go to agencies: an active one of all its entries names them. A
    number that only an ended entry named is nobody's any more.
    """
    active = {entry.entry_id for entry in listed if entry.state is EntryState.ACTIVE}
    return tuple(one for one in held if one.entry_ids & active)


async def disclose(tx: Tx, agency: Agency, asked: Asked) -> Disclosure:
    """By the agency's profile. One that has no adapter yet has no key to seal to, and is given no names."""
    is_named = agency.profile is Profile.NAMED and bool(agency.sealing_public)
    return Disclosure(
        measure=asked.resolved.measure,
        valid_until=asked.resolved.valid_until,
        documents=asked.documents,
        named=await _named(tx, asked) if is_named else None,
    )


async def _named(tx: Tx, asked: Asked) -> NamedDetails:
    subject = asked.subject
    case = await cases.get_case(tx, asked.entry.case_id)
    court = await people.get_court(tx, asked.entry.court_id)
    return NamedDetails(
        name=subject.name,
        sex=subject.sex,
        birth_year=subject.birth_date.year if subject.birth_date else None,
        masked_number=masked(asked.documents[0]),
        case_number=case.number.full,
        instructions=f"{MEASURE_ZH[asked.resolved.measure]}：发现后先通报法院，未经法院复核不得拦截。",
        phone_24h=court.desk_phone,
    )


async def preview_entry(tx: Tx, entry: Entry) -> tuple[Preview, ...]:
    """What each of its agencies will hold once a stored entry is approved as it stands."""
    subject = await subjects.get_subject(tx, entry.subject_id)
    documents = [one.document for one in await subjects.list_entry_documents(tx, entry)]
    return await preview_proposed(tx, entry, subject, documents)


async def preview_proposed(
    tx: Tx, entry: Entry, subject: Subject, documents: Sequence[IdentityDocument]
) -> tuple[Preview, ...]:
    """The same for an entry that names `documents`; neither it nor its subject need be stored yet. A number
    that no agency has yet goes to all that have the person already.
    """
    listed = await entries.list_entries_of_subject(tx, entry.subject_id)
    others = [one for one in listed if one.entry_id != entry.entry_id]
    approved = replace(entry, state=EntryState.ACTIVE)
    standing = in_force(sorted([*others, approved], key=lambda one: one.entry_id), tx.at)
    held = await subjects.list_held_documents(tx, entry.subject_id)
    already_given = {one.document for one in given_documents(held, listed)}
    on_list = {*documents, *already_given}
    # In the order in which the registry keeps them; new ones come last there.
    known = [one for one in subject.documents if one in on_list]
    shown = (*known, *[one for one in documents if one not in known])
    previews = []
    has_new_number = len(on_list) > len(already_given)
    also = {one for other in standing for one in other.agency_ids} if has_new_number else set()
    for agency_id in (*entry.agency_ids, *sorted(also - {*entry.agency_ids})):
        agency = await agencies.find_agency(tx, agency_id)
        resolved = resolve(standing, agency_id)
        if agency is None or resolved is None:
            continue
        first = next(one for one in standing if one.entry_id == resolved.entry_ids[0])
        asked = Asked(subject=subject, documents=shown, resolved=resolved, entry=first)
        previews.append(Preview(agency=agency, disclosure=await disclose(tx, agency, asked)))
    return tuple(previews)
