"""Validation errors in an operator's words: place, key, what is wrong, what to write."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from model.errors import ConfigurationError
from replicator.config.document import Document, Place


def explained(error: ValidationError, root: type[BaseModel], document: Document) -> Exception:
    """One ConfigurationError for all that is wrong; no value of the file is repeated in it."""
    problems = [_problem(detail, root, document) for detail in error.errors(include_url=False)]
    if len(problems) == 1:
        where, what, hint = problems[0]
        return ConfigurationError(what, object=where, hint=hint)
    lines = "".join(
        f"\n  {where}: {what}{f' → {hint}' if hint else ''}" for where, what, hint in problems
    )
    return ConfigurationError(f"{len(problems)} values are wrong:{lines}", object=document.origin)


def nearest(name: str, known: list[str]) -> str:
    """The known name that resembles `name` most."""
    return max(known, key=lambda other: SequenceMatcher(None, name.lower(), other).ratio())


def _problem(detail: Any, root: type[BaseModel], document: Document) -> tuple[str, str, str]:
    place: Place = tuple(detail["loc"])
    where = f"{document.where(place)} {'.'.join(str(part) for part in place)}".strip()
    kind, message = detail["type"], str(detail["msg"])
    if kind == "extra_forbidden":
        return where, f"there is no key {place[-1]!r} here", _suggestion(place, root)
    if kind == "missing":
        return where, "this key is missing", "add it; `replicator config schema` describes it"
    if kind == "value_error":
        return where, message.removeprefix("Value error, "), ""
    written = type(detail["input"]).__name__
    expected = message[:1].lower() + message[1:]
    return where, f"{expected} (it is written as {_SHAPES.get(written, written)})", ""


_SHAPES = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "list": "a list",
    "dict": "a mapping",
    "NoneType": "nothing",
}


def _suggestion(place: Place, root: type[BaseModel]) -> str:
    name = str(place[-1])
    elsewhere = [path for path in _paths(root, ()) if path[-1] == name]
    section = _section(place[:-1], root)
    known = list(_keys(section)) if section else []
    closest = nearest(name, known) if known else ""
    if elsewhere and SequenceMatcher(None, name, closest).ratio() < 1:
        return f"it belongs at {'.'.join(elsewhere[0])}"
    return f"did you mean {closest!r}?" if closest else "remove it"


def _section(place: Place, root: type[BaseModel]) -> type[BaseModel] | None:
    here: type[BaseModel] | None = root
    for part in place:
        info = _keys(here).get(str(part)) if here else None
        if info is None:
            return None
        here = _model_of(info.annotation)
    return here


def _keys(section: type[BaseModel]) -> dict[str, FieldInfo]:
    """The section's fields by the names that a file uses."""
    return {info.alias or name: info for name, info in section.model_fields.items()}


def _model_of(annotation: Any) -> type[BaseModel] | None:
    """The settings class in an annotation, through `Annotated` and `| None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (Annotated, Union, UnionType):
        found = (_model_of(inner) for inner in get_args(annotation))
        return next((model for model in found if model), None)
    return None


def _paths(root: type[BaseModel], prefix: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for name, info in _keys(root).items():
        yield (*prefix, name)
        if inner := _model_of(info.annotation):
            yield from _paths(inner, (*prefix, name))
