"""What the court's people are told beside the alerts: the command desk on shift of lines and phones, others
of what they keep going.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from notifications.channels.port import ChannelKind
from notifications.texts import Facts, Language, TextId
from tracker.domain.ids import CourtId, PersonId
from tracker.domain.people import Duty
from tracker.services.notices.plain import PlainNotice, write_notice
from tracker.services.notices.telling import BY_TEXT
from tracker.storage import people
from tracker.storage.transaction import Tx

A_DAY: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffNotice:
    """One text for several people, due now. `facts_in`: what it says in a language; `kept_for`: how long it
    is of use.
    """

    text_id: TextId
    facts_in: Callable[[Language], Facts]
    channels: Collection[ChannelKind] = BY_TEXT
    kept_for: timedelta = A_DAY


async def list_on_desk(tx: Tx, court_id: CourtId, but: PersonId | None = None) -> Sequence[PersonId]:
    """The desk on shift; the leader on duty where nobody else is on the desk."""
    desk = await people.list_on_duty(tx, court_id, Duty.DESK, tx.at)
    others = tuple(one for one in desk if one != but)
    return others or await people.list_on_duty(tx, court_id, Duty.LEADER, tx.at)


async def tell_desk(
    tx: Tx, court_id: CourtId, text_id: TextId, facts: Facts, *, but: PersonId | None = None
) -> None:
    """By SMS and push; nobody has to answer. `but`: whom it is about."""
    notice = StaffNotice(text_id=text_id, facts_in=lambda _language: facts)
    await tell_people(tx, await list_on_desk(tx, court_id, but), notice)


async def tell_people(tx: Tx, person_ids: Iterable[PersonId], notice: StaffNotice) -> None:
    """The same to each of them once, in their own language."""
    for person_id in dict.fromkeys(person_ids):
        person = await people.get_person(tx, person_id)
        for channel in notice.channels:
            plain = PlainNotice(
                text_id=notice.text_id,
                channel=channel,
                due_at=tx.at,
                kept_for=notice.kept_for,
                person_id=person_id,
            )
            await write_notice(tx, person.court_id, plain, notice.facts_in(Language(person.language)))
