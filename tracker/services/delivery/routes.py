"""The ways that a notice can take: which providers reach its receiver, the best first."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from notifications.capabilities import ANYWHERE, capability_of
from notifications.channels.port import ChannelKind
from notifications.health import Circuit
from notifications.people import country_of
from notifications.providers import Providers
from notifications.routing import FULL_DAY, Candidate, Need, Tried, candidates_in_order
from notifications.texts import TextId
from tracker.domain.ids import PersonId
from tracker.domain.metering import Happening
from tracker.services.delivery.addresses import find_address
from tracker.services.delivery.probes import list_silent
from tracker.services.people.sms_stops import may_get_sms
from tracker.storage import attempts, people
from tracker.storage.attempts import Attempt
from tracker.storage.notices import Notice
from tracker.storage.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One way to a receiver. `country` (ISO 3166) is the number's, of push `*`; `is_new`: the provider has
    not tried the notice yet; `is_full`: it has sent there today what it lets through in a day.
    """

    provider: str
    address: str
    country: str
    is_new: bool = True
    is_full: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Roads:
    """The providers, and what they have sent to the receivers of some notices within a day."""

    providers: Providers
    sent: Counter[tuple[PersonId, ChannelKind, str]]
    silent: frozenset[str] = frozenset()
    """Providers of SMS whose probes do not arrive."""
    found: dict[tuple[PersonId, ChannelKind, Need], tuple[Route, ...]] = field(default_factory=dict)
    """The ways to people for what nobody has tried yet: one claim is to a few people."""


async def survey(tx: Tx, providers: Providers, waiting: Sequence[Notice]) -> Roads:
    """What must be known to route these notices; messages are counted only where a provider has a cap."""
    receivers = {
        notice.person_id
        for notice in waiting
        if notice.person_id is not None and await _has_cap(tx, providers, notice.channel, notice.person_id)
    }
    sent = await attempts.count_sent(tx, receivers, tx.at - FULL_DAY) if receivers else Counter()
    silent = await list_silent(tx, waiting[0].court_id) if providers.probes.numbers else frozenset()
    return Roads(providers=providers, sent=sent, silent=silent)


async def _has_cap(tx: Tx, providers: Providers, channel: ChannelKind, person_id: PersonId) -> bool:
    """Whether a provider lets only so many messages a day through to a person."""
    phone = "" if channel is ChannelKind.PUSH else (await people.get_person(tx, person_id)).phone
    country = country_of(phone) or ANYWHERE
    known = (capability_of(provider, channel, country) for provider in providers.names(channel))
    return any(one is not None and one.daily_cap is not None for one in known)


def tries_of(former: Sequence[Attempt]) -> tuple[Tried, ...]:
    """What routing wants to know of attempts."""
    if not former:
        return ()
    return tuple(
        Tried(
            provider=one.provider,
            state=one.state,
            action=one.action,
            is_known=one.provider_id is not None,
            submitted_at=one.submitted_at,
            is_repeat=one.is_repeat or one.was_given_up,
        )
        for one in former
    )


async def find_routes(
    tx: Tx, roads: Roads, notice: Notice, need: Need, tried: Sequence[Tried]
) -> tuple[Route, ...]:
    """The ways that are left for a notice, the best first."""
    if tried or notice.person_id is None or notice.text_id is TextId.PROBE:
        return await _find_routes(tx, roads, notice, need, tried)
    key = notice.person_id, notice.channel, need
    found = roads.found.get(key)
    if found is None:
        found = await _find_routes(tx, roads, notice, need, tried)
        # One message tries out a provider that failed a while ago; the others are not to follow it.
        if not _is_trial(tx, roads, notice.channel):
            roads.found[key] = found
    return found


def _is_trial(tx: Tx, roads: Roads, channel: ChannelKind) -> bool:
    providers = roads.providers
    return any(
        providers.circuit(channel, one, tx.at) is Circuit.HALF_OPEN for one in providers.names(channel)
    )


async def _find_routes(
    tx: Tx, roads: Roads, notice: Notice, need: Need, tried: Sequence[Tried]
) -> tuple[Route, ...]:
    routes: dict[str, Route] = {}
    candidates: list[Candidate] = []
    for provider in roads.providers.names(notice.channel):
        route = await find_route(tx, roads, notice, provider)
        if route is None or not await _is_wanted(tx, notice, provider):
            continue
        capability = capability_of(provider, notice.channel, route.country)
        if capability is not None:
            routes[provider] = route
            circuit = roads.providers.circuit(notice.channel, provider, tx.at)
            candidates.append(
                Candidate(
                    provider=provider,
                    capability=capability,
                    circuit=circuit,
                    sent_today=_sent_to(roads, notice, provider),
                    is_silent=notice.channel is ChannelKind.SMS and provider in roads.silent,
                )
            )
    return tuple(
        Route(
            provider=one.provider,
            address=routes[one.provider].address,
            country=routes[one.provider].country,
            is_new=all(former.provider != one.provider for former in tried),
            is_full=one.is_full,
        )
        for one in candidates_in_order(candidates, need, tried)
    )


async def _is_wanted(tx: Tx, notice: Notice, provider: str) -> bool:
    """Whoever replied STOP to a provider gets no SMS of it."""
    if notice.channel is not ChannelKind.SMS or notice.person_id is None:
        return True
    return await may_get_sms(tx, await people.get_person(tx, notice.person_id), provider)


async def why_no_route(tx: Tx, roads: Roads, notice: Notice) -> str:
    """What to say of a notice that no provider can send."""
    providers = roads.providers.names(notice.channel)
    if not providers:
        return "no-provider"
    wanted = [await _is_wanted(tx, notice, provider) for provider in providers]
    return "no-way" if all(wanted) else "wants-no-messages"


def _sent_to(roads: Roads, notice: Notice, provider: str) -> int:
    return 0 if notice.person_id is None else roads.sent[notice.person_id, notice.channel, provider]


async def find_route(tx: Tx, roads: Roads, notice: Notice, provider: str) -> Route | None:
    """The way by one provider; None: it knows no address of the receiver. A probe goes by its own only."""
    if notice.text_id is TextId.PROBE:
        is_own = provider == notice.facts.provider
        address = roads.providers.probes.numbers.get(provider) if is_own else None
    else:
        address = await find_address(tx, notice, provider)
    if address is None:
        return None
    country = ANYWHERE if notice.channel is ChannelKind.PUSH else country_of(address) or ANYWHERE
    return Route(provider=provider, address=address, country=country)


def take_route(tx: Tx, roads: Roads, notice: Notice, route: Route, tried: Sequence[Tried]) -> None:
    """A message goes this way: what is counted of it."""
    roads.providers.chosen(notice.channel, route.provider, tx.at)
    if tried and tried[-1].provider != route.provider:
        tx.counted(Happening.FAILOVERS, tried[-1].provider, route.provider)
    if route.is_full:
        tx.counted(Happening.OVER_DAILY_CAP, route.provider, route.country)
