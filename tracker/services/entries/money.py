"""Money on a case account: what reaches the release amount takes the entries of that case out of force at
once.

A reversal never puts anything back by itself: it is a question to a person.
"""

from enum import StrEnum

from schemas.case_numbers import CaseNumber
from tracker.domain.authorisation import Action
from tracker.domain.entries import Cause, EntryState, is_sought
from tracker.domain.errors import Invalid, NotFound, Problem
from tracker.domain.ids import CaseId
from tracker.domain.people import Actor
from tracker.services import audit
from tracker.services.access import require_on_case
from tracker.services.audit import About
from tracker.services.entries.notices import ask_end_or_resume
from tracker.services.entries.standing import Stop, stop_entries
from tracker.storage import cases, entries, entry_locks
from tracker.storage.cases import Case, CaseReceipt
from tracker.storage.transaction import Tx


class MoneyTaken(StrEnum):
    """What a receipt led to."""

    KNOWN = "known"
    NOTED = "noted"
    SUSPENDED = "suspended"


async def record_money(tx: Tx, actor: Actor, number: CaseNumber, receipt: CaseReceipt) -> MoneyTaken:
    """Record a receipt or a reversal once, and suspend every entry whose release amount is reached."""
    case_id = await cases.find_case(tx, number)
    if case_id is None:
        raise NotFound("case")
    await cases.lock_case(tx, case_id)
    case = await cases.get_case(tx, case_id)
    await require_on_case(tx, actor, Action.RECORD_MONEY, case)
    if await _is_known(tx, case, receipt):
        return MoneyTaken.KNOWN
    await _check_reversal(tx, case_id, receipt)
    await cases.add_receipt(tx, case, receipt)
    kind = "payment received" if receipt.reverses is None else "payment reversed"
    await audit.record(tx, actor, kind, About(kind="case", key=case_id), amount_fen=receipt.amount_fen)
    if receipt.reverses is not None:
        await _ask_about_reversal(tx, case_id)
        return MoneyTaken.NOTED
    return await _release_reached(tx, actor, case_id)


async def _is_known(tx: Tx, case: Case, receipt: CaseReceipt) -> bool:
    """Whether exactly this was recorded before. Other money under a number in use must not be lost as known:
    it is refused, and somebody looks at it.
    """
    recorded = await cases.find_receipt(tx, case.court_id, receipt.receipt_number)
    if recorded is None:
        return False
    case_id, known = recorded
    if (case_id, known.amount_fen, known.reverses) != (case.case_id, receipt.amount_fen, receipt.reverses):
        problem = Problem(
            field="receipt_number",
            zh="该收据号已用于其他款项，请核对案号、金额和收据号",
            en="is recorded for other money already: check case, amount and number",
        )
        raise Invalid([problem])
    return True


async def _check_reversal(tx: Tx, case_id: CaseId, receipt: CaseReceipt) -> None:
    if receipt.reverses is None:
        return
    left_fen = await cases.find_unreversed_fen(tx, case_id, receipt.reverses)
    if left_fen is None:
        problem = Problem(
            field="reverses",
            zh="被冲正的收据号在本案中不存在，请核对",
            en="is no receipt of this case: give the number of the receipt it reverses",
        )
        raise Invalid([problem])
    # Reversed twice, a receipt would count against the debtor, whose next payment would then release nobody.
    if receipt.amount_fen > left_fen:
        problem = Problem(
            field="amount_fen",
            zh="超过该收据尚未冲正的金额，请核对",
            en="is more than is left of that receipt: check what was reversed before",
        )
        raise Invalid([problem])


async def _ask_about_reversal(tx: Tx, case_id: CaseId) -> None:
    listed = await entries.list_entries_of_case(tx, case_id)
    await ask_end_or_resume(tx, [entry for entry in listed if entry.state is EntryState.SUSPENDED])


async def _release_reached(tx: Tx, actor: Actor, case_id: CaseId) -> MoneyTaken:
    received = await cases.received_fen(tx, case_id)
    reached = [
        entry
        for entry in await entry_locks.lock_entries(tx, await entries.list_entries_of_case(tx, case_id))
        if is_sought(entry) and entry.release_amount_fen <= received
    ]
    await stop_entries(tx, actor, reached, Stop(cause=Cause.PERFORMED, ends=False))
    return MoneyTaken.SUSPENDED if reached else MoneyTaken.NOTED
