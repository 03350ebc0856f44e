"""A role counts where it is held: in its own team, on its own shift; only the own court's people are sent."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from scripts import cast
from scripts.cast import ASSISTANT, BAILIFF_ONE, CLERK, DESK, DUTY_OFFICER, JUDGE, Member
from scripts.desk import court_time
from scripts.story.props import TONIGHT
from tests.acceptance.court import CourtStage
from tracker.domain.alerts import Alert, Outcome
from tracker.domain.entries import EntryState
from tracker.domain.errors import Conflict, Invalid, NotAllowed
from tracker.domain.ids import CourtId, EntryId, PersonId, TeamId
from tracker.domain.people import HeldRole, Role
from tracker.services.alerts.dispatches import DispatchForm
from tracker.services.answers.replies import ReplyMeaning
from tracker.storage import alert_acts, audit, people
from tracker.storage.people import Court, Person
from tracker.storage.tables import notices

MUSTER_AT = court_time(2, 27, 6, 10)
BOTH = (JUDGE.person_id, BAILIFF_ONE.person_id)
SENT = DispatchForm(
    leader_id=JUDGE.person_id, member_ids=BOTH, muster_place="北京西站台", muster_at=MUSTER_AT
)
STRANGER = PersonId("person-of-another-court")


async def also_is(stage: CourtStage, member: Member, held: HeldRole) -> None:
    async with stage.registry.transaction() as tx:
        await people.grant_role(tx, member.person_id, held)


async def comes_tonight(stage: CourtStage, entry_id: EntryId) -> Alert:
    await stage.railway.sells_ticket(cast.A, TONIGHT)
    await stage.settles()
    stage.reads_everything()
    return await stage.alert_of(entry_id)


async def actions_on(stage: CourtStage, about: str) -> list[tuple[str, str]]:
    async with stage.registry.reading() as tx:
        return [(one.actor, one.action) for one in await audit.list_events_about(tx, about)]


async def test_a_clerk_of_another_team_withdraws_nothing_here(stage: CourtStage, entry_a: EntryId) -> None:
    async with stage.registry.transaction() as tx:
        await people.add_team(tx, cast.COURT.court_id, TeamId("team-2"), "另一队")
    await also_is(stage, ASSISTANT, HeldRole(role=Role.CLERK, team_id=TeamId("team-2")))

    with pytest.raises(NotAllowed, match="withdraw or end an entry"):
        await stage.withdraws(entry_a, ASSISTANT)

    await stage.withdraws(entry_a, CLERK)
    assert (await stage.entry(entry_a)).state is EntryState.ENDED


async def test_an_officer_on_shift_is_no_desk_off_shift(stage: CourtStage, entry_a: EntryId) -> None:
    await also_is(stage, DUTY_OFFICER, HeldRole(role=Role.COMMAND_DESK, team_id=None))

    with pytest.raises(NotAllowed, match="withdraw or end an entry"):
        await stage.withdraws(entry_a, DUTY_OFFICER)


async def test_only_people_of_the_own_court_are_sent(stage: CourtStage, entry_a: EntryId) -> None:
    alert = await comes_tonight(stage, entry_a)
    async with stage.registry.transaction() as tx:
        await people.add_court(tx, OTHER_COURT)
        await people.add_person(tx, OF_THE_OTHER_COURT, "no sign-in")

    with pytest.raises(Invalid, match="members: choose among the people of this court"):
        await stage.dispatches(JUDGE, alert, replace(SENT, member_ids=(*BOTH, STRANGER)))


async def test_who_is_named_twice_goes_once(stage: CourtStage, entry_a: EntryId) -> None:
    alert = await comes_tonight(stage, entry_a)

    await stage.dispatches(JUDGE, alert, replace(SENT, member_ids=(*BOTH, *BOTH)))

    async with stage.registry.reading() as tx:
        dispatch = await alert_acts.find_standing_dispatch(tx, alert.alert_id)
    assert dispatch is not None
    assert set(dispatch.member_ids) == set(BOTH)
    assert (len(stage.sms(JUDGE)), len(stage.sms(BAILIFF_ONE))) == (1, 1)


async def test_nobody_arrives_at_what_has_ended(dispatched: CourtStage, entry_a: EntryId) -> None:
    alert = await dispatched.alert_of(entry_a)
    await dispatched.closes(JUDGE, alert, Outcome.NOT_FOUND)
    dispatched.reads_everything()

    with pytest.raises(Conflict, match="the alert has ended"):
        await dispatched.arrives(BAILIFF_ONE, alert)


async def test_a_right_code_proves_that_the_person_was_told(alerted: CourtStage, entry_a: EntryId) -> None:
    async with alerted.registry.transaction() as tx:
        await tx.run(sa.update(notices.attempt).values(state="undelivered"))

    assert await alerted.replies(JUDGE, "40718") is ReplyMeaning.TOOK
    alerted.reads_everything()


async def test_an_answer_to_an_order_and_a_stop_are_in_the_audit_log(
    dispatched: CourtStage, entry_a: EntryId
) -> None:
    alert = await dispatched.alert_of(entry_a)

    assert await dispatched.replies(BAILIFF_ONE, "61935") is ReplyMeaning.ANSWERED
    assert await dispatched.replies(BAILIFF_ONE, "STOP") is ReplyMeaning.WANTS_NO_MESSAGES

    by_bailiff = BAILIFF_ONE.person_id
    assert (by_bailiff, "order answered") in await actions_on(dispatched, alert.alert_id)
    assert (by_bailiff, "wants no messages") in await actions_on(dispatched, by_bailiff)
    assert len(dispatched.sms(DESK)) == 1


OTHER_COURT = Court(
    court_id=CourtId("other"), code="京0198", name="另一法院", sms_name="另一法院", desk_phone="010-0000"
)
OF_THE_OTHER_COURT = Person(
    person_id=STRANGER,
    court_id=OTHER_COURT.court_id,
    login="stranger",
    name="戚远",
    phone=cast.demo_phone(77),
    language="zh",
    role=None,
    team_id=None,
)
