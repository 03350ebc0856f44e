"""Puts people on the list of a town, as its clerk and bureau leader do it; everybody here is invented."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from schemas.documents import DocumentKind
from schemas.measures import Measure
from schemas.messages import SightingKind
from scripts import cast
from scripts.cast import Wanted
from scripts.desk import ONLINE, read_from
from scripts.stage import Registration, form_of, papers_for
from tracker.domain.ids import EntryId
from tracker.services.entries.approval import approve_entry
from tracker.services.entries.cases import CaseForm, open_case
from tracker.services.entries.registration import register_entry, submit_entry
from tracker.storage import people, rules
from tracker.storage.registry import Registry
from tracker.storage.transaction import Tx

SOUGHT_FOR: Final = timedelta(days=60)
DEPARTS_IN: Final = timedelta(hours=1)
ARRIVES_IN: Final = timedelta(hours=8)
"""Late enough to be planned for, and too soon to let anybody sleep."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Debtor:
    """Somebody who is sought for a case of their own."""

    wanted: Wanted
    serial: int
    owes_fen: int = 1_000_000

    @property
    def case(self) -> str:
        return f"（2026）京0199执{self.serial}号"

    @property
    def case_in_texts(self) -> str:
        return f"26执{self.serial}"


async def list_debtors(registry: Registry, debtors: Sequence[Debtor]) -> list[EntryId]:
    """All of them in one transaction: case opened, entry registered, submitted and approved."""
    async with registry.transaction() as tx:
        clerk = await people.get_actor(tx, cast.CLERK.person_id)
        leader = await people.get_actor(tx, cast.LEADER.person_id)
        papers = papers_for(await rules.find_rule(tx, clerk.court_id, Measure.HOLD_FOR_SUMMONS))
        listed = []
        for debtor in debtors:
            await open_case(tx, clerk, _case_of(debtor))
            entry_id = await register_entry(tx, clerk, form_of(_registration(tx, debtor), papers))
            await submit_entry(tx, clerk, entry_id)
            await approve_entry(tx, leader, entry_id, [debtor.wanted.number])
            listed.append(entry_id)
        return listed


def _case_of(debtor: Debtor) -> CaseForm:
    return CaseForm(
        number=debtor.case,
        debtor_name="云上建筑公司",
        debtor_kind="organisation",
        judge_id=cast.JUDGE.person_id,
        team_id=cast.TEAM,
        amount_fen=debtor.owes_fen,
    )


def _registration(tx: Tx, debtor: Debtor) -> Registration:
    return Registration(
        case=debtor.case,
        wanted=debtor.wanted,
        until=(tx.at + SOUGHT_FOR).date(),
        release_fen=debtor.owes_fen,
    )


def ticket(debtor: Debtor, event_id: str, at: datetime) -> dict[str, Any]:
    """What a railway posts to its adapter: a ticket for a train of this day."""
    sex, born = read_from(debtor.wanted.number)
    return {
        "event_id": event_id,
        "kind": SightingKind.TICKET_BOUGHT.value,
        "occurred_at": at.isoformat(),
        "place": {"name": ONLINE.name, "city": ONLINE.city},
        "document": {
            "kind": DocumentKind.RESIDENT_ID.value,
            "number": debtor.wanted.number,
            "name": debtor.wanted.name,
            "sex": sex and sex.value,
            "birth_date": born and born.isoformat(),
        },
        "itinerary": {
            "service": "Z38",
            "origin": "武昌",
            "destination": "北京西",
            "departs_at": (at + DEPARTS_IN).isoformat(),
            "arrives_at": (at + ARRIVES_IN).isoformat(),
            "coach": "7",
            "seat": "12下",
        },
    }
