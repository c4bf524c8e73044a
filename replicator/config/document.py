"""From YAML text to plain values: where each stood, and what its references point to."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from model.errors import ConfigurationError

Place = tuple[str | int, ...]
"""The way to a value from the top of the document: `("kafka", "topic_prefix")`."""

_REFERENCE: Final = re.compile(r"\$\{(?P<kind>[a-z]+):(?P<name>[^}]*)\}")
_INLINE_SECRET: Final = re.compile(
    r"://[^/:@\s]*:[^/@\s]+@|\b(?:password|pwd|sharedaccesskey)\s*=\s*[^;\s]", re.IGNORECASE
)
_SECRET_KEY: Final = re.compile(r"(?:^|_)(?:password|secret|token)$", re.IGNORECASE)


@dataclass(slots=True)
class Document:
    """A configuration file as read. `values` has every reference replaced by what it names; `text`
    has none of that: it may be handed on.

    `written` maps the place of each text that held a reference to that text, and `secrets` are
    the replacements themselves, so that neither a log nor an error ever shows one.
    """

    origin: str
    text: str
    values: dict[str, Any]
    lines: dict[Place, int]
    written: dict[Place, str] = field(default_factory=dict)
    secrets: set[str] = field(default_factory=set)

    def where(self, place: Place) -> str:
        """`file:line`, of the nearest value that was written down."""
        while place and place not in self.lines:
            place = place[:-1]
        line = self.lines.get(place)
        return f"{self.origin}:{line}" if line else self.origin


class _Loader(yaml.SafeLoader):
    """YAML without dates: a value stays the text that was written."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_document(text: str, *, origin: str, environ: Mapping[str, str]) -> Document:
    """Parse `text`, refuse what YAML forbids or a secret that stands in it, follow references.

    `origin` names the file in messages. Raises ConfigurationError.
    """
    node, values = _parsed(text, origin)
    if not isinstance(values, dict):
        raise ConfigurationError(
            "the file does not hold a mapping",
            object=origin,
            hint="start with `migration: NAME` and the sections source, kafka and target",
        )
    lines: dict[Place, int] = {}
    if node is not None:
        _note_lines(node, (), lines, origin)
    document = Document(origin, text, values, lines)
    document.values = _resolved(document, values, (), environ)
    return document


def _parsed(text: str, origin: str) -> tuple[yaml.Node | None, Any]:
    """The document's tree and its values. Raises ConfigurationError with the line."""
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        return node, {} if node is None else loader.construct_document(node)
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or error
        raise ConfigurationError(
            f"this is not YAML: {problem}",
            object=f"{origin}:{mark.line + 1}" if mark else origin,
            hint="check indentation, quotes and colons there",
        ) from error


def _note_lines(node: yaml.Node, place: Place, lines: dict[Place, int], origin: str) -> None:
    """Record the line of every value; a key written twice is an error, not a silent override."""
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        seen: set[Hashable] = set()
        for key, value in node.value:
            inner = (*place, key.value)
            if key.value in seen:
                raise ConfigurationError(
                    f"the key {key.value!r} is written twice",
                    object=f"{origin}:{key.start_mark.line + 1}",
                    hint="keep one of them",
                )
            seen.add(key.value)
            lines[inner] = key.start_mark.line + 1
            _note_lines(value, inner, lines, origin)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _note_lines(value, (*place, index), lines, origin)


def _resolved(document: Document, value: Any, place: Place, environ: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {
            key: _resolved(document, inner, (*place, str(key)), environ)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [
            _resolved(document, inner, (*place, index), environ)
            for index, inner in enumerate(value)
        ]
    return _text(document, value, place, environ) if isinstance(value, str) else value


def _text(document: Document, text: str, place: Place, environ: Mapping[str, str]) -> str:
    def follow(match: re.Match[str]) -> str:
        found = _follow(match["kind"], match["name"], document, place, environ)
        document.secrets.add(found)
        return found

    plain = _REFERENCE.sub("", text)
    named_secret = _SECRET_KEY.search(str(place[-1])) and plain.strip()
    if _INLINE_SECRET.search(plain) or named_secret:
        raise ConfigurationError(
            "a secret is written into the file",
            object=f"{document.where(place)} {_dotted(place)}",
            hint="refer to it: ${env:NAME} or ${file:/run/secrets/name}",
        )
    result = _REFERENCE.sub(follow, text)
    if result != text:
        document.written[place] = text
    return result


def _follow(
    kind: str, name: str, document: Document, place: Place, environ: Mapping[str, str]
) -> str:
    at = f"{document.where(place)} {_dotted(place)}"
    if kind == "env":
        if name not in environ:
            raise ConfigurationError(
                f"the environment variable {name} is not set",
                object=at,
                hint=f"export {name} before starting, or refer to a file: ${{file:/path}}",
            )
        return environ[name]
    if kind == "file":
        try:
            return Path(name).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise ConfigurationError(
                f"the secret file {name} cannot be read: {reason}",
                object=at,
                hint="create it, or let this user read it",
            ) from error
    raise ConfigurationError(
        f"there is no reference of the kind {kind!r}",
        object=at,
        hint="write ${env:NAME} or ${file:/path}",
    )


def _dotted(place: Place) -> str:
    return ".".join(str(part) for part in place)
