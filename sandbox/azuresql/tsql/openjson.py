"""`OPENJSON(@j) WITH (…)`: the whole text goes to PostgreSQL, which takes it apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.azuresql.session import Refused, SqlType
from sandbox.azuresql.tsql import refusal, types
from sandbox.azuresql.tsql.names import fold, literal, plain, quote
from sandbox.azuresql.tsql.scope import Column, Source
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.walk import Walk, listed

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.expressions import Expressions


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    type: SqlType
    path: list[str | int]
    json: bool
    strict: bool = False


def openjson(node: Node, expressions: Expressions, alias: str) -> tuple[str, Source]:
    """The segment as a subquery over the array's elements."""
    walk = Walk(node)
    walk.need_words("OPENJSON")
    arguments = [expressions.value(group, node) for group in listed(walk.need("bracketed"))]
    clause = walk.kind("openjson_with_clause")
    walk.done()
    if clause is None:
        raise refusal.unknown(node)
    document = arguments[0].text
    fields = _fields(clause)
    written = any(field.json for field in fields)
    function, kind = ("json_rows_written", "json") if written else ("json_rows", "jsonb")
    if len(arguments) > 1:
        if arguments[1].plain is None:
            raise refusal.unknown(node)
        found, strict = path(arguments[1].plain, node)
        steps = ", ".join(literal(str(step)) for step in found)
        if strict:
            document = f"sys.json_strictly({document}, {arguments[1].text})"
        rows = f"sys.{function}({document}, ARRAY[{steps}]::text[])"
    else:
        rows = f"sys.{function}({document})"
    columns = tuple(
        Column(field.name, field.type, loose=field.type.name in types.STRINGS) for field in fields
    )
    items = ", ".join(
        f"{_extract(field, kind)} AS {column.sql}"
        for field, column in zip(fields, columns, strict=True)
    )
    shown = quote(fold(alias))
    text = (
        f"LATERAL (SELECT {items} FROM {kind}_array_elements({rows}) AS r(v) OFFSET 0) AS {shown}"
    )
    return text, Source(alias, shown, columns)


def _fields(clause: Node) -> list[_Field]:
    walk = Walk(clause)
    walk.need_words("WITH")
    bracketed = walk.need("bracketed")
    walk.done()
    fields: list[_Field] = []
    for group in listed(bracketed):
        part = Walk(bracketed, group)
        name = plain(part.need("naked_identifier", "quoted_identifier").text)
        type = types.read_type(part.need("data_type"))
        given = part.kind("quoted_literal")
        steps: list[str | int] = [name]
        strict = False
        if given is not None:
            text = given.text.lstrip("nN")[1:-1].replace("''", "'")
            steps, strict = path(text, given)
        json = part.words("AS", "JSON")
        part.done()
        fields.append(_Field(name, type, steps, json, strict))
    return fields


def _extract(field: _Field, kind: str) -> str:
    """One column out of the element `v`, which is json (as it was written) or jsonb."""
    if len(field.path) == 1:
        step = field.path[0]
        key = str(step) if isinstance(step, int) else literal(step)
        node, text = f"v -> {key}", f"v ->> {key}"
    elif not field.path:
        node, text = "v", "v #>> '{}'"
    else:
        steps = "ARRAY[" + ", ".join(literal(str(step)) for step in field.path) + "]"
        node, text = f"v #> {steps}", f"v #>> {steps}"
    target = types.postgresql(field.type)
    if field.strict:
        there = f"sys.json_there({node})"
        node, text = there, f"({there} #>> '{{}}')"
    if field.json:
        return f"(CASE WHEN {kind}_typeof({node}) IN ('object', 'array') THEN {text} END)::{target}"
    if field.type.name in types.STRINGS:
        # A whole object where a string is asked for is NULL.
        whole = "('object', 'array')"
        return f"(CASE WHEN {kind}_typeof({node}) NOT IN {whole} THEN {text} END)::{target}"
    if field.type.name in types.BINARIES:
        return f"decode({text}, 'base64')::sys.varbinary::{target}"
    if field.type.name in ("datetime2", "datetimeoffset"):
        return f"sys.json_{field.type.name}({text})::{target}"
    return f"({text})::{target}"


def path(text: str, node: Node) -> tuple[list[str | int], bool]:
    """`$.a."b c"[0]` as steps, and whether it is strict. Raises Refused 13607 for what is none."""
    rest = text.strip()
    strict = rest.startswith("strict ")
    for mode in ("lax ", "strict "):
        if rest.startswith(mode):
            rest = rest[len(mode) :].lstrip()
    bad = Refused(13607, f"JSON path is not properly formatted. Path is '{text}'.", line=node.line)
    if not rest.startswith("$"):
        raise bad
    steps: list[str | int] = []
    at = 1
    while at < len(rest):
        if rest[at] == "[":
            end = rest.find("]", at)
            if end < 0 or not rest[at + 1 : end].strip().isdigit():
                raise bad
            steps.append(int(rest[at + 1 : end]))
            at = end + 1
        elif rest[at] == "." and rest[at + 1 : at + 2] == '"':
            end = rest.find('"', at + 2)
            if end < 0:
                raise bad
            steps.append(rest[at + 2 : end])
            at = end + 1
        elif rest[at] == ".":
            end = at + 1
            while end < len(rest) and rest[end] not in ".[":
                end += 1
            if end == at + 1:
                raise bad
            steps.append(rest[at + 1 : end])
            at = end
        else:
            raise bad
    return steps, strict
