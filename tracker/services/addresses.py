"""Where a person is reached at a provider."""

import json

from notifications.channels.port import ChannelKind
from tracker.domain.ids import PersonId
from tracker.storage import contacts, people, subjects
from tracker.storage.notices import Notice
from tracker.storage.transaction import Tx

RECORDER = "recorder"


async def find_address(tx: Tx, notice: Notice, provider: str) -> str | None:
    """E.164 for SMS and voice; for push a JSON list of the person's living addresses at the provider, or the
    person for the recorder. None: the provider has no way to the person.
    """
    if notice.person_id is None:
        assert notice.subject_id is not None
        return (await subjects.get_subject(tx, notice.subject_id)).phone
    if notice.channel is not ChannelKind.PUSH:
        return (await people.get_person(tx, notice.person_id)).phone
    if provider == RECORDER:
        return notice.person_id
    return await _living_addresses(tx, notice.person_id, provider)


async def _living_addresses(tx: Tx, person_id: PersonId, provider: str) -> str | None:
    known = await contacts.list_contacts(tx, [person_id])
    living = [one.address for one in known if one.provider == provider and one.dead_at is None]
    return json.dumps(living) if living else None
