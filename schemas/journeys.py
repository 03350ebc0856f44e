"""A journey: where it begins, halts and ends."""

from typing import Final

from pydantic import Field

from schemas.text import Contract, Text, UtcTime

MAX_STOPS: Final = 100


class Stop(Contract):
    """A halt on the way, where somebody may be met."""

    name: Text
    arrives_at: UtcTime


class Itinerary(Contract):
    """One leg of a journey: train or flight number, from, to, and when, with coach, seat and stops where
    known.
    """

    service: Text
    origin: Text
    destination: Text
    departs_at: UtcTime
    arrives_at: UtcTime
    coach: Text | None = None
    seat: Text | None = None
    stops: tuple[Stop, ...] = Field(default=(), max_length=MAX_STOPS)
