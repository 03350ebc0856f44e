"""What both programs say of themselves: one event a line on standard error, as JSON or for people.

An event is a word with fields. What must not break: no line ever holds anything about a person. Fields are
those of the list below, values are short words and numbers, an error is told by its kind and its place; of
what libraries say only the pattern is kept, since their texts repeat what they were given.
"""

import json
import logging
import re
import sys
import threading
from collections.abc import Callable, Mapping, MutableMapping
from traceback import extract_tb
from types import TracebackType
from typing import Any, Final, Literal, TextIO, TypeAlias

import structlog

FIELDS: Final = frozenset(
    {
        # every line
        *("time", "level", "event", "program"),
        # which process
        *("adapter", "agency", "edge", "instance", "method", "worker"),
        # which thing: ids drawn by the programs, positions, references
        *("alert", "attempt", "change", "correlation", "entries", "message", "message_id", "notice"),
        *("reference", "row", "epoch", "incarnation", "sequence"),
        # words of tables, and reasons that we have written ourselves
        *(
            "before",
            "channel",
            "code",
            "condition",
            "effect",
            "errand",
            "kind",
            "lane",
            "meaning",
            "operation",
        ),
        *("outcome", "provider", "queue", "reason", "result", "source", "state", "taken", "text", "why"),
        # numbers, and where a server listens
        *(
            "after_s",
            "edge_port",
            "epochs",
            "gone",
            "hits",
            "host",
            "in_force",
            "is_proven",
            "journeys",
            "messages",
            "percent",
            "port",
            "tries",
        ),
        *("user", "wait_s"),
        # what went wrong, and where in the code
        *("error", "file", "library", "loop", "loops", "pattern", "what", "where"),
    }
)
"""Every field that a line may have: the rest is blanked. The suite fails when the code logs any other."""

WITHHELD: Final = "(withheld)"
LONGEST_VALUE: Final = 400
_WORD: Final = re.compile(r"[a-z]+(-[a-z]+)*")
# Nothing of ours is Chinese or as long a number by itself: names, documents and phones are.
_MAY_BE_PERSONAL: Final = re.compile(
    r"[\u3400-\u9fff\U00020000-\U0003ffff]|(?<![0-9A-Za-z-])\+?[0-9]{11,18}[Xx]?(?![0-9A-Za-z-])"
)
# Much the sooner asked, and in hardly any value of ours.
_SHORTEST_NUMBER: Final = b"0" * 11
_DIGITS_AS_ZEROS: Final = bytes.maketrans(b"123456789", b"000000000")
_PLAIN: Final = frozenset({str, bool, int, float, type(None)})
_FIRST: Final = ("time", "level", "event", "program")

Event: TypeAlias = MutableMapping[str, Any]
LogFormat: TypeAlias = Literal["json", "plain"]


