"""Another team of the court: what belongs to the first is none of theirs."""

from scripts import cast
from scripts.cast import Member
from tracker.domain.ids import TeamId
from tracker.domain.people import HeldRole
from tracker.storage import people
from tracker.storage.people import Person
from tracker.storage.transaction import Tx


async def engage_judge(tx: Tx, judge: Member, team_id: TeamId, phone: str | None = None) -> None:
    """A judge with a team of their own. `phone` None: the judge's own."""
    await people.add_team(tx, cast.COURT.court_id, team_id, "另一队")
    person = Person(
        person_id=judge.person_id,
        court_id=cast.COURT.court_id,
        login=judge.login,
        name=judge.name,
        phone=phone or judge.phone,
        language="zh",
        role=judge.role,
        team_id=None,
    )
    await people.add_person(tx, person, "no sign-in")
    await people.grant_role(tx, judge.person_id, HeldRole(role=judge.role, team_id=team_id))
