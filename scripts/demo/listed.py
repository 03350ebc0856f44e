"""The invented people on the demonstration's list, and how they get there: registered by the clerk, approved
by a second person, through the same services as in a court.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from schemas.case_numbers import CaseNumberRefused, parse_case_number
from schemas.measures import Measure
from scripts import cast
from scripts.cast import Wanted, demo_phone, resident_number
from scripts.stage import PRESIDENT_APPROVES, Registration, form_of
from tracker.domain.court_time import court_day
from tracker.domain.measures import MeasureRule
from tracker.domain.registration import PaperForm
from tracker.services.entries.approval import approve_entry
from tracker.services.entries.cases import CaseForm, open_case
from tracker.services.entries.registration import register_entry, submit_entry
from tracker.storage import cases, people, rules
from tracker.storage.registry import Registry
from tracker.storage.transaction import Tx

HOTEL_GUEST = Wanted(name="柏书远", number=resident_number(date(1988, 6, 21), 25), phone=demo_phone(13))
BORDER_CROSSER = Wanted(name="闵知行", number=resident_number(date(1974, 9, 3), 31), phone=demo_phone(14))
APPLICANT = Wanted(name="尤嘉禾", number=resident_number(date(1991, 1, 30), 42), phone=demo_phone(15))

PAPERS_ISSUED_BEFORE = timedelta(days=10)
LONGEST_LISTED = timedelta(days=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """Somebody on the list. `debtor`: who owes, when it is not the person; amounts in fen."""

    wanted: Wanted
    case: str
    measure: Measure
    amount_fen: int
    collected_fen: int = 0
    debtor: str | None = None


LISTED = (
    Listed(
        wanted=cast.A,
        case=cast.A_CASE,
        measure=Measure.HOLD_FOR_SUMMONS,
        amount_fen=cast.A_DEBT_FEN,
        collected_fen=cast.A_COLLECTED_FEN,
        debtor="云上建筑公司",
    ),
    Listed(
        wanted=cast.B,
        case=cast.B_CASE,
        measure=Measure.HOLD_FOR_SUMMONS,
        amount_fen=cast.B_DEBT_FEN,
    ),
    Listed(
        wanted=HOTEL_GUEST,
        case="（2026）京0199执1411号",
        measure=Measure.REPORT_WHEREABOUTS,
        amount_fen=3_250_000,
    ),
    Listed(
        wanted=BORDER_CROSSER,
        case="（2026）京0199执1436号",
        measure=Measure.STOP_AT_BORDER,
        amount_fen=52_000_000,
    ),
    Listed(
        wanted=APPLICANT,
        case="（2026）京0199执1448号",
        measure=Measure.REFUSE_TRAVEL_DOCUMENT,
        amount_fen=18_700_000,
    ),
)


def find_listed(number: str) -> Listed | None:
    """The listed person who holds a number, as it is written in the cast."""
    return next((one for one in LISTED if one.wanted.number == number), None)


async def list_demo_people(registry: Registry) -> None:
    """List everybody whose case is not there yet, each in one transaction."""
    for listed in LISTED:
        number = parse_case_number(listed.case)
        assert not isinstance(number, CaseNumberRefused)
        async with registry.transaction() as tx:
            if await cases.find_case(tx, number) is None:
                await _list(tx, listed)


async def _list(tx: Tx, listed: Listed) -> None:
    clerk = await people.get_actor(tx, cast.CLERK.person_id)
    approver = cast.PRESIDENT if listed.measure in PRESIDENT_APPROVES else cast.LEADER
    rule = await rules.find_rule(tx, clerk.court_id, listed.measure)
    assert rule is not None, "the demonstration lists people only by measures that have a rule"
    await open_case(tx, clerk, _case(listed))
    registration = _registration(listed, rule, court_day(tx.at))
    entry_id = await register_entry(tx, clerk, form_of(registration, registration.papers or ()))
    await submit_entry(tx, clerk, entry_id)
    approving = await people.get_actor(tx, approver.person_id)
    await approve_entry(tx, approving, entry_id, [listed.wanted.number])


def _case(listed: Listed) -> CaseForm:
    return CaseForm(
        number=listed.case,
        debtor_name=listed.debtor or listed.wanted.name,
        debtor_kind="organisation" if listed.debtor else "person",
        judge_id=cast.JUDGE.person_id,
        team_id=cast.TEAM,
        amount_fen=listed.amount_fen,
        collected_fen=listed.collected_fen,
    )


def _registration(listed: Listed, rule: MeasureRule, today: date) -> Registration:
    return Registration(
        case=listed.case,
        wanted=listed.wanted,
        measure=listed.measure,
        capacity="legal-representative" if listed.debtor else "debtor",
        until=today + min(timedelta(days=rule.limit_days), LONGEST_LISTED),
        release_fen=listed.amount_fen,
        papers=tuple(
            PaperForm(
                kind=kind,
                number=f"{listed.case}之{position}",
                issued_on=today - PAPERS_ISSUED_BEFORE,
                signer=cast.PRESIDENT.name,
            )
            for position, kind in enumerate(rule.papers, start=1)
        ),
    )
