"""Where a provider finds the receiver of a notice."""

import json

from notifications.channels.port import ChannelKind
from tracker.domain.ids import PersonId
from tracker.storage import contacts, people, subjects
from tracker.storage.notices import Notice
from tracker.storage.transaction import Tx

RECORDER = "recorder"


async def find_address(tx: Tx, notice: Notice, provider: str) -> str | None:
    """E.164 for SMS and voice. For push the person with the recorder, and with any other provider a JSON list
    of the person's living devices or accounts there. None: the provider has no way to the receiver.
    """
    if notice.channel is not ChannelKind.PUSH:
        return await _phone(tx, notice) or None
    if notice.person_id is None or provider == RECORDER:
        return notice.person_id
    return await _living(tx, notice.person_id, provider)


async def _phone(tx: Tx, notice: Notice) -> str | None:
    if notice.person_id is not None:
        return (await people.get_person(tx, notice.person_id)).phone
    assert notice.subject_id is not None
    return (await subjects.get_subject(tx, notice.subject_id)).phone


async def _living(tx: Tx, person_id: PersonId, provider: str) -> str | None:
    living = [
        one.address
        for one in await contacts.list_own_contacts(tx, person_id)
        if one.provider == provider and one.dead_at is None
    ]
    return json.dumps(living) if living else None
