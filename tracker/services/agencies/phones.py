"""Where the desk calls an agency: the number is kept by whoever calls it, and by the administrator."""

import re
from typing import Final

from tracker.domain.authorisation import Action
from tracker.domain.errors import Invalid, NotFound, Problem
from tracker.domain.ids import AgencyId
from tracker.domain.people import Actor
from tracker.services import audit
from tracker.services.access import require_in_court
from tracker.services.audit import About
from tracker.storage import agencies
from tracker.storage.agency_phones import list_agency_phones, put_agency_phone
from tracker.storage.transaction import Tx

PHONE: Final = r"[+0-9][0-9 -]{2,30}"
"""As people write it, with an extension behind a hyphen."""


async def change_agency_phone(tx: Tx, actor: Actor, agency_id: AgencyId, typed: str) -> None:
    """Empty: it is not known. Raises Invalid for what is no telephone number."""
    await require_in_court(tx, actor, Action.SET_AGENCY_PHONES)
    agency = await agencies.lock_agency(tx, agency_id)
    if agency.court_id != actor.court_id:
        raise NotFound("agency")
    phone = typed.strip() or None
    if phone is not None and not re.fullmatch(PHONE, phone):
        zh, en = "请填写电话号码，例如 010-00000000", "enter a telephone number, for example 010-00000000"
        raise Invalid([Problem(field=f"phone.{agency_id}", zh=zh, en=en)])
    if phone != (await list_agency_phones(tx, actor.court_id)).get(agency_id):
        await put_agency_phone(tx, agency_id, phone)
        await audit.record(tx, actor, "agency telephone changed", About(kind="agency", key=agency_id))
