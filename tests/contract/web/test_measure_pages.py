"""What each measure needs today, what will hold, and what held before, each with its source."""

from dataclasses import replace
from datetime import date

from schemas.measures import Measure
from scripts import cast
from tests.contract.web.site import Site
from tracker.domain.measures import FIRST_RULES
from tracker.storage import rules

BORDER = next(one for one in FIRST_RULES if one.measure is Measure.STOP_AT_BORDER)


async def test_everybody_reads_what_a_measure_needs(quiet_site: Site) -> None:
    page = " ".join((await (await quiet_site.signed_in(cast.CLERK)).opens("/measures")).text.split())

    assert "文书：传票、送达回证、拘传票" in page
    assert '最长 <span class="figure">90</span> 日；生效后 <span class="figure">60</span> 日核验' in page
    assert "《民诉法解释》第175、482条；《民事诉讼法》第119条" in page
    assert page.count("<details>") == 0


async def test_a_rule_to_come_and_a_former_one_stand_beside_it(site: Site) -> None:
    async with site.stage.registry.transaction() as tx:
        to_come = replace(BORDER, limit_days=45, valid_from=date(2026, 7, 1))
        former = replace(BORDER, limit_days=15, valid_from=date(2010, 1, 1), valid_to=date(2017, 3, 1))
        await rules.add_rule(tx, cast.COURT.court_id, to_come)
        await rules.add_rule(tx, cast.COURT.court_id, former)

    page = " ".join((await (await site.signed_in(cast.JUDGE)).opens("/measures")).text.split())

    assert "<summary>自 2026-07-01 起</summary>" in page
    assert "<summary>2010-01-01至2017-03-01前</summary>" in page
    assert [page.count(f'<span class="figure">{days}</span> 日；') for days in (45, 30, 15)] == [1, 1, 1]
