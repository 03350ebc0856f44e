"""What the scenes share: the stage, the timeline, the two entries, and the exact texts of the story."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from schemas.measures import AgencyKind
from scripts.cast import Member, Wanted
from scripts.desk import Journey, court_time
from scripts.stage import Stage
from scripts.story.timeline import Timeline
from tracker.domain.court_time import COURT_ZONE
from tracker.domain.ids import AgencyId, EntryId

REPLY_CODES = ("40718", "58263", "61935", "61936", "73520", "73521", "82046", "82047")

FIRST_PLAN = Journey(
    service="Z38",
    origin="武昌",
    destination="北京西",
    departs=court_time(2, 27, 21, 3),
    arrives=court_time(2, 28, 6, 59),
    coach="7",
    seat="12下",
)
TONIGHT = Journey(
    service="Z38",
    origin="武昌",
    destination="北京西",
    departs=court_time(2, 26, 21, 3),
    arrives=court_time(2, 27, 6, 59),
    coach="5",
    seat="3上",
)
SEAT_OF_B = Journey(
    service="Z38",
    origin="武昌",
    destination="北京西",
    departs=court_time(2, 26, 21, 3),
    arrives=court_time(2, 27, 6, 59),
    coach="9",
    seat="41座",
)
HOME = Journey(
    service="Z37",
    origin="北京西",
    destination="武昌",
    departs=court_time(2, 27, 20, 53),
    arrives=court_time(2, 28, 6, 48),
    coach="11",
    seat="8中",
)
AGENCY_COUNT = len(AgencyKind)


@dataclass(slots=True, kw_only=True)
class Props:
    """The stage, the timeline and what the scenes hand on to each other."""

    stage: Stage
    timeline: Timeline
    entry_a: EntryId = field(default=EntryId(""))
    entry_b: EntryId = field(default=EntryId(""))

    def expect_sms(self, promise: str, expected: Mapping[Member | Wanted, str]) -> None:
        """Exactly these people got exactly these texts, and nobody else got any."""
        seen = sorted(self.stage.new_sms())
        wanted = sorted((person.phone, text) for person, text in expected.items())
        self.timeline.promise(promise, seen == wanted, _difference(wanted, seen))

    def expect_silence(self, promise: str) -> None:
        """Nobody got an SMS."""
        seen = self.stage.new_sms()
        self.timeline.promise(promise, not seen, seen)

    async def expect_in_force(self, promise: str, *entry_ids: EntryId) -> None:
        """Every agency has said that its replica holds the entries."""
        for entry_id in entry_ids:
            listed = await self.stage.instructions(entry_id)
            held = [one for one in listed if one.is_listed and one.in_force_since is not None]
            since = [(one.agency_id, one.in_force_since) for one in held]
            self.timeline.tell("edge", "receipts", _receipts("in force", since))
            self.timeline.promise(promise, len(held) == AGENCY_COUNT, listed)

    async def expect_gone(self, promise: str, entry_id: EntryId) -> None:
        """Every agency has said that the entry is gone."""
        listed = await self.stage.instructions(entry_id)
        gone = [one for one in listed if not one.is_listed and one.gone_since is not None]
        since = [(one.agency_id, one.gone_since) for one in gone]
        self.timeline.tell("edge", "receipts", _receipts("gone", since))
        self.timeline.promise(promise, len(gone) == AGENCY_COUNT, listed)


def _difference(wanted: list[tuple[str, str]], seen: list[tuple[str, str]]) -> str:
    missing = [one for one in wanted if one not in seen]
    unexpected = [one for one in seen if one not in wanted]
    return f"missing {missing}, unexpected {unexpected}"


def _receipts(what: str, since: list[tuple[AgencyId, datetime | None]]) -> str:
    """How many agencies have said so, and when each did, by the court's clock."""
    times = [f"{agency_id} {at.astimezone(COURT_ZONE):%H:%M:%S}" for agency_id, at in since if at is not None]
    return f"{what} at {len(since)} of {AGENCY_COUNT}: {', '.join(times)}"
