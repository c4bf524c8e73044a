"""`FOR JSON PATH` and `FOR JSON AUTO` over one table: rows as the text of an array."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from sandbox.azuresql.session import Refused
from sandbox.azuresql.tsql import refusal, types
from sandbox.azuresql.tsql.expression import Expression, show
from sandbox.azuresql.tsql.names import literal
from sandbox.azuresql.tsql.scope import Output
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.walk import Walk, listed

COLUMN: Final = "JSON_F52E2B61-18A1-11d1-B105-00805F49916B"
"""What SQL Server calls the only column of such a result."""

_NUMBERS: Final = types.NUMBERS - {"bit"}


@dataclass(frozen=True, slots=True)
class Json:
    """What the clause says. `paths`: dots in a column's name make objects."""

    paths: bool
    root: str | None = None
    nulls: bool = False
    bare: bool = False


@dataclass(slots=True)
class _Object:
    members: dict[str, _Object | int] = field(default_factory=dict)


def read(node: Node, sources: int) -> Json:
    """A `for_clause`. Raises Refused for XML, and for AUTO over a join."""
    walk = Walk(node)
    walk.need_words("FOR")
    if not walk.words("JSON"):
        raise refusal.unknown(node)
    mode = walk.any_word("PATH", "AUTO")
    if mode is None or (mode == "AUTO" and sources != 1):
        raise refusal.unknown(node)
    root: str | None = None
    nulls = bare = False
    while walk.here is not None:
        walk.kind("comma")
        if walk.words("ROOT"):
            given = walk.kind("bracketed")
            root = "root"
            if given is not None:
                ((name,),) = listed(given)
                root = name.text.lstrip("nN")[1:-1].replace("''", "'")
        elif walk.words("INCLUDE_NULL_VALUES"):
            nulls = True
        elif walk.words("WITHOUT_ARRAY_WRAPPER"):
            bare = True
        else:
            raise refusal.unknown(node)
    if root is not None and bare:
        text = "ROOT option and WITHOUT_ARRAY_WRAPPER option cannot be used together in FOR JSON."
        raise Refused(13620, f"{text} Remove one of these options.", line=node.line)
    return Json(mode == "PATH", root, nulls, bare)


def text_of(json: Json, query: str, outputs: list[Output], node: Node) -> str:
    """The query whose only value is the text, NULL without rows. Raises Refused 13605, 13601."""
    top = _Object()
    for place, output in enumerate(outputs):
        if not output.name:
            raise Refused(
                13605,
                "Column expressions and data sources without names or aliases cannot be formatted "
                "as JSON text using FOR JSON clause. Add alias to the unnamed column or table.",
                line=node.line,
            )
        _place(top, output.name.split(".") if json.paths else [output.name], place, output, node)
    names = ", ".join(f'"c{place}"' for place in range(len(outputs)))
    rows = f"string_agg({_object(top, json, outputs)}, ',')"
    whole = rows if json.bare else f"'[' || {rows} || ']'"
    if json.root is not None:
        whole = f"'{{' || sys.json_text({literal(json.root)}) || ':' || {whole} || '}}'"
    return f'SELECT ({whole})::sys.nvarchar AS "json" FROM ({query}) AS "~json" ({names})'


def _place(top: _Object, path: list[str], place: int, output: Output, node: Node) -> None:
    at = top
    for step in path[:-1]:
        inner = at.members.setdefault(step, _Object())
        if not isinstance(inner, _Object):
            raise _conflict(output, node)
        at = inner
    if path[-1] in at.members:
        raise _conflict(output, node)
    at.members[path[-1]] = place


def _conflict(output: Output, node: Node) -> Refused:
    return Refused(
        13601,
        f"Property '{output.name}' cannot be generated in JSON output due to a conflict with "
        "another column name or alias. Use different names and aliases for each column in SELECT "
        "list.",
        line=node.line,
    )


def _object(found: _Object, json: Json, outputs: list[Output]) -> str:
    pieces: list[str] = []
    for name, member in found.members.items():
        if isinstance(member, _Object):
            value = f"nullif({_object(member, json, outputs)}, '{{}}')"
        else:
            value = _value(member, outputs[member])
            value = f"coalesce({value}, 'null')" if json.nulls else value
        pieces.append(f"sys.json_text({literal(name)}) || ':' || {value}")
    return f"'{{' || array_to_string(ARRAY[{', '.join(pieces)}], ',') || '}}'"


def _value(place: int, output: Output) -> str:
    return written(Expression(f'"c{place}"', output.type, json=output.json))


def written(value: Expression) -> str:
    """A value as JSON's text, in PostgreSQL; NULL stays NULL."""
    type = value.type
    typed = f"{value.text}::{types.bare(type)}" if value.open and type else value.wrapped
    if value.json:
        return f"{typed}::text"
    if type is None or type.name in types.STRINGS:
        return f"sys.json_text({typed}::text)"
    if type.name == "bit":
        return f"{typed}::boolean::text"
    if type.name in types.BINARIES:
        return f"sys.json_text(translate(encode({typed}::bytea, 'base64'), E'\\n', ''))"
    if type.name in _NUMBERS:
        return f"{typed}::text"
    plain = replace(value, text=typed, open=False)
    return f"sys.json_text({show(plain, 126 if type.name in types.TIMES else None)})"
