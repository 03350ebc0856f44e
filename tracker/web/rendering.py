"""Renders pages from templates, in one of two languages; everything that is shown is escaped.

What must not break: a template that names something it was not given fails, instead of showing nothing.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from notifications.channels.port import ChannelKind
from notifications.delivery import AttemptState, NoticeState
from notifications.texts import TextId
from schemas.messages import Answer
from tracker.domain.devices import DeviceProvider
from tracker.domain.matching import Agreement, Verdict
from tracker.domain.plans import Urgency
from tracker.web.words import audit, formats, labels
from tracker.web.words.devices import reason_label
from tracker.web.words.refusals import refusal_label, refused_there_label

TEMPLATES: Final = Path(__file__).parent / "templates"
LANGUAGES: Final = ("zh", "en")


class Pages:
    """The templates, compiled once for each language.

    In a template `say(chinese, english)` is the text in the page's language, `label(member)` the word for a
    member of a closed set.
    """

    def __init__(self) -> None:
        self._environments = {language: environment_of(language) for language in LANGUAGES}

    def render(self, template: str, language: str, **shown: Any) -> str:
        return self._environments[language].get_template(template).render(**shown)


def templates_in(folder: Path, language: str) -> Environment:
    """The templates of a folder: `say` is in them, what is shown is escaped."""
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "language": language,
        "say": lambda chinese, english: chinese if language == "zh" else english,
    }
    return environment


def environment_of(language: str) -> Environment:
    """The templates with the words of one language."""
    environment = templates_in(TEMPLATES, language)
    environment.globals |= {
        "label": lambda member: labels.label(member, language),
        "urgency": lambda value: labels.label(Urgency(value), language),
        "verdict": lambda value: labels.label(Verdict(value), language),
        "agreement": lambda value: labels.label(Agreement(value), language),
        "answer": lambda value: labels.label(Answer(value), language),
        "feature": lambda name: labels.feature_label(name, language),
        "purpose": lambda value: audit.purpose_label(value, language),
        "about": lambda value: audit.about_label(value, language),
        "capacity": lambda value: labels.capacity_label(value, language),
        "provider": lambda value: labels.label(DeviceProvider(value), language),
        "refusal_word": lambda reason: refusal_label(reason, language),
        "refused_there_word": lambda kind: refused_there_label(kind, language),
        "reason": lambda code: reason_label(code, language),
        "channel": lambda value: labels.label(ChannelKind(value), language),
        "text_name": lambda value: labels.label(TextId(value), language),
        "notice_state": lambda value: labels.label(NoticeState(value), language),
        "attempt_state": lambda value: labels.label(AttemptState(value), language),
        "action": lambda value: audit.action_label(value, language),
    }
    environment.filters |= _filters(language)
    return environment


def _filters(language: str) -> Mapping[str, Callable[..., str]]:
    return {
        "yuan": formats.yuan,
        "moment": formats.moment,
        "to_the_second": formats.moment_to_the_second,
        "clock": formats.clock,
        "hours": lambda shift: formats.hours(shift.begins_at, shift.ends_at),
        "time_left": lambda until, at: formats.time_left(until, at, language),
        "ago": lambda since, at: formats.ago(since, at, language),
        "field_moment": formats.field_moment,
        "duration": lambda seconds: formats.duration(seconds, language),
    }
