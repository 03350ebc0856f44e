"""A whole court with its edges and its bus at work: nobody is found in its folder without the keys."""

from datetime import date
from pathlib import Path

from schemas.documents import DocumentKind, IdentityDocument
from schemas.tokens import token_of
from scripts import cast
from tests.contract.web.site import Site
from tests.enumeration import everything_under, numbers_of, plain_hashes, who_is_found
from tracker.domain.ids import AgencyId
from tracker.storage import feeds


async def test_who_tries_every_number_finds_nobody_and_with_the_key_of_the_railway_who_is_listed(
    site: Site, tmp_path: Path
) -> None:
    await site.sees_a()
    async with site.stage.registry.reading() as tx:
        keys = (await feeds.get_feed(tx, AgencyId("rail"))).keys
    numbers = tuple(numbers_of("990000", date(1979, 3, 12)))
    tokens = {
        number: (token_of(IdentityDocument(kind=DocumentKind.RESIDENT_ID, number=number), keys.token_key),)
        for number in numbers
    }
    edges = everything_under(tmp_path / "data" / "edges")
    written = everything_under(tmp_path / "data")

    assert who_is_found(written, {number: tuple(plain_hashes(number)) for number in numbers}) == set()
    assert who_is_found(edges, tokens) == {cast.A.number}
    assert who_is_found(edges, {"token key": (keys.token_key,), "digest key": (keys.digest_key,)}) == set()
    assert cast.A.number.encode() not in written
