"""Opens an enforcement case: its number, debtor, judge, team and amount."""

from dataclasses import dataclass

from schemas.case_numbers import CaseNumberRefused, parse_case_number
from tracker.domain.authorisation import Action
from tracker.domain.errors import Invalid, Problem
from tracker.domain.ids import CaseId, PersonId, TeamId
from tracker.domain.people import Actor
from tracker.services import audit
from tracker.services.access import require_on_case
from tracker.services.audit import About
from tracker.storage import cases
from tracker.storage.cases import Case, CaseReceipt
from tracker.storage.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseForm:
    """A case as it is entered. Amounts in fen; `collected_fen` is what was received before."""

    number: str
    debtor_name: str
    debtor_kind: str
    judge_id: PersonId
    team_id: TeamId
    amount_fen: int
    collected_fen: int = 0


async def open_case(tx: Tx, actor: Actor, form: CaseForm) -> CaseId:
    """Open a case; a number that is known already is refused."""
    number = parse_case_number(form.number)
    if isinstance(number, CaseNumberRefused):
        raise Invalid([Problem(field="number", zh=number.remedy("zh"), en=number.remedy("en"))])
    if await cases.find_case(tx, number) is not None:
        raise Invalid([Problem(field="number", zh="该案号已登记", en="is registered already: use that case")])
    if form.amount_fen <= 0:
        raise Invalid([Problem(field="amount", zh="请填写大于零的金额", en="enter an amount above zero")])
    case = Case(
        case_id=CaseId(tx.entropy.new_id()),
        court_id=actor.court_id,
        team_id=form.team_id,
        judge_id=form.judge_id,
        number=number,
        debtor_name=form.debtor_name,
        debtor_kind=form.debtor_kind,
        amount_fen=form.amount_fen,
        received_fen=0,
    )
    await require_on_case(tx, actor, Action.OPEN_CASE, case)
    await cases.add_case(tx, case)
    if form.collected_fen:
        earlier = CaseReceipt(
            receipt_number=f"{case.case_id}-earlier", amount_fen=form.collected_fen, at=tx.at
        )
        await cases.add_receipt(tx, case.case_id, earlier)
    await audit.record(tx, actor, "case opened", About(kind="case", key=case.case_id))
    return case.case_id
