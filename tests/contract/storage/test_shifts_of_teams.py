"""Whoever comes on the shift of a team is told of that team's own alerts, and of nobody else's."""

from notifications.texts import TextId
from scripts import cast
from tests.another_team import engage_judge
from tests.contract.storage.books import Books
from tests.contract.storage.test_rosters import by_both, opens_alert, stands_in, starts, told
from tracker.domain.ids import TeamId
from tracker.domain.people import Duty, Role
from tracker.domain.rosters import Post

ANOTHER_JUDGE = cast.Member(login="yan", name="严立", role=Role.JUDGE, number=40)
THEIRS = Post(duty=Duty.TEAM, team_id=TeamId("team-two"))


async def test_a_team_is_handed_over_its_own_alerts_and_no_others(books: Books) -> None:
    """The harm: a stranger to the case learns where its debtor will be."""
    await opens_alert(books)
    async with books.registry.transaction() as tx:
        await engage_judge(tx, ANOTHER_JUDGE, TeamId("team-two"))
    await starts(books)

    await stands_in(books, ANOTHER_JUDGE.person_id, (0, 8), THEIRS)
    assert await told(books, TextId.SHIFT_HANDED_OVER) == []
    await stands_in(books, cast.JUDGE.person_id, (0, 8), Post(duty=Duty.TEAM, team_id=cast.TEAM))

    assert await told(books, TextId.SHIFT_HANDED_OVER) == by_both(cast.JUDGE.person_id)
