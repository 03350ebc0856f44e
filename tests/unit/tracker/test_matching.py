"""Is the person seen the person wanted? The whole table: three features, each agreeing, missing or not."""

from datetime import date
from itertools import product

import pytest

from schemas.documents import Sex
from tracker.domain.matching import Agreement, Likeness, Verdict, compare

AGREES, MISSING, CONTRADICTS = Agreement.AGREES, Agreement.MISSING, Agreement.CONTRADICTS
KNOWN = Likeness(name="佟大川", birth_date=date(1979, 3, 12), sex=Sex.MALE)

NAMES = {AGREES: "佟大川", MISSING: None, CONTRADICTS: "佟小川"}
BIRTHS = {AGREES: date(1979, 3, 12), MISSING: None, CONTRADICTS: date(1979, 3, 21)}
SEXES = {AGREES: Sex.MALE, MISSING: None, CONTRADICTS: Sex.FEMALE}

VERIFIED = {(AGREES, AGREES, AGREES), (AGREES, AGREES, MISSING), (AGREES, MISSING, AGREES)}
UNVERIFIED = {
    (AGREES, MISSING, MISSING),
    (MISSING, AGREES, AGREES),
    (MISSING, AGREES, MISSING),
    (MISSING, MISSING, AGREES),
    (MISSING, MISSING, MISSING),
}
"""All others contradict in one feature at least, and are doubtful."""


def expected(features: tuple[Agreement, Agreement, Agreement]) -> Verdict:
    if features in VERIFIED:
        return Verdict.VERIFIED
    return Verdict.UNVERIFIED if features in UNVERIFIED else Verdict.DOUBTFUL


@pytest.mark.parametrize(("name", "birth", "sex"), list(product(Agreement, repeat=3)))
def test_every_combination(name: Agreement, birth: Agreement, sex: Agreement) -> None:
    match = compare(Likeness(name=NAMES[name], birth_date=BIRTHS[birth], sex=SEXES[sex]), KNOWN)

    assert match.verdict is expected((name, birth, sex))
    assert match.features == {"name": name, "birth_date": birth, "sex": sex}


def test_what_the_court_does_not_know_cannot_agree() -> None:
    unknown = Likeness(name="佟大川", birth_date=None, sex=None)

    assert compare(KNOWN, unknown).verdict is Verdict.UNVERIFIED


def test_the_explanation_names_nobody() -> None:
    assert "佟" not in repr(compare(KNOWN, KNOWN))
