"""`tracker broker setup`: RabbitMQ gets the users, queues and rights of the court and its agencies; any
number of times.

What must not break: nobody gets more than the topology grants, and nothing that waits is lost.
"""

from contextlib import AsyncExitStack
from typing import Final
from urllib.parse import unquote, urlsplit

from adapters.bus.broker_setup import BrokerAdmin, BrokerRefused
from adapters.bus.topology import COURT, topology_of, user_of
from tracker.commands.engines import court_of, load_admission_keys, open_registry
from tracker.commands.start import WELL, CannotRun, say
from tracker.domain.ids import AgencyId
from tracker.domain.keys import broker_password
from tracker.settings import TrackerSettings
from tracker.storage import agencies
from tracker.storage.transaction import Tx

NEEDED: Final = ("court_id", "database_url", "broker_url", "broker_admin_url", "keys_file")


async def set_up_broker(settings: TrackerSettings) -> int:
    """Set it up for the agencies and adapters that the database knows by now."""
    if settings.bus_file is not None:
        say("the embedded bus needs no setting up")
        return WELL
    password, vhost = _own_login(settings)
    async with AsyncExitStack() as opened:
        registry = await open_registry(settings, opened)
        async with registry.reading() as tx:
            listed = await agencies.list_agencies(tx, court_of(settings))
            known = [one for one in listed if one.closing is None]
            instances = {str(one.agency_id): await _names(tx, one.agency_id) for one in known}
    topology = topology_of(instances)
    secret = load_admission_keys(settings).broker
    generations = {user_of(one.agency_id): one.broker_generation for one in known}
    passwords = {
        user.name: broker_password(secret, user.name, generations.get(user.name, 1))
        for user in topology.users
    } | {COURT: password}
    try:
        async with BrokerAdmin(settings.broker_admin_url.get_secret_value(), vhost) as admin:
            await admin.set_up(topology, passwords)
    except BrokerRefused as refused:
        raise CannotRun(f"TRACKER_BROKER_ADMIN_URL: {refused}") from None
    say(f"virtual host {vhost}: {len(topology.queues)} queues, {len(topology.users)} users")
    return WELL


async def _names(tx: Tx, agency_id: AgencyId) -> list[str]:
    return [instance.name for instance in await agencies.list_instances(tx, agency_id)]


def _own_login(settings: TrackerSettings) -> tuple[str, str]:
    """The court's password and virtual host, as its own address has them."""
    parts = urlsplit(settings.broker_url.get_secret_value())
    vhost = unquote(parts.path.removeprefix("/"))
    if parts.username != COURT or not parts.password or not vhost:
        raise CannotRun(
            f"TRACKER_BROKER_URL: name the user {COURT}, a password and a virtual host, "
            f"such as amqp://{COURT}:password@host:5672/court"
        )
    return unquote(parts.password), vhost
