"""What a process has to know that screens beside an edge."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from adapters.replica.values import FeedKey
from adapters.screening import FeedCondition
from schemas.tokens import EpochKeys


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """The list at one moment: where it lies, its keys, how long the court was not heard; and of each feed to
    screen, newest epoch first, its condition and the change that it has reached. `keeps_journeys`: of people
    who are not listed.
    """

    folder: Path
    epochs: tuple[EpochKeys, ...] = field(repr=False)
    silence_s: float
    conditions: Mapping[FeedKey, FeedCondition]
    sequences: Mapping[FeedKey, int]
    keeps_journeys: bool = False
