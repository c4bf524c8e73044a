"""The files of the suite, read: `topic.sql` holds the cases, `topic.expected` what they give.

README.md beside this module describes both forms.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.contract.tsql.events import Event, events

FOLDER: Final = Path(__file__).parent
MAIN: Final = "main"
"""The session that runs a batch when the case names none: the administrator's."""

_GO: Final = re.compile(r"^GO\s*$", re.MULTILINE)
_CASE: Final = "-- case: "
_SESSION: Final = re.compile(r"^-- session: (?P<name>\w+)(?: as (?P<user>\w+))?$", re.MULTILINE)


@dataclass(frozen=True)
class Batch:
    """Text for one session; a session with a user logs in as that user when it is first named."""

    session: str
    user: str | None
    text: str


@dataclass(frozen=True)
class Case:
    """One case: its batches, the page that it follows, and what the page says that it gives."""

    topic: str
    name: str
    page: str
    azure_only: bool
    batches: tuple[Batch, ...]
    expected: tuple[Event, ...]

    @property
    def title(self) -> str:
        return f"{self.topic}: {self.name}"


@dataclass(frozen=True)
class Topic:
    """One pair of files. `opening` is run once, when the topic's database has been made."""

    name: str
    opening: tuple[Batch, ...]
    cases: tuple[Case, ...] = field(default=())


def topics() -> list[Topic]:
    """Every topic, by name. Raises ValueError for a file that breaks the form."""
    return [_topic(path) for path in sorted(FOLDER.glob("*.sql"))]


def not_yet() -> dict[str, str]:
    """Titles of the cases that the stand-in does not pass, each with the reason."""
    listed: dict[str, str] = {}
    for line in (FOLDER / "not-yet.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            title, separator, reason = line.partition(" -- ")
            if not separator or not reason or title in listed:
                raise ValueError(f"not-yet.txt: {line!r} is not a new 'topic: case -- reason'")
            listed[title] = reason
    return listed


def _topic(path: Path) -> Topic:
    opening, texts = _sections(path)
    _, expected = _sections(path.with_suffix(".expected"))
    if list(texts) != list(expected):
        odd = sorted(texts.keys() ^ expected.keys()) or "their order"
        raise ValueError(f"{path.name} and its .expected do not hold the same cases: {odd}")
    cases = [_case(path.stem, name, text, expected[name]) for name, text in texts.items()]
    return Topic(path.stem, batches(opening), tuple(cases))


def _sections(path: Path) -> tuple[str, dict[str, str]]:
    """The text before the first case, and each case's text by its name."""
    opening, *parts = re.split(rf"^{_CASE}", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    sections: dict[str, str] = {}
    for part in parts:
        name, _, text = part.partition("\n")
        if name in sections:
            raise ValueError(f"{path.name} has two cases {name!r}")
        sections[name] = text
    return opening, sections


def _case(topic: str, name: str, text: str, expected: str) -> Case:
    page = re.match(r"-- page: (\S+)\n(-- requires: azure\n)?", text)
    if page is None:
        raise ValueError(f"{topic}.sql: case {name!r} does not begin with '-- page: …'")
    found = batches(text[page.end() :])
    if not found:
        raise ValueError(f"{topic}.sql: case {name!r} has no statement")
    return Case(topic, name, page[1], page[2] is not None, found, tuple(events(expected)))


def batches(text: str) -> tuple[Batch, ...]:
    """A section's text, cut at its `GO` lines, each part with the session that runs it."""
    found: list[Batch] = []
    session, user = MAIN, None
    for part in _GO.split(text):
        named = _SESSION.search(part)
        if named is not None:
            session, user = named["name"], named["user"]
        if _has_statement(part):
            found.append(Batch(session, user, part.strip("\n")))
    return tuple(found)


def _has_statement(text: str) -> bool:
    return any(line and not line.startswith("--") for line in text.splitlines())
