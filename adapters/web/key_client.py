"""Fetches the keys of the list from the court.

What must not break: a court that says no is told from a court that is away, since only the latter lets an
adapter go on with keys it was given before.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeAlias

from pydantic import ValidationError

from adapters.identity import Identity
from adapters.web.court_client import Answered, CourtAway, NotAdmitted, ask_court
from schemas.enrolment import KeyHandout

PATH: Final = "/edge/keys"
MOST_BYTES: Final = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """The keys, and the court's own time as it answered; None when it did not say."""

    keys: KeyHandout = field(repr=False)
    court_time: datetime | None


KeyAnswer: TypeAlias = Fetched | NotAdmitted | CourtAway


async def fetch_keys(court_url: str, identity: Identity) -> KeyAnswer:
    """Ask once."""
    answer = await ask_court(court_url + PATH, identity, MOST_BYTES)
    return _read(answer, identity) if isinstance(answer, Answered) else answer


def _read(answer: Answered, identity: Identity) -> KeyAnswer:
    try:
        keys = KeyHandout.model_validate_json(answer.body)
    except ValidationError:
        return CourtAway(why="its answer is not readable: compare the versions of adapter and tracker")
    credential = identity.credential
    if (keys.court, keys.agency, keys.instance) != (credential.court, credential.agency, credential.instance):
        return NotAdmitted(why="it answered for another instance: use this instance's own credential")
    return Fetched(keys=keys, court_time=answer.court_time)
