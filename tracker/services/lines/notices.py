"""Tells the command desk on shift that the line to an agency fell silent or is heard again, and of what came
over it and could not be read; and the judges as well that it is closed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from notifications.texts import Facts, Language, TextId
from tracker.services.notices.staff import StaffNotice, list_on_desk, tell_people
from tracker.storage import agencies, cases, people
from tracker.storage.agencies import Agency
from tracker.storage.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """What is to be told of it; `ended_at` None while it lasts."""

    text_id: TextId
    since: datetime
    ended_at: datetime | None = None


async def tell_desk(tx: Tx, agency: Agency, instance: str, silence: Silence) -> bool:
    """By SMS and push; nobody has to answer. The leader on duty where nobody is on the desk; False where
    there is no leader either.
    """
    court = await people.get_court(tx, agency.court_id)
    facts = Facts(court=court.sms_name, sent_at=tx.at, silent_from=silence.since, heard_at=silence.ended_at)
    told = await list_on_desk(tx, agency.court_id)
    names = await _names_of_line(tx, agency, instance)
    await tell_people(tx, told, StaffNotice(text_id=silence.text_id, facts_in=_facts_with(facts, names)))
    return bool(told)


async def tell_of_closing(tx: Tx, agency: Agency) -> None:
    """Once each, the same and the judges who have people listed there: from now on it reports nobody."""
    court = await people.get_court(tx, agency.court_id)
    judges = await cases.list_judges_with_listed(tx, agency.agency_id)
    told = (*await list_on_desk(tx, agency.court_id), *judges)
    facts = Facts(court=court.sms_name, sent_at=tx.at)
    closed = StaffNotice(text_id=TextId.LINE_CLOSED, facts_in=_facts_with(facts, _names(agency)))
    await tell_people(tx, told, closed)


async def tell_of_refused(tx: Tx, agency: Agency) -> None:
    """Once each, the desk: what could not be read may be a sighting that raised no alert."""
    court = await people.get_court(tx, agency.court_id)
    facts = Facts(court=court.sms_name, sent_at=tx.at)
    refused = StaffNotice(text_id=TextId.MESSAGE_REFUSED, facts_in=_facts_with(facts, _names(agency)))
    await tell_people(tx, await list_on_desk(tx, agency.court_id), refused)


def _facts_with(facts: Facts, names: Mapping[Language, str]) -> Callable[[Language], Facts]:
    return lambda language: replace(facts, agency=names[language])


async def _names_of_line(tx: Tx, agency: Agency, instance: str) -> Mapping[Language, str]:
    """The agency's; with that of the adapter where it is not the only one."""
    if len(await agencies.list_instances(tx, agency.agency_id)) == 1:
        return _names(agency)
    return {
        Language.CHINESE: f"{agency.name}（{instance}）",
        Language.ENGLISH: f"{agency.name_en} ({instance})",
    }


def _names(agency: Agency) -> Mapping[Language, str]:
    return {Language.CHINESE: agency.name, Language.ENGLISH: agency.name_en}