def configure_logs(
    program: str,
    log_format: LogFormat = "json",
    *,
    who: Mapping[str, str] | None = None,
    level: int = logging.INFO,
) -> None:
    """For the whole process. `who` tells several processes of one program apart, on every line."""
    render: Any = as_json
    if log_format == "plain":
        render = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), timestamp_key="time", sort_keys=False, pad_event_to=24
        )
    structlog.configure(
        processors=[
            _named({"program": program, **(who or {})}),
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            withhold,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(_Patient(sys.stderr)),  # type: ignore[arg-type]
        cache_logger_on_first_use=False,
    )
    logging.captureWarnings(capture=True)
    logging.basicConfig(handlers=[_OfLibraries()], level=logging.WARNING, force=True)
    _tell_what_nobody_caught()


def silence_logs() -> None:
    """For a command that tells a person in its own words what it finds."""
    structlog.configure(processors=[_drop])
    logging.basicConfig(handlers=[logging.NullHandler()], force=True)


def _drop(_logger: Any, _method: str, _event: Event) -> Event:
    raise structlog.DropEvent


_ENCODER: Final = json.JSONEncoder(ensure_ascii=False)


def as_json(_logger: Any, _method: str, event: Event) -> str:
    """What `withhold` lets through as one line; made by an encoder that is there already."""
    return _ENCODER.encode(event)


def withhold(_logger: Any, _method: str, event: Event) -> Event:
    """Let through what may be said, in a fixed order; blank the rest, so that its being there is seen."""
    told = {name: event[name] for name in _FIRST if name in event}
    told.update(event)
    if _is_harmless(told):
        return told
    if (trouble := told.pop("exc_info", None)) is not None:
        told |= _told_of(trouble)
    if not _WORD.fullmatch(str(told.get("event"))):
        told["event"] = WITHHELD
    return {name: _value(value) if name in FIELDS else WITHHELD for name, value in told.items()}


def _is_harmless(told: Event) -> bool:
    """Whether no value of it has to be looked at by itself, as is so of nearly every line."""
    texts = [value for value in told.values() if type(value) is str]
    said = " ".join(texts)
    return (
        told.keys() <= FIELDS
        and len(said) <= LONGEST_VALUE
        and _is_plain(said)
        and _WORD.fullmatch(str(told.get("event"))) is not None
        and (len(texts) == len(told) or all(type(value) in _PLAIN for value in told.values()))
    )


def _value(value: Any) -> Any:
    """Words and numbers; anything larger may hold what was given to the code."""
    if isinstance(value, str):
        return _told_text(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
        return _told_text(",".join(value))
    return WITHHELD


def _told_text(text: str) -> str:
    if len(text) > LONGEST_VALUE:
        return WITHHELD
    return str(text) if _is_plain(text) or not _MAY_BE_PERSONAL.search(text) else WITHHELD


def _is_plain(text: str) -> bool:
    """Whether nothing in it is Chinese or as long a number as a document's or a phone's."""
    return text.isascii() and _SHORTEST_NUMBER not in text.encode().translate(_DIGITS_AS_ZEROS)


def _told_of(trouble: Any) -> dict[str, str]:
    """The kind of an error and its place; never its text."""
    error = sys.exception() if trouble is True else trouble
    if isinstance(error, tuple):
        error = error[1]
    if not isinstance(error, BaseException):
        return {}
    return {"error": type(error).__name__, "where": _place(error.__traceback__)}


def _place(traceback: TracebackType | None) -> str:
    frames = extract_tb(traceback, limit=-1)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""


def _named(who: Mapping[str, str]) -> Callable[[Any, str, Event], Event]:
    def name_us(_logger: Any, _method: str, event: Event) -> Event:
        return {**who, **event}

    return name_us


class _Patient:
    """A stream that may have been closed by whoever reads it: work does not end because nobody listens."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        try:
            self._stream.write(text)
        except (OSError, ValueError):
            return

    def flush(self) -> None:
        try:
            self._stream.flush()
        except (OSError, ValueError):
            return


class _OfLibraries(logging.Handler):
    """Passes on what a library logs: the pattern without its arguments, and where its code says so."""

    def emit(self, record: logging.LogRecord) -> None:
        # Without arguments the text was put together before, with whatever stands in it.
        pattern = record.msg if isinstance(record.msg, str) and record.args else None
        told = {"library": record.name, "pattern": pattern, "where": f"{record.pathname}:{record.lineno}"}
        told |= _told_of(record.exc_info)
        structlog.get_logger(__name__).log(record.levelno, "library-said", **told)


def _tell_what_nobody_caught() -> None:
    """Python would print the text of such an error."""

    def tell(error: BaseException | None) -> None:
        structlog.get_logger(__name__).critical("program-failed", exc_info=error)

    def end(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, traceback)
        else:
            tell(error)

    sys.excepthook = end
    threading.excepthook = lambda failed: tell(failed.exc_value)
    sys.unraisablehook = lambda failed: tell(failed.exc_value)
