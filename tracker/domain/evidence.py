"""Why a number is this person's: kinds of identity evidence and whether they are independent of the creditor.

A namesake's number bound to a case agrees in name, sex and check digit; only a second source finds it.
"""

from collections.abc import Collection
from enum import StrEnum


class EvidenceKind(StrEnum):
    """Where a document number comes from."""

    SIGNED_AT_HEARING = "signed-at-hearing"
    ID_COPY_IN_CONTRACT = "id-copy-in-contract"
    HOUSEHOLD_REGISTER = "household-register"
    GIVEN_BY_CREDITOR = "given-by-creditor"


EVIDENCE_ZH = {
    EvidenceKind.SIGNED_AT_HEARING: "庭审时本人签字的身份证复印件",
    EvidenceKind.ID_COPY_IN_CONTRACT: "合同所附身份证复印件",
    EvidenceKind.HOUSEHOLD_REGISTER: "户籍信息（住址相符）",
    EvidenceKind.GIVEN_BY_CREDITOR: "仅由申请人提供",
}

INDEPENDENT_OF_CREDITOR = frozenset({EvidenceKind.SIGNED_AT_HEARING, EvidenceKind.HOUSEHOLD_REGISTER})


def is_independent(kinds: Collection[EvidenceKind]) -> bool:
    """Whether at least one source does not come from the creditor."""
    return any(kind in INDEPENDENT_OF_CREDITOR for kind in kinds)
