"""Every template compiles in both languages, and loads nothing that the content policy would refuse."""

import re

import pytest

from tracker.web.rendering import TEMPLATES, environment_of

NAMES = sorted(path.name for path in TEMPLATES.glob("*.html"))
INLINE = re.compile(r"<style|\sstyle=|\son\w+=|javascript:|<script(?![^>]*\ssrc=)|https?://")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", NAMES)
def test_a_template_compiles(name: str, language: str) -> None:
    assert environment_of(language).get_template(name).name == name


@pytest.mark.parametrize("name", NAMES)
def test_a_template_holds_nothing_inline_and_nothing_foreign(name: str) -> None:
    assert INLINE.findall((TEMPLATES / name).read_text(encoding="utf-8")) == []
