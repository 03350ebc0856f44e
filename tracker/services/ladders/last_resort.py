"""Who hears of an alert that reaches nobody whom its ladder names: the loudest alarm there is.

On shift or not: everybody of the command desk, the leaders of the court and of the case's teams, by every
channel, with their own code. The administrators are told that the roster leads to nobody; whom the alert is
about is not theirs to know.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from notifications.channels.port import ChannelKind
from notifications.texts import Facts, TextId
from tracker.domain.alerts import Alert
from tracker.domain.ids import PersonId
from tracker.domain.people import Role, system_actor
from tracker.services import audit
from tracker.services.audit import About
from tracker.services.notices.facts import cases_of
from tracker.services.notices.staff import StaffNotice, tell_people
from tracker.services.notices.superseded import drop_superseded
from tracker.services.notices.telling import Telling, tell
from tracker.services.people.living_ways import can_be_reached
from tracker.storage import notices, people, unreached
from tracker.storage.transaction import Tx

BY_EVERY_CHANNEL: Final = (ChannelKind.SMS, ChannelKind.PUSH, ChannelKind.VOICE)
LAST_RESORT: Final = (Role.COMMAND_DESK, Role.BUREAU_LEADER, Role.PRESIDENT)
KEPT_FOR: Final = timedelta(hours=1)


async def call_last_resort(tx: Tx, alert: Alert) -> bool:
    """The ladder found nobody to its end. False, and nothing happens, while somebody knows of the alert who
    was not called by this, and for a drill, whose page says that it reached nobody.
    """
    if alert.is_drill:
        return False
    if await notices.list_addressed(tx, alert.alert_id) and not await unreached.is_unreached(
        tx, alert.alert_id
    ):
        return False
    if await unreached.record_unreached(tx, alert.alert_id):
        about = About(kind="alert", key=alert.alert_id)
        await audit.record(tx, system_actor(alert.court_id), "nobody reached", about)
        tx.log("nobody-reached", alert=alert.alert_id, correlation=alert.correlation)
    to = await list_last_resort(tx, alert)
    telling = Telling(text_id=TextId.NOBODY_REACHED, to=to, channels=BY_EVERY_CHANNEL)
    await drop_superseded(tx, [(alert, telling)])
    await tell(tx, alert, telling)
    await _tell_administrators(tx, alert)
    return True


async def list_last_resort(tx: Tx, alert: Alert) -> tuple[PersonId, ...]:
    """Who can be reached of desk and leaders, whatever the roster says; nobody for a drill."""
    if alert.is_drill:
        return ()
    found = list(await people.list_with_roles(tx, alert.court_id, LAST_RESORT))
    for case in await cases_of(tx, alert):
        found += await people.list_in_team(tx, case.team_id, Role.TEAM_LEADER)
    return tuple([one for one in dict.fromkeys(found) if await can_be_reached(tx, one)])


async def _tell_administrators(tx: Tx, alert: Alert) -> None:
    number = (await cases_of(tx, alert))[0].number
    court = await people.get_court(tx, alert.court_id)
    facts = Facts(court=court.sms_name, sent_at=tx.at, case=number.short, raised_at=alert.raised_at)
    facts = replace(facts, case_english=number.short_english)
    notice = StaffNotice(
        text_id=TextId.NOBODY_TO_CALL,
        facts_in=lambda _language: facts,
        channels=BY_EVERY_CHANNEL,
        kept_for=KEPT_FOR,
    )
    await tell_people(tx, await people.list_with_roles(tx, alert.court_id, [Role.ADMINISTRATOR]), notice)
