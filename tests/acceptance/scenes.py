"""What has happened before a test begins: a scene is played once by the real system, closed, and copied for
each test, since moving in and listing somebody is slow. Whatever a night brings is over by its end.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from schemas.canary import CANARY_EVERY_S
from scripts import cast
from scripts.desk import court_time
from scripts.engines.port import Engines
from scripts.story.props import FIRST_PLAN, TONIGHT
from tests.acceptance.court import (
    LISTED,
    REPLY_CODES,
    CourtStage,
    Opening,
    list_a,
    open_stage,
    still_wanted,
)
from tracker.domain.ids import EntryId

JUST_BEFORE = court_time(2, 25, 11, 59)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A folder to copy, and how many reply codes were drawn in it."""

    data: Path
    entry_id: EntryId | None = None
    codes_drawn: int = 0

    @property
    def codes_left(self) -> tuple[str, ...]:
        return REPLY_CODES[self.codes_drawn :]


class Scenes:
    """Each scene goes on from a former one, and is played when a test first asks for it."""

    def __init__(self, folder: Path, engines: Engines) -> None:
        self._folder = folder
        self.engines = engines
        self._played: dict[str, Scene] = {}

    async def founded(self) -> Scene:
        """The court and its agencies have only moved in."""
        if "founded" not in self._played:
            data = self._folder / "founded"
            async with open_stage(Opening(data=data, begins_at=LISTED, engines=self.engines)):
                self._played["founded"] = Scene(data=data)
        return self._played["founded"]

    async def moved_in(self) -> Scene:
        """The day after, nobody is on the list."""
        if "moved-in" not in self._played:
            async with self._going_on("moved-in", await self.founded(), LISTED) as (stage, data):
                await stage.reaches(JUST_BEFORE)
                self._played["moved-in"] = Scene(data=data)
        return self._played["moved-in"]

    async def watched(self) -> Scene:
        """The same, where every line is to be heard each five minutes."""
        if "watched" not in self._played:
            data = self._folder / "watched"
            opening = Opening(
                data=data, begins_at=LISTED, engines=self.engines, canary_every_s=CANARY_EVERY_S
            )
            async with open_stage(opening):
                self._played["watched"] = Scene(data=data)
        return self._played["watched"]

    async def seeking_a(self) -> Scene:
        """A was listed the day before."""
        if "seeking-a" not in self._played:
            async with self._going_on("seeking-a", await self.founded(), LISTED) as (stage, data):
                entry_id = await list_a(stage)
                await stage.reaches(JUST_BEFORE)
                self._played["seeking-a"] = Scene(data=data, entry_id=entry_id)
        return self._played["seeking-a"]

    async def alerted(self) -> Scene:
        """A buys a ticket for Saturday."""
        if "alerted" not in self._played:
            former = await self.seeking_a()
            async with self._going_on("alerted", former, JUST_BEFORE) as (stage, data):
                await stage.railway.sells_ticket(cast.A, FIRST_PLAN)
                await stage.settles()
                self._played["alerted"] = Scene(data=data, entry_id=former.entry_id, codes_drawn=2)
        return self._played["alerted"]

    async def taken(self) -> Scene:
        """The judge takes it and answers the railway."""
        if "taken" not in self._played:
            former = await self.alerted()
            assert former.entry_id is not None
            async with self._going_on("taken", former, JUST_BEFORE) as (stage, data):
                await stage.replies(cast.JUDGE, "40718")
                await stage.confirms(cast.JUDGE, await stage.alert_of(former.entry_id), still_wanted())
                self._played["taken"] = Scene(data=data, entry_id=former.entry_id, codes_drawn=2)
        return self._played["taken"]

    async def dispatched(self) -> Scene:
        """A comes tonight, and judge and bailiff go."""
        if "dispatched" not in self._played:
            former = await self.seeking_a()
            assert former.entry_id is not None
            async with self._going_on("dispatched", former, JUST_BEFORE) as (stage, data):
                await stage.railway.sells_ticket(cast.A, TONIGHT)
                await stage.settles()
                await stage.replies(cast.JUDGE, "40718")
                alert = await stage.alert_of(former.entry_id)
                await stage.sends_judge_and_bailiff(alert, court_time(2, 27, 6, 10))
                await stage.confirms(cast.JUDGE, alert, still_wanted())
                self._played["dispatched"] = Scene(data=data, entry_id=former.entry_id, codes_drawn=3)
        return self._played["dispatched"]

    @asynccontextmanager
    async def _going_on(
        self, name: str, former: Scene, begins_at: datetime
    ) -> AsyncIterator[tuple[CourtStage, Path]]:
        data = self._folder / name
        await self.engines.copy(former.data, data)
        codes = former.codes_left
        opening = Opening(data=data, begins_at=begins_at, reply_codes=codes, engines=self.engines)
        async with open_stage(opening) as stage:
            yield stage, data
