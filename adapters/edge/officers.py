"""What officers ask and report: may I stop this person, I hold, I handed over, I let go.

What must not break: a hold bears its end from its first second, and reporting it again does not extend it; a
hold that should not be is recorded all the same, as one to be released now: silence would help nobody.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from pydantic import TypeAdapter, ValidationError

from adapters.edge.disk import Written
from adapters.edge.facts import gather_facts, named_details
from adapters.edge.instruction import (
    Display,
    DisplayState,
    DoNotStop,
    Facts,
    InForce,
    NoStop,
    display_state,
    find_obstacle,
    standing_confirmation,
)
from adapters.edge.parts import EdgeParts
from adapters.screening import Trust
from adapters.sqlite import Tx
from adapters.store.holds import Hold, HoldState, add_hold, record_hold_state
from schemas.messages import HandOverReport, HoldReport, ReleaseReason, ReleaseReport
from schemas.text import Text

_TEXT: Final = TypeAdapter[str](Text)
MOST_TYPED: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The hold is recorded and ends by itself at `release_at`."""

    release_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRefused:
    """There is nothing to hold on: let the person go. The court was told that somebody was held."""

    reason: NoStop
    phone_24h: str


@dataclass(frozen=True, slots=True)
class Reported:
    """Durable, and on its way to the court."""


@dataclass(frozen=True, slots=True)
class NotHeld:
    """Nobody is held under this reference."""


HoldAnswer: TypeAlias = Held | HoldRefused


class OfficerDesk:
    def __init__(self, parts: EdgeParts) -> None:
        self._parts = parts
        self._phone = parts.settings.phone_24h

    async def display(self, reference: int) -> Display:
        async with self._parts.database.reading() as tx:
            facts = await gather_facts(self._parts, tx, reference)
        state = display_state(facts)
        release_at = facts.hold.release_at if facts.hold else None
        if facts.entry is None or state in (DisplayState.GONE, DisplayState.RELEASE):
            # Who is not wanted any more is nobody's business: no measure, no name.
            return Display(reference=reference, state=state, release_at=release_at, phone_24h=self._phone)
        confirmation = standing_confirmation(facts)
        return Display(
            reference=reference,
            state=state,
            measure=facts.entry.measure,
            confirmation=confirmation,
            named=named_details(self._parts, facts.listed_as, facts.entry),
            release_at=release_at,
            phone_24h=confirmation.phone_24h if confirmation else self._phone,
        )

    async def before_stop(self, reference: int) -> InForce | DoNotStop:
        """The one tap before a stop, answered from this edge alone."""
        async with self._parts.database.reading() as tx:
            facts = await gather_facts(self._parts, tx, reference)
        return self._check(facts)

    async def report_hold(self, reference: int, *, place: str, unit: str) -> HoldAnswer:
        async with self._parts.database.transaction() as tx:
            facts = await gather_facts(self._parts, tx, reference)
            if facts.hold is not None and display_state(facts) is DisplayState.HOLDING:
                return Held(release_at=facts.hold.release_at)
            grant = self._grant(facts)
            if facts.hold is None or isinstance(grant, Held):
                hold = _new_hold(reference, facts, grant)
                report = HoldReport(
                    reference=reference,
                    held_at=facts.at,
                    release_at=hold.release_at,
                    place=_readable(place),
                    unit=_readable(unit),
                )
                await _end_hold(tx, facts.hold, HoldState.RELEASED)
                await add_hold(tx, hold)
                await self._parts.envelopes.report(tx, report)
        return grant

    async def report_hand_over(
        self, reference: int, *, to: str, three_point_check: bool
    ) -> Reported | NotHeld:
        report = HandOverReport(
            reference=reference, at=self._parts.ports.now(), to=to, three_point_check=three_point_check
        )
        async with self._parts.database.transaction() as tx:
            hold = (await gather_facts(self._parts, tx, reference)).hold
            if hold is None:
                return NotHeld()
            await _end_hold(tx, hold, HoldState.HANDED_OVER)
            await self._parts.envelopes.report(tx, report)
        return Reported()

    async def report_release(self, reference: int) -> Reported | NotHeld:
        async with self._parts.database.transaction() as tx:
            facts = await gather_facts(self._parts, tx, reference)
            hold = facts.hold
            if hold is None:
                return NotHeld()
            await _end_hold(tx, hold, HoldState.RELEASED)
            # The end of a hold by its own clock was reported when it came.
            if hold.release_reason is not ReleaseReason.HOLD_ENDED:
                is_ordered = display_state(facts) is DisplayState.RELEASE
                reason = ReleaseReason.ORDERED if is_ordered else ReleaseReason.OTHER
                report = ReleaseReport(reference=reference, at=facts.at, reason=reason)
                await self._parts.envelopes.report(tx, report)
        return Reported()

    def _grant(self, facts: Facts) -> HoldAnswer:
        check = self._check(facts)
        if isinstance(check, DoNotStop):
            return HoldRefused(reason=check.reason, phone_24h=check.phone_24h)
        if check.confirmation.hold_for_s is None:
            return HoldRefused(reason=NoStop.NO_HOLD_GRANTED, phone_24h=self._phone)
        hold_for_s = min(check.confirmation.hold_for_s, self._parts.settings.longest_hold_s)
        return Held(release_at=facts.at + timedelta(seconds=hold_for_s))

    def _check(self, facts: Facts) -> InForce | DoNotStop:
        # What ends an instruction may have come, and could not be written.
        is_deaf = self._parts.disk.refuses(Written.ORDERS)
        obstacle = find_obstacle(facts, Trust.NO_STOPS if is_deaf else self._parts.line.trust)
        confirmation = standing_confirmation(facts)
        if obstacle is None and confirmation is not None:
            return InForce(court_heard_s=self._parts.line.silence_s, confirmation=confirmation)
        return DoNotStop(reason=obstacle or NoStop.NOT_CONFIRMED, phone_24h=self._phone)


def _readable(typed: str) -> str:
    """The text as our messages can carry it: a slip of the keyboard must not cost the report of a hold."""
    printable = "".join(character for character in typed if character.isprintable())
    try:
        return _TEXT.validate_python(printable[:MOST_TYPED])
    except ValidationError:
        return "(unreadable)"


async def _end_hold(tx: Tx, hold: Hold | None, state: HoldState) -> None:
    if hold is not None:
        await record_hold_state(tx, replace(hold, state=state))


def _new_hold(reference: int, facts: Facts, grant: HoldAnswer) -> Hold:
    if isinstance(grant, Held) and facts.entry is not None:
        return Hold(
            reference=reference,
            version=facts.entry.version,
            order_id=facts.order_id,
            release_at=grant.release_at,
            state=HoldState.HOLDING,
        )
    # It uses no confirmation up: nobody granted it, and its end is its beginning.
    return Hold(
        reference=reference,
        version=facts.entry.version if facts.entry else 0,
        order_id=None,
        release_at=facts.at,
        state=HoldState.TO_RELEASE,
        release_reason=ReleaseReason.ORDERED,
    )
