"""A provider says that a number is dead: whoever can have it changed hears of it at once, and each morning
until it is, so always before the next shift.
"""

from datetime import datetime, time, timedelta
from typing import Final

from notifications.channels.port import ChannelKind
from notifications.texts import Facts, TextId
from tracker.domain.court_time import COURT_ZONE, court_day
from tracker.domain.due import DueKind, DueWork
from tracker.domain.ids import PersonId
from tracker.domain.people import Role, system_actor
from tracker.services import audit
from tracker.services.audit import About
from tracker.services.notices.staff import StaffNotice, tell_people
from tracker.storage import due_work, muted_channels, people
from tracker.storage.attempts import Attempt
from tracker.storage.notices import Notice
from tracker.storage.people import Person
from tracker.storage.transaction import Tx

REMINDED_AT: Final = time(9, 0)
WHO_CHANGES_NUMBERS: Final = (Role.ADMINISTRATOR, Role.BUREAU_LEADER)


async def note_dead(tx: Tx, person_id: PersonId, code: str, submitted_at: datetime) -> None:
    """What was sent to the person's number then was refused for good. Known already, it changes nothing."""
    if not await people.record_phone_dead(tx, person_id, code, submitted_at):
        return
    person = await people.get_person(tx, person_id)
    await muted_channels.unmute(tx, person_id)
    about = About(kind="person", key=person_id)
    await audit.record(tx, system_actor(person.court_id), "number dead", about, code=code)
    await _tell(tx, person)


async def note_number(tx: Tx, notice: Notice, attempt: Attempt) -> None:
    """A provider has called the number dead to which an attempt went; push goes to devices, which have an
    end of their own.
    """
    if notice.person_id is not None and notice.channel is not ChannelKind.PUSH:
        await note_dead(tx, notice.person_id, attempt.code or "", attempt.submitted_at)


async def remind_of_dead(tx: Tx, person_id: PersonId) -> None:
    """A morning has come; nothing happens when the number was changed or verified meanwhile."""
    person = await people.get_person(tx, person_id)
    if person.phone_dead_at is not None:
        await _tell(tx, person)


async def _tell(tx: Tx, person: Person) -> None:
    court = await people.get_court(tx, person.court_id)
    facts = Facts(court=court.sms_name, sent_at=tx.at, member=person.title)
    told = await people.list_with_roles(tx, person.court_id, WHO_CHANGES_NUMBERS)
    await tell_people(tx, told, StaffNotice(text_id=TextId.NUMBER_DEAD, facts_in=lambda _language: facts))
    next_morning = datetime.combine(court_day(tx.at) + timedelta(days=1), REMINDED_AT, COURT_ZONE)
    due = DueWork(
        due_id=tx.entropy.new_id(), kind=DueKind.NUMBER_DEAD, about=person.person_id, due_at=next_morning
    )
    await due_work.add_due(tx, due)
