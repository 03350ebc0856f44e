"""kill -9 before and after each arrow of the path; the next life goes on, and nothing is lost or doubled.

The lives of a scene follow each other in one world, each killed where none was killed before. A scene that
fails names its kills in their order; `--alone "before ARROW"` plays one of them by itself.
"""

from collections.abc import Callable
from typing import Any

import pytest

from notifications.channels.port import ChannelKind
from scripts.cast import BAILIFF_ONE, DESK, DUTY_OFFICER, JUDGE, B
from tests.faults.crossings import Point, When
from tests.faults.ground import Ground
from tests.faults.life import SCENES
from tests.faults.path import ARROWS, PATH
from tests.faults.table import ALONE, CELL, cell

ONE_OF_EACH_ROW = [Point(arrow=arrows[0], when=When.AFTER) for arrows in ARROWS.values()]
"""A life that was harmed in every row ends as the story does."""
COMPARED = ("alerts", "entry", ChannelKind.SMS, ChannelKind.VOICE, "gone", "due")
PLAN = "26执1402程某，Z38次9车41座，27日06:59到北京西"
TAKEN = "【云河法院】26执1402程某的预警，沈法官12:00已接手，您无需再回，行程有变会另行通知"
SENT_OUT = "【云河法院】派员：26执1402程某，27日06:59到北京西，06:10北京西站台集合，带队沈法官。收到请回"
IN_THE_INN = "紧急预警：26执1402程某，25日12:00入住西直门如归旅店，人在店内。接手请"
STOPPED = "26执1402程某25日12:01已履行，各单位已撤控。勿查找勿拦截，已控制的立即放行"
CLIMBS = "12:03起逐级上报"
SMS = sorted(
    [
        [JUDGE.phone, f"【云河法院】行踪预警：{PLAN}。接手请回40718"],
        [DUTY_OFFICER.phone, f"【云河法院】值班预警：{PLAN}，承办沈法官。接手请回58263"],
        [DUTY_OFFICER.phone, TAKEN],
        [JUDGE.phone, f"{SENT_OUT}40718"],
        [BAILIFF_ONE.phone, f"{SENT_OUT}61935"],
        [JUDGE.phone, f"【云河法院】{IN_THE_INN}回61936，{CLIMBS}"],
        [DUTY_OFFICER.phone, f"【云河法院】{IN_THE_INN}回73520，{CLIMBS}"],
        [JUDGE.phone, f"【云河法院】停止行动：{STOPPED}。收到请回61936"],
        [DUTY_OFFICER.phone, f"【云河法院】停止行动：{STOPPED}。收到请回73520"],
        [
            B.phone,
            "【云河法院】26执1402案款已到账，对您的协助查找25日12:01已全部解除。出行如仍被拦，请拨010-00000000",
        ],
    ]
)
CALLS = sorted(
    [one.phone, f"云河法院。{said}"]
    for one in (JUDGE, DUTY_OFFICER)
    for said in (f"{IN_THE_INN}按1，{CLIMBS}", f"停止行动：{STOPPED}。收到请按1")
)
PUSHED = sorted(
    [
        *[JUDGE.person_id] * 6,
        *[DUTY_OFFICER.person_id] * 4,
        *[DESK.person_id] * 2,
        BAILIFF_ONE.person_id,
    ]
)
NOTHING_WAITS = {
    "changes without a number": 0,
    "packets not published": 0,
    "messages to agencies": 0,
    "messages from agencies": 0,
    "notices": 0,
    "attempts": 0,
    "reports of agencies": 0,
}


@pytest.fixture
def points(ground: Ground, scene: int, pytestconfig: pytest.Config) -> list[Point]:
    """Before and after each arrow of the scene, or what is to be played alone."""
    points, alone = ground.points_of(scene), pytestconfig.getoption(ALONE, None)
    if alone is None:
        return points
    if alone not in points:
        pytest.skip("an arrow of another scene is played alone")
    return [alone]


@pytest.fixture
def mark(ground: Ground, record_property: Callable[[str, object], None]) -> Callable[[Point], None]:
    """Each kill fills its cell of the printed table, and stands in what a failed test has to show."""

    def mark(point: Point) -> None:
        print(f"killed {point}")
        record_property(CELL, cell(ground.name, point))

    return mark


@pytest.mark.parametrize("scene", range(len(SCENES)))
async def test_what_was_begun_is_finished_once(
    ground: Ground, scene: int, points: list[Point], mark: Callable[[Point], None]
) -> None:
    missed = await ground.kill_at_each(scene, points, mark)
    left, unharmed = await ground.a_while_after(scene), ground.unharmed[scene]

    assert {what: left[what] for what in COMPARED} == {what: unharmed[what] for what in COMPARED}
    assert pushed_to(left) == pushed_to(unharmed)
    assert_nothing_is_lost_or_doubled(left)
    assert missed == [], "a hole in the table: no life came to this point"


async def test_life_goes_on_to_its_end(ground: Ground) -> None:
    left = await ground.after_kills(*ONE_OF_EACH_ROW)

    assert left["alerts"] == [["closed", "handed-over"], ["retracted", None]]
    assert left["entry"] == "ended"
    assert left[ChannelKind.SMS] == SMS
    assert left[ChannelKind.VOICE] == CALLS
    assert pushed_to(left) == PUSHED
    assert left["gone"] == ["police", "rail"]
    assert_nothing_is_lost_or_doubled(left)


def assert_nothing_is_lost_or_doubled(left: dict[str, Any]) -> None:
    assert left["not sent once"] == []
    assert left["repeated"] == left["in doubt"]
    assert left["marked"] == left["in doubt and spoken"]
    assert left["waiting"] == NOTHING_WAITS
    assert left["differing replicas"] == []
    assert left["on the bus"] == []
    assert left["audit chain is whole"] is True


def pushed_to(left: dict[str, Any]) -> list[str]:
    """To whom, without the words: a push says how long ago it was written."""
    return [to for to, _text in left[ChannelKind.PUSH]]


async def test_lives_that_die_again_and_again_before_the_provider_is_asked_lose_nothing(
    ground: Ground,
) -> None:
    before = Point(arrow="channel send: sms", when=When.BEFORE)

    left = await ground.after_kills(before, before)

    assert left[ChannelKind.SMS] == SMS
    assert left["not sent once"] == []
    assert left["waiting"] == NOTHING_WAITS


def test_every_arrow_of_a_life_stands_in_a_row(ground: Ground) -> None:
    assert sorted(ground.first_seen) == sorted(arrow for arrows in ARROWS.values() for arrow in arrows)


def test_every_row_has_arrows() -> None:
    assert [row for row in PATH if not ARROWS[row]] == []
