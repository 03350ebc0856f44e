"""The model case through real processes: PostgreSQL, RabbitMQ, two of the court's, an adapter at each of four
agencies, phones behind a provider; on the system's own clock.
"""

from collections.abc import AsyncIterator

import pytest

from scripts.cast import DUTY_OFFICER, JUDGE
from scripts.invented_people import found_in
from scripts.town.court import Ground
from scripts.town.town import Town
from tests.acceptance.townspeople import Townspeople
from tests.engines import Servers
from tests.programs import warm

EVERYWHERE = ["border", "exit-entry", "police", "rail"]
TO_JUDGE = "【云河法院】行踪预警：26执1357佟某，Z38次7车12下，某时到北京西。接手请回某码"
TO_DUTY_OFFICER = "【云河法院】值班预警：26执1357佟某，Z38次7车12下，某时到北京西，承办沈法官。接手请回某码"
TAKEN = "【云河法院】26执1357佟某的预警，沈法官某时已接手，您无需再回，行程有变会另行通知"
STOP = "【云河法院】停止行动：26执1357佟某某时已履行，"


@pytest.fixture
async def people(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Townspeople]:
    """A town that was just built, and everybody in it."""
    postgres, rabbit = await servers.postgres(), await servers.rabbit()
    folder = tmp_path_factory.mktemp("town")
    ground = Ground(postgres=postgres, rabbit=rabbit, name="town", folder=folder, starter=warm)
    async with (
        Town.built(ground) as town,
        town.books() as registry,
    ):
        await town.starts()
        yield Townspeople(town, registry)
    await rabbit.drop_vhost("town")
    await postgres.drop_database("town")


async def test_from_the_list_to_the_stand_down(people: Townspeople) -> None:
    town = people.town
    entry_id = await people.list_a()
    assert await people.in_force_at(entry_id) == EVERYWHERE

    answer, reference = await people.a_buys_a_ticket()
    assert answer == "hit"
    assert await people.texts(JUDGE, 1) == [TO_JUDGE]
    assert await people.texts(DUTY_OFFICER, 1) == [TO_DUTY_OFFICER]
    assert (await people.display(reference, "report-only"))["confirmation"] is None

    ended = await town.serves["one"].end()
    assert (ended.code, ended.took_s < 15) == (0, True), "the promise is five seconds when idle"
    people.replies(JUDGE)
    assert await people.texts(DUTY_OFFICER, 2) == [TO_DUTY_OFFICER, TAKEN]
    await people.judge_confirms(entry_id)
    shown = await people.display(reference, "hold-when-checked")
    assert shown["confirmation"]["answer"] == "still-wanted"
    assert (await people.before_stop(reference))["answer"] == "in-force"

    print(f"ready again after {await town.serves['one'].start_ready():.1f} s")
    await town.pays("（2026）京0199执1357号", 1_000_000, "R-1")
    print(f"gone everywhere after {await people.gone_everywhere(entry_id):.2f} s")
    assert await people.in_force_at(entry_id) == []
    assert (await people.texts(JUDGE, 2))[-1].startswith(STOP)
    assert (await people.texts(DUTY_OFFICER, 3))[-1].startswith(STOP)
    assert (await people.display(reference, "gone"))["measure"] is None
    assert (await people.before_stop(reference))["answer"] == "do-not-stop"

    await town.is_ready()
    assert await people.doctors() == [0, 0, 0, 0, 0]
    assert await people.chain_is_whole()
    assert found_in(people.logs()) == []
