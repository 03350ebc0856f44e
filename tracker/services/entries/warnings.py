"""What is told of a form beside what is wrong with it: it refuses nothing, and who has compared goes on."""

from collections.abc import Sequence

from tracker.domain.errors import Problem
from tracker.domain.registration import area_warnings, revoked_warnings
from tracker.services.entries.checking import Checked
from tracker.storage import papers
from tracker.storage.transaction import Tx


async def warn_of(tx: Tx, forms: Sequence[Checked]) -> list[tuple[Problem, ...]]:
    """Of each form, in this order. Of a case that is not the actor's nothing is said."""
    case_ids = {one.case.case_id for one in forms if one.case is not None}
    revoked = await papers.list_revoked(tx, case_ids) if case_ids else {}
    return [
        (
            *area_warnings(one.form.documents),
            *revoked_warnings(one.form.papers, revoked.get(one.case.case_id, set()) if one.case else set()),
        )
        for one in forms
    ]
