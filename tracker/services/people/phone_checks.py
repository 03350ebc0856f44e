"""A number counts once its owner has sent back the code that came to it, by the way of every other notice."""

import hmac
from datetime import timedelta
from enum import StrEnum
from typing import Final

from notifications.channels.port import ChannelKind
from notifications.texts import Facts, TextId
from tracker.domain.errors import Conflict
from tracker.domain.people import Actor
from tracker.services import audit
from tracker.services.audit import About
from tracker.services.notices.plain import PlainNotice, write_notice
from tracker.storage import people, phone_checks
from tracker.storage.transaction import Tx

LASTS: Final = timedelta(minutes=10)
TRIES: Final = 5
MOST_AN_HOUR: Final = 5
CODE_DIGITS: Final = 6
BYTES_DRAWN: Final = 16


class Checked(StrEnum):
    """What came of a code that somebody typed."""

    VERIFIED = "verified"
    WRONG = "wrong"
    OVER = "over"
    """No code is under way: none was asked for, it is too old, or was tried too often."""


async def send_code(tx: Tx, actor: Actor) -> None:
    """To the person's own number. Raises Conflict after a few within an hour."""
    await people.lock_person(tx, actor.person_id)
    if await phone_checks.count_checks(tx, actor.person_id, tx.at - timedelta(hours=1)) >= MOST_AN_HOUR:
        raise Conflict("一小时内已发送多次，请稍后再试", "several codes within an hour: try again later")
    person = await people.get_person(tx, actor.person_id)
    drawn = int.from_bytes(tx.entropy.random_bytes(BYTES_DRAWN)) % 10**CODE_DIGITS
    code = f"{drawn:0{CODE_DIGITS}d}"
    await phone_checks.add_check(tx, person.person_id, person.phone, code, tx.at + LASTS)
    court = await people.get_court(tx, person.court_id)
    plain = PlainNotice(
        text_id=TextId.PHONE_CODE,
        channel=ChannelKind.SMS,
        due_at=tx.at,
        kept_for=LASTS,
        person_id=person.person_id,
    )
    facts = Facts(court=court.sms_name, sent_at=tx.at, check_code=code)
    await write_notice(tx, person.court_id, plain, facts)


async def try_code(tx: Tx, actor: Actor, code: str) -> Checked:
    """The number is verified when this is the code that was sent to it."""
    await people.lock_person(tx, actor.person_id)
    person = await people.get_person(tx, actor.person_id)
    check = await phone_checks.find_check(tx, person.person_id, person.phone)
    if check is None or check.tries >= TRIES:
        return Checked.OVER
    await phone_checks.count_try(tx, check.check_id)
    if not hmac.compare_digest(check.code_index, phone_checks.index_of_code(tx, check.check_id, code)):
        return Checked.WRONG
    await phone_checks.end_check(tx, check.check_id)
    await people.record_phone_verified(tx, person.person_id)
    await audit.record(tx, actor, "phone verified", About(kind="person", key=person.person_id))
    return Checked.VERIFIED
