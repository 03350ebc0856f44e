"""What the two people of a swap are told: that one is asked for, and what became of it."""

from dataclasses import dataclass
from datetime import datetime

from notifications.delivery import NoticeState
from notifications.texts import Facts, Language, TextId
from tracker.domain.ids import PersonId
from tracker.domain.rosters import Shift
from tracker.domain.swaps import Swap
from tracker.services.notices.staff import StaffNotice, tell_people
from tracker.services.rosters.outlook import name_of_post
from tracker.services.rosters.shift_changes import LOOKS_AHEAD
from tracker.storage import notices, people, waiting_notices
from tracker.storage.notices import Notice
from tracker.storage.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """Who is told, of which shift of their own to be, which of theirs they give for it, and of whom."""

    to: PersonId
    colleague: PersonId
    shift: Shift
    given_at: datetime | None = None


async def tell_asked(tx: Tx, swap: Swap) -> None:
    """Whoever is asked has to answer before the shifts begin."""
    asked = Word(
        to=swap.asked_of, colleague=swap.asked_by, shift=swap.offered, given_at=swap.wanted.begins_at
    )
    await _tell(tx, TextId.SWAP_ASKED, asked)


async def tell_agreed(tx: Tx, swap: Swap) -> None:
    """Both, since either may think that the other is still on."""
    mine, theirs = swap.offered, swap.wanted
    for word in (
        Word(to=swap.asked_of, colleague=swap.asked_by, shift=mine, given_at=theirs.begins_at),
        Word(to=swap.asked_by, colleague=swap.asked_of, shift=theirs, given_at=mine.begins_at),
    ):
        await _tell(tx, TextId.SWAP_AGREED, word)


async def tell_refused(tx: Tx, swap: Swap) -> None:
    """Whoever asked keeps the shift."""
    await _tell(tx, TextId.SWAP_REFUSED, Word(to=swap.asked_by, colleague=swap.asked_of, shift=swap.offered))


async def take_back_asked(tx: Tx, swap: Swap) -> None:
    """Whoever was asked need not answer any more, and hears of it where the question went out already."""
    colleague = await people.get_person(tx, swap.asked_by)
    asked = [
        one
        for one in await notices.list_with_text(
            tx, colleague.court_id, TextId.SWAP_ASKED, tx.at - LOOKS_AHEAD
        )
        if _is_waiting_or_told(one, swap.asked_of) and _is_about(one.facts, swap, colleague.title)
    ]
    if await waiting_notices.cancel_untried(tx, [one.notice_id for one in asked]) < len(asked):
        word = Word(to=swap.asked_of, colleague=swap.asked_by, shift=swap.wanted)
        await _tell(tx, TextId.SWAP_WITHDRAWN, word)


def _is_waiting_or_told(notice: Notice, person_id: PersonId) -> bool:
    return notice.person_id == person_id and notice.state is not NoticeState.CANCELLED


def _is_about(facts: Facts, swap: Swap, colleague: str) -> bool:
    told = (facts.colleague, facts.shift_at, facts.given_shift_at)
    return told == (colleague, swap.offered.begins_at, swap.wanted.begins_at)


async def _tell(tx: Tx, text_id: TextId, word: Word) -> None:
    colleague = await people.get_person(tx, word.colleague)
    court = await people.get_court(tx, colleague.court_id)
    posts = {one: await name_of_post(tx, court.court_id, word.shift.post, one) for one in Language}

    def facts_in(language: Language) -> Facts:
        return Facts(
            court=court.sms_name,
            sent_at=tx.at,
            colleague=colleague.title,
            shift_at=word.shift.begins_at,
            given_shift_at=word.given_at,
            post=posts[language],
        )

    until_it_begins = word.shift.begins_at - tx.at
    await tell_people(
        tx, [word.to], StaffNotice(text_id=text_id, facts_in=facts_in, kept_for=until_it_begins)
    )
