"""What the command desk on shift is told beside the alerts: of lines, and of the court's own people and
phones.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Final

from notifications.texts import Facts, Language, TextId
from tracker.domain.ids import CourtId, PersonId
from tracker.domain.people import Duty
from tracker.services.notices import BY_TEXT
from tracker.services.plain_notices import PlainNotice, write_notice
from tracker.storage import people
from tracker.storage.transaction import Tx

KEPT_FOR: Final = timedelta(hours=24)


async def list_on_desk(tx: Tx, court_id: CourtId, but: PersonId | None = None) -> Sequence[PersonId]:
    """The desk on shift; the leader on duty where nobody else is on the desk."""
    desk = await people.list_on_duty(tx, court_id, Duty.DESK, tx.at)
    others = tuple(one for one in desk if one != but)
    return others or await people.list_on_duty(tx, court_id, Duty.LEADER, tx.at)


async def tell_desk(
    tx: Tx, court_id: CourtId, text_id: TextId, facts: Facts, *, but: PersonId | None = None
) -> None:
    """By SMS and push; nobody has to answer. `but`: whom it is about."""
    await tell_people(tx, await list_on_desk(tx, court_id, but), text_id, lambda _language: facts)


async def tell_people(
    tx: Tx, person_ids: Iterable[PersonId], text_id: TextId, facts_in: Callable[[Language], Facts]
) -> None:
    """The same text to several people by SMS and push, due now; `facts_in`: what it says in a language."""
    for person_id in person_ids:
        person = await people.get_person(tx, person_id)
        for channel in BY_TEXT:
            plain = PlainNotice(
                text_id=text_id, channel=channel, due_at=tx.at, kept_for=KEPT_FOR, person_id=person_id
            )
            await write_notice(tx, person.court_id, plain, facts_in(Language(person.language)))
