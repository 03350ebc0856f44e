"""Makes a broker what the topology says, over its management interface. Any number of times.

What must not break: nobody is given more than the topology grants, a user that is there already included;
and nothing that waits in a queue is lost by running it again, but packets, which adapters fetch then.
"""

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

import aiohttp

from adapters.bus.topology import LANES, Queue, Room, Topology, User, user_of

TIMEOUT: Final = aiohttp.ClientTimeout(total=30)


class BrokerRefused(Exception):
    """The management interface refused a step; the text names the step, the status and the remedy."""


class BrokerAdmin:
    """One administrator of one virtual host. `url`: http(s)://user:password@host:port."""

    def __init__(self, url: str, vhost: str) -> None:
        address = urlsplit(url)
        login = aiohttp.encode_basic_auth(unquote(address.username or ""), unquote(address.password or ""))
        self._base = f"{address.scheme}://{address.hostname}:{address.port}/api"
        self._vhost = quote(vhost, safe="")
        self._client = aiohttp.ClientSession(headers={"Authorization": login}, timeout=TIMEOUT)

    async def __aenter__(self) -> "BrokerAdmin":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.close()

    async def set_up(self, topology: Topology, passwords: Mapping[str, str]) -> None:
        """Virtual host, exchanges, queues, bindings, users with their passwords, permissions and limits."""
        await self._put(f"vhosts/{self._vhost}", {})
        for room in topology.rooms:
            await self._make_room(room)
        for exchange in topology.exchanges:
            await self._put(self._of_vhost("exchanges", exchange), {"type": "direct", "durable": True})
        await self._clear_hints(topology)
        for queue in topology.queues:
            await self._make_queue(queue)
        await self._unbind(topology)
        for user in topology.users:
            await self._make_user(user, passwords[user.name])
        await self._sweep(topology)

    async def _clear_hints(self, topology: Topology) -> None:
        """Take away the queues of feeds that an older set-up has made otherwise: what waits there is fetched
        from the court's log.
        """
        wanted = {queue.name: queue.arguments for queue in topology.queues}
        found: list[dict[str, Any]] = await self._ask("GET", f"queues/{self._vhost}", None)
        for queue in found:
            name = str(queue["name"])
            if name.startswith("feed.") and name in wanted and queue["arguments"] != dict(wanted[name]):
                await self._delete(self._of_vhost("queues", name))

    async def _unbind(self, topology: Topology) -> None:
        """Take away the ways into a queue that an older set-up has made and this one does not."""
        wanted = {queue.name: queue.bound_to for queue in topology.queues}
        found: list[dict[str, Any]] = await self._ask("GET", f"bindings/{self._vhost}", None)
        for binding in found:
            exchange, queue, key = binding["source"], binding["destination"], binding["routing_key"]
            # The default exchange reaches every queue, and nobody may use it.
            if exchange and queue in wanted and wanted[queue].get(exchange) != key:
                way = quote(binding["properties_key"], safe="")
                await self._delete(f"{self._way(exchange, queue)}/{way}")

    def _way(self, exchange: str, queue: str) -> str:
        return f"bindings/{self._vhost}/e/{quote(exchange, safe='')}/q/{quote(queue, safe='')}"

    async def _sweep(self, topology: Topology) -> None:
        """Take away what an agency or an adapter had that is no longer let in, with all that waits there; its
        dead letters stay.
        """
        known = {queue.name for queue in topology.queues}
        for queue in await self._names("queues"):
            if queue.partition(".")[0] in (*LANES, "from") and queue not in known:
                await self._delete(self._of_vhost("queues", queue))
        for exchange in await self._names("exchanges"):
            if exchange.startswith("from.") and exchange not in topology.exchanges:
                await self._delete(self._of_vhost("exchanges", exchange))
        users = {user.name for user in topology.users}
        for user in await self._list(f"vhosts/{self._vhost}/permissions", "user"):
            if user.startswith(user_of("")) and user not in users:
                await self._delete(f"permissions/{self._vhost}/{quote(user, safe='')}")

    async def _names(self, kind: str) -> list[str]:
        return await self._list(f"{kind}/{self._vhost}", "name")

    async def _list(self, path: str, field: str) -> list[str]:
        found: list[dict[str, Any]] = await self._ask("GET", path, None)
        return [str(one[field]) for one in found]

    async def purge(self, queue: str) -> None:
        """Empty a queue."""
        await self._delete(self._of_vhost("queues", queue) + "/contents")

    async def _make_room(self, room: Room) -> None:
        """A policy, for the arguments of a queue that is there already cannot be changed."""
        definition = {"max-length-bytes": room.most_bytes, "overflow": "reject-publish"}
        body = {"pattern": room.queues, "definition": definition, "apply-to": "queues"}
        await self._put(self._of_vhost("policies", room.name), body)

    async def alarms(self) -> Sequence[str]:
        """What the broker has run short of, and on which node: until it is mended it takes no message."""
        answer = await self._ask("GET", "health/checks/alarms", None, also=503)
        return [f"{alarm['resource']} on {alarm['node']}" for alarm in answer.get("alarms", ())]

    async def _make_queue(self, queue: Queue) -> None:
        await self._put(
            self._of_vhost("queues", queue.name), {"durable": True, "arguments": dict(queue.arguments)}
        )
        for exchange, key in queue.bound_to.items():
            await self._ask("POST", self._way(exchange, queue.name), {"routing_key": key})

    async def _make_user(self, user: User, password: str) -> None:
        name = quote(user.name, safe="")
        await self._put(f"users/{name}", {"password": password, "tags": ""})
        rights = {"configure": user.configure, "write": user.write, "read": user.read}
        await self._put(f"permissions/{self._vhost}/{name}", rights)
        for limit, most in user.limits.items():
            await self._put(f"user-limits/{name}/{limit}", {"value": most})

    def _of_vhost(self, kind: str, name: str) -> str:
        return f"{kind}/{self._vhost}/{quote(name, safe='')}"

    async def _put(self, path: str, body: Mapping[str, Any]) -> None:
        await self._ask("PUT", path, body)

    async def _delete(self, path: str) -> None:
        await self._ask("DELETE", path, None, also=404)

    async def _ask(self, method: str, path: str, body: Mapping[str, Any] | None, also: int = 200) -> Any:
        """The answer of a GET; `also` is a status that is no refusal either."""
        try:
            async with self._client.request(method, f"{self._base}/{path}", json=body) as response:
                if response.status in (401, 403):
                    raise BrokerRefused(f"{path}: the administrator's user or password is not accepted")
                if response.status >= 400 and response.status != also:
                    reason = (await response.json(content_type=None)).get("reason", "")
                    raise BrokerRefused(f"{method} {path}: status {response.status} {reason}")
                return await response.json() if method == "GET" else None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise BrokerRefused(
                f"the management interface does not answer ({type(error).__name__}): "
                "is the plugin rabbitmq_management enabled?"
            ) from error
