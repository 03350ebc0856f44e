"""Tells the command desk and the administrators that work of the court is late, and that it is no more.

What must not break: of several processes that see the same delay one tells it.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from notifications.texts import Facts, Language, TextId
from tracker.domain.ids import CourtId
from tracker.domain.lateness import WORK_ZH, Delay, Word, Work, word_due
from tracker.domain.people import Role
from tracker.services.notices.staff import StaffNotice, list_on_desk, tell_people
from tracker.storage import delays, people
from tracker.storage.transaction import Tx

KEPT_FOR: Final = timedelta(hours=1)


async def is_word_due(tx: Tx, court_id: CourtId, late: Mapping[Work, datetime | None]) -> bool:
    """Whether `tell_of_lateness` has anything to tell."""
    known = await delays.list_delays(tx, court_id)
    return any(word_due(known.get(one), tx.at, is_late=since is not None) for one, since in late.items())


async def tell_of_lateness(tx: Tx, court_id: CourtId, late: Mapping[Work, datetime | None]) -> None:
    """`late`: since when each kind of work is, None for what is not; kinds that are not named stay as they
    are.
    """
    known = await delays.lock_delays(tx, court_id)
    for work, since in late.items():
        word = word_due(known.get(work), tx.at, is_late=since is not None)
        if word is Word.LATE and since is not None:
            await _begin(tx, court_id, known.get(work), Delay(work=work, since=since, told_at=tx.at))
        elif word is Word.OVER:
            over = replace(known[work], told_at=tx.at, over_at=tx.at)
            await delays.record_delay(tx, court_id, over)
            await _tell(tx, court_id, TextId.WORK_ON_TIME, over)
            tx.log("work-on-time", what=work.value)


async def _begin(tx: Tx, court_id: CourtId, former: Delay | None, delay: Delay) -> None:
    if former is None:
        if not await delays.add_delay(tx, court_id, delay):
            # Another process has just told it.
            return
    else:
        if former.over_at is None:
            delay = replace(delay, since=former.since)
        await delays.record_delay(tx, court_id, delay)
    await _tell(tx, court_id, TextId.WORK_LATE, delay)
    tx.log("work-late", what=delay.work.value, after_s=int((tx.at - delay.since).total_seconds()))


async def _tell(tx: Tx, court_id: CourtId, text_id: TextId, delay: Delay) -> None:
    court = await people.get_court(tx, court_id)
    facts = Facts(court=court.sms_name, sent_at=tx.at, late_from=delay.since, caught_up_at=delay.over_at)
    names = {Language.CHINESE: WORK_ZH[delay.work], Language.ENGLISH: delay.work.value}
    notice = StaffNotice(
        text_id=text_id, facts_in=lambda language: replace(facts, work=names[language]), kept_for=KEPT_FOR
    )
    # Whoever keeps the system going hears of it beside the desk.
    administrators = await people.list_with_roles(tx, court_id, [Role.ADMINISTRATOR])
    await tell_people(tx, (*await list_on_desk(tx, court_id), *administrators), notice)
