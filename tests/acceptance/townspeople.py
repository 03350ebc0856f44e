"""What people and agencies do in a town of real processes, and what they see there a moment later."""

import re
from typing import Any

from adapters.machine import SystemClock
from schemas.measures import AgencyKind
from schemas.messages import Answer, Discretion
from scripts import cast
from scripts.cast import Member
from scripts.town.court import reachable
from scripts.town.listing import Debtor, list_debtors, ticket
from scripts.town.program import ran
from scripts.town.provider import code_in
from scripts.town.town import Town
from scripts.town.waiting import NeverCame, until
from tracker.domain.ids import AgencyId, EntryId
from tracker.services.alerts import confirmations
from tracker.services.alerts.confirmations import AnswerForm
from tracker.services.audit import ChainWhole, verify
from tracker.storage import alerts, audit, entries, instructions, people
from tracker.storage.instructions import Instruction
from tracker.storage.registry import Registry

STILL_WANTED = AnswerForm(
    agency_id=AgencyId("rail"), answer=Answer.STILL_WANTED, discretion=Discretion.MAY_TELL
)


class Townspeople:
    """Everybody in a town, with the court's books open before them."""

    def __init__(self, town: Town, registry: Registry) -> None:
        self.town = town
        self.registry = registry

    async def list_a(self) -> EntryId:
        """A is on the list, and every agency has said that it holds the entry."""
        (entry_id,) = await list_debtors(self.registry, [Debtor(wanted=cast.A, serial=1357)])

        async def missing() -> str | None:
            waiting = [one.agency_id for one in await self._listed(entry_id) if one.in_force_since is None]
            return f"not in force at {waiting}" if waiting else None

        try:
            await until(missing)
        except NeverCame as never:
            wrong = [await program.what_is_wrong() for program in self.town.programs]
            raise NeverCame(f"{never}; its programs say {wrong}") from None
        return entry_id

    async def in_force_at(self, entry_id: EntryId) -> list[str]:
        listed = await self._listed(entry_id)
        return sorted(one.agency_id for one in listed if one.is_listed and one.in_force_since is not None)

    async def a_buys_a_ticket(self) -> tuple[str, str]:
        """At the railway: what its adapter answers, and its reference for the person."""
        use = ticket(Debtor(wanted=cast.A, serial=1357), "ticket-1", SystemClock().now())
        answer = await self.town.uses_card(AgencyKind.RAIL, use)
        return answer["answer"], answer["references"][0]

    async def texts(self, member: Member, count: int) -> list[str]:
        """What has come to a phone once so many texts have; times and codes differ each day."""

        async def missing() -> str | None:
            came = len(self._texts(member))
            return f"{came} of {count} texts have come" if came < count else None

        await until(missing)
        return [_without_what_differs(text) for text in self._texts(member)]

    def replies(self, member: Member) -> None:
        """A member answers the last text with its code, by SMS."""
        code = code_in(self._texts(member)[-1])
        assert code is not None
        self.town.provider.replies(reachable(member.phone), code)

    async def judge_confirms(self, entry_id: EntryId) -> None:
        async with self.registry.transaction() as tx:
            actor = await people.get_actor(tx, cast.JUDGE.person_id)
            subject_id = (await entries.get_entry(tx, entry_id)).subject_id
            alert = await alerts.lock_open_alert(tx, subject_id)
            assert alert is not None
            await confirmations.confirm(tx, actor, alert, STILL_WANTED)

    async def display(self, reference: str, state: str) -> dict[str, Any]:
        """What an officer of the railway sees, once it has this state."""
        shown: dict[str, Any] = {}

        async def missing() -> str | None:
            shown.update(await self.town.adapters[AgencyKind.RAIL].answers(f"/instructions/{reference}"))
            return None if shown["state"] == state else f"the officer sees {shown['state']}"

        await until(missing)
        return shown

    async def before_stop(self, reference: str) -> dict[str, Any]:
        path = f"/instructions/{reference}/before-stop"
        return dict(await self.town.adapters[AgencyKind.RAIL].posted(path, {}))

    async def gone_everywhere(self, entry_id: EntryId) -> float:
        """Until every agency has said that its replica holds the entry no more; the seconds to the last."""

        async def missing() -> str | None:
            waiting = [one.agency_id for one in await self._listed(entry_id) if one.gone_since is None]
            return f"not gone at {waiting}" if waiting else None

        await until(missing)
        return max(
            (one.gone_since - one.changed_at).total_seconds()
            for one in await self._listed(entry_id)
            if one.gone_since is not None
        )

    async def doctors(self) -> list[int]:
        """The exit code of the doctor at the court and at each agency."""
        office = self.town.office
        at_court = await ran(
            "tracker", "doctor", settings=office.settings, folder=office.folder, starter=office.starter
        )
        beside = [
            await ran(
                *("adapters", "doctor"),
                settings=adapter.settings,
                folder=office.folder,
                starter=office.starter,
            )
            for adapter in self.town.adapters.values()
        ]
        return [ended.code for ended in (at_court, *beside)]

    async def chain_is_whole(self) -> bool:
        """Of all audit events, once the last of them is sealed."""

        async def missing() -> str | None:
            async with self.registry.reading() as tx:
                return None if await audit.oldest_unsealed_at(tx) is None else "audit events are not sealed"

        await until(missing)
        async with self.registry.reading() as tx:
            return isinstance(await verify(tx), ChainWhole)

    def logs(self) -> str:
        """All that the programs have logged."""
        return "\n".join(program.log.read_text(encoding="utf-8") for program in self.town.programs)

    def _texts(self, member: Member) -> list[str]:
        return self.town.provider.texts_to(reachable(member.phone))

    async def _listed(self, entry_id: EntryId) -> tuple[Instruction, ...]:
        async with self.registry.reading() as tx:
            subject_id = (await entries.get_entry(tx, entry_id)).subject_id
            return await instructions.list_instructions(tx, subject_id)


def _without_what_differs(text: str) -> str:
    timeless = re.sub(r"\d{1,2}日\d\d:\d\d|\d\d:\d\d", "某时", text)
    return re.sub(r"回\d{5}", "回某码", timeless)
