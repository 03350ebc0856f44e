"""Opens an enforcement case: its number, debtor, judge, team and amount."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from schemas.case_numbers import CaseNumberRefused, parse_case_number
from tracker.domain.authorisation import Action
from tracker.domain.errors import Invalid, Problem
from tracker.domain.ids import CaseId, PersonId, TeamId
from tracker.domain.people import Actor, Role
from tracker.services import audit
from tracker.services.access import require_on_case
from tracker.services.audit import About
from tracker.storage import cases, people
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
    """Open a case; a number that is known already is refused, but only to whoever may open this one."""
    number = parse_case_number(form.number)
    if isinstance(number, CaseNumberRefused):
        raise Invalid([Problem(field="number", zh=number.remedy("zh"), en=number.remedy("en"))])
    problems = [*_amount_problems(form), *await _choice_problems(tx, actor, form)]
    if problems:
        raise Invalid(problems)
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
    if await cases.find_case(tx, number) is not None:
        raise Invalid([Problem(field="number", zh="该案号已登记", en="is registered already: use that case")])
    await cases.add_case(tx, case)
    if form.collected_fen:
        earlier = CaseReceipt(
            receipt_number=f"{case.case_id}-earlier", amount_fen=form.collected_fen, at=tx.at
        )
        await cases.add_receipt(tx, case, earlier)
    await audit.record(tx, actor, "case opened", About(kind="case", key=case.case_id))
    return case.case_id


def _amount_problems(form: CaseForm) -> Iterator[Problem]:
    if form.amount_fen <= 0:
        yield Problem(field="amount", zh="请填写大于零的金额", en="enter an amount above zero")
    elif not 0 <= form.collected_fen <= form.amount_fen:
        yield Problem(
            field="collected",
            zh="已执行到位金额应在零与执行标的之间，请核对",
            en="must lie between zero and the amount of the case: check it",
        )


async def _choice_problems(tx: Tx, actor: Actor, form: CaseForm) -> Sequence[Problem]:
    """Judge and team are of this court; the team is the actor's own, unless the service itself opens it."""
    found = []
    staff = {person.person_id for person in await people.list_people(tx, actor.court_id)}
    if form.judge_id not in staff or Role.JUDGE not in (await people.get_actor(tx, form.judge_id)).roles:
        found.append(Problem(field="judge", zh="请选择承办法官", en="choose a judge of this court"))
    teams = {team_id for team_id, _ in await people.list_teams(tx, actor.court_id)}
    is_offered = actor.is_in_team(form.team_id) or Role.SYSTEM in actor.roles
    if form.team_id not in teams or not is_offered:
        found.append(Problem(field="team", zh="请选择您所在的团队", en="choose your own team"))
    return found
