"""Refusals for programs, as `application/problem+json` (RFC 9457): what is wrong, where, and the remedy.

What must not break: no problem repeats what was sent.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from schemas.text import FieldProblem

PROBLEM_JSON: Final = "application/problem+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemDetails:
    """`kind`: the stable word a program decides on; `status`: of HTTP; `errors` name fields of the body."""

    kind: str
    status: int
    title: str
    detail: str
    errors: Sequence[FieldProblem] = ()

    @classmethod
    def wrong_fields(cls, errors: Sequence[FieldProblem]) -> Self:
        return cls(
            kind="wrong-fields",
            status=400,
            title="The body cannot be used as it is",
            detail="Nothing was stored. Correct the fields named in errors and send it again.",
            errors=errors,
        )

    @classmethod
    def too_large(cls, detail: str) -> Self:
        return cls(kind="too-large", status=413, title="The body is too large", detail=detail)

    @classmethod
    def nothing_here(cls, detail: str) -> Self:
        return cls(
            kind="nothing-here", status=404, title="There is nothing under this address", detail=detail
        )

    def as_json(self) -> str:
        body = {
            "type": self.kind,
            "title": self.title,
            "status": int(self.status),
            "detail": self.detail,
            "errors": [{"field": one.field, "message": one.message} for one in self.errors],
        }
        return json.dumps(body, ensure_ascii=False)
