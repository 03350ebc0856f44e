"""Texts as the court words them: said from the commit on, provable as they were said, never a reason to stay
silent.
"""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from notifications.channels.port import ChannelKind
from notifications.texts import Language, TextId
from notifications.texts.catalogue import Phrasing
from notifications.texts.checks import built_in
from notifications.texts.units import fits_one_segment
from scripts import cast
from tests.contract.storage.books import BEGINS, Books
from tests.contract.storage.paging import MINE, PROVIDERS, is_seen, sends
from tests.contract.storage.test_ladders import administrator_of, has_device
from tracker.domain.alerts import Alert
from tracker.domain.errors import Conflict, Invalid, NotAllowed
from tracker.domain.ids import CourtId
from tracker.services.delivery.claims import claim_sendings
from tracker.services.notices.texts import Edit, list_outgrown, save_text
from tracker.storage import attempts, audit, notices, people, texts
from tracker.storage.attempts import Attempt
from tracker.storage.tables.texts import edited_text
from tracker.storage.texts import SavedText, TextKey

COURT_ID: CourtId = cast.COURT.court_id
PAGE = TextKey(TextId.IMMINENT, Language.CHINESE)
SHORTER = Phrasing(sms="速看：{case}{surname}某，{whereabouts}。接手回{code}", push_title="速看 · {case}")


async def edits(books: Books, phrasing: Phrasing, made_from: int = 1) -> SavedText:
    actor = await administrator_of(books)
    async with books.registry.transaction() as tx:
        edit = Edit(made_from=made_from, phrasing=phrasing, reason="更易读")
        return await save_text(tx, actor, PAGE, edit)


async def sent_to_judge(books: Books, alert: Alert, channel: ChannelKind = ChannelKind.SMS) -> Attempt:
    async with books.registry.reading() as tx:
        (notice,) = [
            one
            for one in await notices.list_notices(tx, alert.alert_id)
            if one.person_id == cast.JUDGE.person_id and one.channel is channel
        ]
        (attempt,) = await attempts.list_attempts(tx, [notice.notice_id])
    return attempt


async def test_a_saved_text_is_said_from_the_commit_on_with_who_saved_it_and_why(books: Books) -> None:
    alert = await is_seen(books)
    saved = await edits(books, replace(SHORTER, push_body=built_in(*PAGE).push_body))
    await sends(books)

    attempt = await sent_to_judge(books, alert)
    async with books.registry.reading() as tx:
        (kept,) = await texts.list_versions(tx, COURT_ID, PAGE)
        (event,) = await audit.list_events_about(tx, "A3-zh")

    assert attempt.text.startswith("【云河法院】速看：26执1357佟某，")
    assert kept == saved
    assert (kept.version, kept.phrasing) == (2, SHORTER), "what is as built in is not kept"
    assert (kept.saved_by, kept.saved_at, kept.reason) == (cast.ADMINISTRATOR.person_id, BEGINS, "更易读")
    assert (event.action, event.detail) == ("text saved", {"version": 2})


async def test_what_was_sent_stays_as_it_was_sent_with_the_title_of_a_push(books: Books) -> None:
    await has_device(books, cast.JUDGE)
    await edits(books, SHORTER)
    alert = await is_seen(books)
    await sends(books)
    await edits(books, Phrasing(), made_from=2)

    sms, push = [await sent_to_judge(books, alert, one) for one in (ChannelKind.SMS, ChannelKind.PUSH)]

    assert sms.text.startswith("【云河法院】速看：26执1357佟某，")
    assert (sms.title, push.title) == (None, "速看 · 26执1357")


async def test_back_to_the_built_in_text_is_a_version_too(books: Books) -> None:
    await edits(books, SHORTER)
    await edits(books, Phrasing(), made_from=2)
    alert = await is_seen(books)
    await sends(books)

    assert (await sent_to_judge(books, alert)).text.startswith("【云河法院】紧急预警：26执1357佟某，")
    async with books.registry.reading() as tx:
        assert [one.version for one in await texts.list_versions(tx, COURT_ID, PAGE)] == [3, 2]


async def test_two_who_edit_the_same_version_do_not_overwrite_one_another(books: Books) -> None:
    await edits(books, SHORTER)

    with pytest.raises(Conflict):
        await edits(books, Phrasing())


async def test_what_the_checks_refuse_is_not_kept(books: Books) -> None:
    with pytest.raises(Invalid, match=r"sms: there is no \{phone\}; there are \{case\}"):
        await edits(books, Phrasing(sms="速看：{case}{phone}"))

    async with books.registry.reading() as tx:
        assert await texts.list_texts(tx, COURT_ID) == {}


async def test_who_is_no_administrator_edits_no_text(books: Books) -> None:
    async with books.registry.transaction() as tx:
        judge = await people.get_actor(tx, cast.JUDGE.person_id)
        with pytest.raises(NotAllowed):
            await save_text(tx, judge, PAGE, Edit(made_from=1, phrasing=SHORTER, reason="x"))


async def test_nobody_goes_untold_because_another_release_knew_other_words(books: Books) -> None:
    await edits(books, SHORTER)
    async with books.registry.transaction() as tx:
        await tx.run(sa.update(edited_text).values(sms="速看：{case}，{word_of_a_later_release}"))
        unknown = SavedText(
            version=2, phrasing=SHORTER, reason="x", saved_by=cast.ADMINISTRATOR.person_id, saved_at=tx.at
        )
        await texts.add_text(tx, COURT_ID, TextKey("Z9", Language.CHINESE), unknown)  # type: ignore[arg-type]
    alert = await is_seen(books)
    await sends(books)

    assert (await sent_to_judge(books, alert)).text.startswith("【云河法院】紧急预警：26执1357佟某，")


FULL = Phrasing(sms="请速看：{case}，{whereabouts}。接手请回{code}，收到后请立即登录系统看文书后出发")
"""Nearly as long as it may be under the name of 云河法院."""
GROWN = replace(cast.COURT, sms_name="云河蒙古族哈萨克族自治州人民法院")


async def test_a_text_that_the_courts_name_has_outgrown_is_said_as_built_in_and_named(books: Books) -> None:
    await edits(books, FULL)
    async with books.registry.transaction() as tx:
        assert await list_outgrown(tx, cast.COURT) == ()
        await people.change_court(tx, GROWN)
    alert = await is_seen(books)
    await sends(books)

    async with books.registry.reading() as tx:
        [outgrown] = await list_outgrown(tx, GROWN)
    said = (await sent_to_judge(books, alert)).text
    assert (outgrown.key, outgrown.version) == (PAGE, 2)
    assert said.startswith("【云河蒙古族哈萨克族自治州人民法院】紧急预警：26执1357佟某，")
    assert fits_one_segment(said)


async def test_the_texts_are_read_once_for_all_notices_of_a_claim(books: Books) -> None:
    asked: list[str] = []
    await is_seen(books)
    async with books.registry.transaction() as tx:
        sa.event.listen(tx.db.sync_connection, "before_cursor_execute", lambda *told: asked.append(told[2]))
        claimed = await claim_sendings(tx, MINE, PROVIDERS)

    assert len(claimed) > 1
    assert sum("FROM edited_text" in statement for statement in asked) == 1
