"""Who has heard the order to stop and who has yet to be called: people by their answer, agencies by their
receipts and their word.

What must not break: nobody counts as having answered who has not said so, and an agency that keeps a person
counts as keeping them until it reports that it let go, whatever it has acknowledged.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tracker.domain.ids import AgencyId, PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """By whom and when somebody was reached by telephone."""

    by: PersonId
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldPerson:
    """`must_answer`: was sent, or had taken the alert."""

    person_id: PersonId
    channels: tuple[str, ...]
    """On which the alert may have come to the person."""
    must_answer: bool
    answered_at: datetime | None
    reached: Reached | None

    @property
    def is_silent(self) -> bool:
        return self.must_answer and self.answered_at is None and self.reached is None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedAgency:
    """`is_receipt_missing`: it was told that the person is off its list, and has not said so yet. `gone_at`:
    since when it has. `ordered_at` None: it never saw the person, so that there was nothing to order.
    """

    agency_id: AgencyId
    gone_at: datetime | None
    is_receipt_missing: bool
    ordered_at: datetime | None
    answered_at: datetime | None
    is_holding: bool
    released_at: datetime | None
    reached: Reached | None

    @property
    def is_silent(self) -> bool:
        return (self.is_holding or self.is_receipt_missing) and self.reached is None


@dataclass(frozen=True, slots=True, kw_only=True)
class StandDownBoard:
    """Everybody whom one order to stop is for, in the order in which they were told."""

    people: tuple[ToldPerson, ...]
    agencies: tuple[OrderedAgency, ...]

    @property
    def silent_people(self) -> tuple[PersonId, ...]:
        return tuple(one.person_id for one in self.people if one.is_silent)

    @property
    def is_answered(self) -> bool:
        """Nobody is left to be called."""
        return not self.silent_people and not any(one.is_silent for one in self.agencies)


def answered_by_all(answers: Sequence[datetime | None]) -> datetime | None:
    """When the last adapter of an agency answered; None while one has not, or none was asked."""
    given = [one for one in answers if one is not None]
    return max(given) if given and len(given) == len(answers) else None
