"""Refusals for programs, as `application/problem+json` (RFC 9457): what is wrong, where, and the remedy.

What must not break: no problem repeats what was sent.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

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

    def as_json(self) -> str:
        body = {
            "type": self.kind,
            "title": self.title,
            "status": int(self.status),
            "detail": self.detail,
            "errors": [{"field": one.field, "message": one.message} for one in self.errors],
        }
        return json.dumps(body, ensure_ascii=False)
