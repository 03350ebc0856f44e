"""The ground of the matrix: one recorded life, cut into scenes, and a world that begins at any of them."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, TypeAlias

from scripts.engines.postgresql import PostgresServer
from scripts.engines.production import Broker
from tests.engines import Servers
from tests.faults.crossings import Point, When
from tests.faults.engines import TOPOLOGY, USERS, Addresses, purge
from tests.faults.life import SCENES
from tests.faults.nursery import Ended, Killed, Nursery, Order, Part

# What only a living process needs. A copied lock would name readers and owners that are not.
NOT_COPIED: Final = shutil.ignore_patterns("*-shm", "lock.mdb")
VHOST: Final = "lives"


class EmbeddedWorlds:
    """A world is a folder."""

    async def begin(self, name: str) -> None:
        """Everything is in the folder, which the first life makes."""

    async def copy(self, former: str, name: str) -> None:
        """Everything is in the folder, which the ground copies."""

    async def end(self, name: str) -> None:
        """The folder is removed by the ground."""

    def addresses(self, name: str) -> Addresses | None:
        return None


class ProductionWorlds:
    """A world is a folder of edges, a database of the court, and what waits at the broker."""

    def __init__(self, postgres: PostgresServer, broker: Broker) -> None:
        self._postgres = postgres
        self._broker = broker

    @classmethod
    async def on(cls, servers: Servers) -> "ProductionWorlds":
        broker = await Broker.set_up(await servers.rabbit(), VHOST, TOPOLOGY)
        return cls(await servers.postgres(), broker)

    async def begin(self, name: str) -> None:
        await self._postgres.create_database(f"life_{name}")

    async def copy(self, former: str, name: str) -> None:
        await self._postgres.create_database(f"life_{name}", template=f"life_{former}")
        await purge(self._admin)

    async def end(self, name: str) -> None:
        await self._postgres.drop_database(f"life_{name}")

    def addresses(self, name: str) -> Addresses | None:
        return Addresses(
            database=self._postgres.url(f"life_{name}"),
            brokers={user: self._broker.url(user) for user in USERS},
            admin=self._admin,
        )

    @property
    def _admin(self) -> str:
        return self._broker.server.admin_amqp_url(VHOST)


Worlds: TypeAlias = EmbeddedWorlds | ProductionWorlds


@dataclass(slots=True, kw_only=True)
class Ground:
    """`first_seen`: the scene in which each arrow of the recorded life was first crossed. `unharmed`: what
    was left of that life a while after each scene.
    """

    name: str
    nursery: Nursery
    worlds: Worlds
    folder: Path
    first_seen: dict[str, int] = field(default_factory=dict)
    unharmed: list[dict[str, Any]] = field(default_factory=list)

    async def record(self) -> None:
        """Live once without harm, scene by scene, and keep the world as it was before each of them."""
        await self.worlds.begin("rehearsal")
        await self._do(self.nursery.rehearse, Order(data=self._data("rehearsal")), "rehearsal")
        await self.worlds.begin(_before(0))
        await self._tell(Order(data=self._data(_before(0)), last=0), _before(0))
        for number in range(len(SCENES)):
            after = _before(number + 1)
            await self._copy(_before(number), after)
            told = await self._tell(Order(data=self._data(after), first=number, last=number + 1), after)
            for arrow in told["crossed"]:
                self.first_seen.setdefault(arrow, number)
        for number in range(len(SCENES)):
            await self._copy(_before(number + 1), "cell")
            self.unharmed.append(await self.a_while_after(number))

    def points_of(self, scene: int) -> list[Point]:
        """Before and after each arrow that the recorded life first crossed in this scene."""
        return [
            Point(arrow=arrow, when=when)
            for arrow, first in self.first_seen.items()
            for when in When
            if first == scene
        ]

    async def kill_at_each(
        self, scene: int, points: Collection[Point], on_kill: Callable[[Point], None]
    ) -> list[Point]:
        """Kill lives of one scene at all these points, one after another, until one comes to its end. Returns
        the points that no life came to.
        """
        await self.begin(scene)
        waiting = list(points)
        async for point in self._chain(Order(data=self._data("cell"), first=scene, last=scene + 1), points):
            waiting.remove(point)
            on_kill(point)
        return waiting

    async def a_while_after(self, scene: int) -> dict[str, Any]:
        """What is left a while after a scene that has come to its end."""
        a_while = Order(data=self._data("cell"), first=scene + 1, last=scene + 1, and_a_while=True)
        return await self._tell(a_while, "cell")

    async def after_kills(self, *points: Point) -> dict[str, Any]:
        """What is left when a life was killed at each point in turn and the last one went on to the end."""
        first = self._scene(points[0])
        await self.begin(first)
        for point in points:
            await self._kill(Order(data=self._data("cell"), first=first), point)
            first = self._scene(point)
        return await self._tell(Order(data=self._data("cell"), first=first), "cell")

    def _scene(self, point: Point) -> int:
        return self.first_seen[point.arrow]

    async def after_kills_at_the_first_start(self, points: Collection[Point]) -> dict[str, Any]:
        """What is left when first starts were killed, one at each point, the next one came through, and life
        went on.
        """
        shutil.rmtree(self.folder / "cell", ignore_errors=True)
        await self.worlds.end("cell")
        await self.worlds.begin("cell")
        killed = [point async for point in self._chain(Order(data=self._data("cell"), last=0), points)]
        assert sorted(map(str, killed)) == sorted(map(str, points))
        return await self._tell(Order(data=self._data("cell")), "cell")

    async def begin(self, scene: int) -> None:
        """A world of one's own, as it was before a scene."""
        await self._copy(_before(scene), "cell")

    async def kill(self, part: Part, point: Point) -> None:
        """One part lives in the world that was begun, and is killed at the point."""
        await self._kill(Order(data=self._data("cell"), part=part), point)

    async def tell(self, part: Part) -> dict[str, Any]:
        """One part lives in the world that was begun, and ends well."""
        return await self._tell(Order(data=self._data("cell"), part=part), "cell")

    async def _chain(self, order: Order, points: Collection[Point]) -> AsyncIterator[Point]:
        """Lives until one comes to its end: each goes on where the one before it was killed, and is killed at
        the first point that it comes to and at which none was killed before.
        """
        waiting = list(points)
        while isinstance(end := await self._live(_ended_at(order, waiting), "cell"), Killed):
            waiting.remove(end.point)
            yield end.point

    async def _kill(self, order: Order, point: Point) -> None:
        end = await self._live(_ended_at(order, [point]), "cell")
        assert end == Killed(point=point), "the life was to be killed, and came to its end"

    async def _tell(self, order: Order, world: str) -> dict[str, Any]:
        end = await self._live(order, world)
        assert isinstance(end, Ended)
        return end.left

    async def _live(self, order: Order, world: str) -> Killed | Ended:
        end: Killed | Ended = await self._do(self.nursery.live, order, world)
        return end

    async def _do(self, live: Callable[[Order], Any], order: Order, world: str) -> Any:
        return await asyncio.to_thread(live, replace(order, addresses=self.worlds.addresses(world)))

    async def _copy(self, former: str, world: str) -> None:
        shutil.rmtree(self.folder / world, ignore_errors=True)
        await self.worlds.end(world)
        shutil.copytree(self.folder / former, self.folder / world, ignore=NOT_COPIED)
        await self.worlds.copy(former, world)

    def _data(self, world: str) -> str:
        return str(self.folder / world)


def _before(scene: int) -> str:
    return f"before_{scene}"


def _ended_at(order: Order, points: Collection[Point]) -> Order:
    return replace(order, points=tuple(str(point) for point in points))
