"""Tells the command desk on shift that the line to an agency fell silent, or is heard again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from notifications.texts import Facts, Language, TextId
from tracker.domain.people import Duty
from tracker.services.notices import BY_TEXT
from tracker.services.plain_notices import PlainNotice, write_notice
from tracker.storage import agencies, people
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
    names = await _names(tx, agency, instance)
    told = await people.list_on_duty(tx, agency.court_id, Duty.DESK, tx.at)
    told = told or await people.list_on_duty(tx, agency.court_id, Duty.LEADER, tx.at)
    for person_id in told:
        language = Language((await people.get_person(tx, person_id)).language)
        facts = Facts(
            court=court.sms_name,
            sent_at=tx.at,
            agency=names[language],
            silent_from=silence.since,
            heard_at=silence.ended_at,
        )
        for channel in BY_TEXT:
            plain = PlainNotice(
                text_id=silence.text_id,
                channel=channel,
                due_at=tx.at,
                kept_for=KEPT_FOR,
                person_id=person_id,
            )
            await write_notice(tx, agency.court_id, plain, facts)
    return bool(told)


async def _names(tx: Tx, agency: Agency, instance: str) -> dict[Language, str]:
    """The agency's; with that of the adapter where it is not the only one."""
    if len(await agencies.list_instances(tx, agency.agency_id)) == 1:
        return {Language.CHINESE: agency.name, Language.ENGLISH: agency.name_en}
    return {
        Language.CHINESE: f"{agency.name}（{instance}）",
        Language.ENGLISH: f"{agency.name_en} ({instance})",
    }
