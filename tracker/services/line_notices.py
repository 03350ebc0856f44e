"""Tells the command desk on shift that the line to an agency fell silent or is heard again; and the judges as
well that it is closed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from notifications.texts import Facts, Language, TextId
from tracker.domain.ids import PersonId
from tracker.domain.people import Duty
from tracker.services.notices import BY_TEXT
from tracker.services.plain_notices import PlainNotice, write_notice
from tracker.storage import agencies, cases, people
from tracker.storage.agencies import Agency
from tracker.storage.transaction import Tx

KEPT_FOR: Final = timedelta(hours=24)


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
    told = await _on_shift(tx, agency)
    names = await _names_of_line(tx, agency, instance)
    await _tell(tx, told, silence.text_id, facts, names)
    return bool(told)


async def tell_of_closing(tx: Tx, agency: Agency) -> None:
    """Once each, the same and the judges who have people listed there: from now on it reports nobody."""
    court = await people.get_court(tx, agency.court_id)
    judges = await cases.list_judges_with_listed(tx, agency.agency_id)
    told = dict.fromkeys((*await _on_shift(tx, agency), *judges))
    facts = Facts(court=court.sms_name, sent_at=tx.at)
    await _tell(tx, told, TextId.LINE_CLOSED, facts, _names(agency))


async def _on_shift(tx: Tx, agency: Agency) -> Sequence[PersonId]:
    desk = await people.list_on_duty(tx, agency.court_id, Duty.DESK, tx.at)
    return desk or await people.list_on_duty(tx, agency.court_id, Duty.LEADER, tx.at)


async def _tell(
    tx: Tx, person_ids: Iterable[PersonId], text_id: TextId, facts: Facts, names: Mapping[Language, str]
) -> None:
    for person_id in person_ids:
        person = await people.get_person(tx, person_id)
        for channel in BY_TEXT:
            plain = PlainNotice(
                text_id=text_id, channel=channel, due_at=tx.at, kept_for=KEPT_FOR, person_id=person_id
            )
            named = replace(facts, agency=names[Language(person.language)])
            await write_notice(tx, person.court_id, plain, named)


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
