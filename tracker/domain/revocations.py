"""A paper that no longer holds because somebody who may has taken it back, and what is said of that."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from tracker.domain.entries import Paper
from tracker.domain.errors import Problem


class RevocationReason(StrEnum):
    """Why a paper was revoked."""

    SET_ASIDE = "set-aside"
    TAKEN_BACK = "taken-back"
    REPLACED = "replaced"
    ISSUED_WRONGLY = "issued-wrongly"


REVOCATION_ZH = {
    RevocationReason.SET_ASIDE: "经异议、复议或再审撤销",
    RevocationReason.TAKEN_BACK: "本院撤回",
    RevocationReason.REPLACED: "已由新文书取代",
    RevocationReason.ISSUED_WRONGLY: "文书有误",
}
REVOCATION_EN = {
    RevocationReason.SET_ASIDE: "set aside on objection, review or retrial",
    RevocationReason.TAKEN_BACK: "taken back by the court",
    RevocationReason.REPLACED: "replaced by another paper",
    RevocationReason.ISSUED_WRONGLY: "issued wrongly",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """`revoked_on`: the day from which the paper is void, by whatever revokes it."""

    reason: RevocationReason
    revoked_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRevocation:
    """What was said of a paper, and by whom; the paper knows when."""

    revocation: Revocation
    by: str


def revocation_problems(paper: Paper, revocation: Revocation, today: date) -> Iterator[Problem]:
    """A paper that will be revoked still holds; one cannot be revoked before it was issued."""
    if revocation.revoked_on > today:
        yield Problem(
            field="revoked_on",
            zh=f"晚于今日{today}，文书目前仍有效，请届时再登记",
            en=f"is later than today, {today}: the paper still holds, say so on that day",
        )
    elif revocation.revoked_on < paper.issued_on:
        yield Problem(
            field="revoked_on",
            zh=f"早于文书日期{paper.issued_on}，请核对",
            en=f"is before the paper's own date, {paper.issued_on}: compare it with what revokes it",
        )
