"""`FOR XML RAW`, `PATH`, and `AUTO` over one table: rows as the text of elements."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from sandbox.azuresql.session import Refused, SqlType
from sandbox.azuresql.tsql import refusal, types
from sandbox.azuresql.tsql.expression import Expression, show
from sandbox.azuresql.tsql.scope import Output, Source
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.walk import Walk, listed

COLUMN: Final = "XML_F52E2B61-18A1-11d1-B105-00805F49916B"
"""What SQL Server calls the only column of such a result."""

_INLINE: Final = frozenset({"", "*", "text()", "node()"})
"""Names in a path whose values stand in the element itself."""

_SHOWN: Final = frozenset(
    {"bit", "tinyint", "smallint", "int", "bigint", "decimal", "money", "smallmoney", "xml"}
    | {"date", "datetime", "smalldatetime", "uniqueidentifier"}
    | types.STRINGS
)
"""Types whose text in XML is known here."""


@dataclass(frozen=True, slots=True)
class Xml:
    """What the clause says. `row`: the element of a row; `elements`: columns become such."""

    row: str
    paths: bool = False
    elements: bool = False
    root: str | None = None
    typed: bool = False

    def shown(self) -> list[Output]:
        """The result's only column."""
        return [Output(COLUMN, SqlType("xml") if self.typed else SqlType("nvarchar", -1))]


@dataclass(slots=True)
class _Element:
    attributes: list[str] = field(default_factory=list)
    pieces: list[str | tuple[str, _Element]] = field(default_factory=list)


def read(node: Node, sources: list[Source]) -> Xml:
    """A `for_clause`. Refuses EXPLICIT, schemas, XSINIL, and AUTO over a join."""
    walk = Walk(node)
    walk.need_words("FOR", "XML")
    mode = walk.any_word("RAW", "PATH", "AUTO")
    if mode is None or (mode == "AUTO" and len(sources) != 1):
        raise refusal.unknown(node)
    row = sources[0].alias if mode == "AUTO" else "row"
    given = walk.kind("bracketed")
    if given is not None:
        row = _string(given)
    elements, typed, root = mode == "PATH", False, None
    while walk.here is not None:
        walk.kind("comma")
        if walk.words("ROOT"):
            named = walk.kind("bracketed")
            root = _string(named) if named is not None else "root"
        elif walk.words("ELEMENTS"):
            elements = True
        elif walk.words("TYPE"):
            typed = True
        else:
            raise refusal.unknown(node)
    return Xml(row, mode == "PATH", elements, root, typed)


def _string(bracketed: Node) -> str:
    ((name,),) = listed(bracketed)
    return name.text.lstrip("nN")[1:-1].replace("''", "'")


def text_of(xml: Xml, query: str, outputs: list[Output], node: Node) -> str:
    """The query whose only value is the text, NULL without rows.

    Raises Refused 6809, 6852 and 6864.
    """
    top = _Element()
    for place, output in enumerate(outputs):
        _place(top, xml, place, output, node)
    if xml.paths and not xml.row and top.attributes:
        raise Refused(
            6864,
            "Row tag omission (empty row tag name) cannot be used with attribute-centric FOR XML "
            "serialization.",
            line=node.line,
        )
    names = ", ".join(f'"c{place}"' for place in range(len(outputs)))
    whole = f"string_agg({_element(xml.row, top, row=True)}, '')"
    if xml.root is not None:
        whole = f"'<{_name(xml.root)}>' || {whole} || '</{_name(xml.root)}>'"
    return f'SELECT ({whole})::sys.nvarchar AS "json" FROM ({query}) AS "~xml" ({names})'


def _place(top: _Element, xml: Xml, place: int, output: Output, node: Node) -> None:
    """One column where its name wants it."""
    value = _value(place, output, node)
    if not xml.paths:
        if not output.name:
            raise Refused(
                6809,
                "Unnamed tables cannot be used as XML identifiers as well as unnamed columns "
                "cannot be used for attribute names. Name unnamed columns/tables using AS in the "
                "SELECT statement.",
                line=node.line,
            )
        if xml.elements:
            top.pieces.append((output.name, _Element(pieces=[value])))
        else:
            top.attributes.append(_attribute(output, output.name, place, node))
        return
    *path, last = output.name.split("/")
    at = top
    for step in path:
        previous = at.pieces[-1] if at.pieces else ""
        if not isinstance(previous, tuple) or previous[0] != step:
            previous = (step, _Element())
            at.pieces.append(previous)
        at = previous[1]
    if last.startswith("@"):
        if at.pieces:
            raise Refused(
                6852,
                f"Attribute-centric column '{output.name}' must not come after a "
                "non-attribute-centric sibling in XML hierarchy in FOR XML PATH.",
                line=node.line,
            )
        at.attributes.append(_attribute(output, last[1:], place, node))
    elif last in _INLINE:
        at.pieces.append(value)
    elif last.endswith("()"):
        raise refusal.unknown(node, f"FOR XML: {last}")
    else:
        at.pieces.append((last, _Element(pieces=[value])))


def _element(name: str, element: _Element, *, row: bool = False) -> str:
    """The element in PostgreSQL's words: NULL when it is empty, unless it stands for a row."""
    pieces = [
        piece if isinstance(piece, str) else _element(piece[0], piece[1])
        for piece in element.pieces
    ]
    if not row and len(pieces) == 1 and not element.attributes:
        return f"'<{_name(name)}>' || ({pieces[0]}) || '</{_name(name)}>'"
    inner = f"concat({', '.join(pieces)})" if pieces else "''"
    if not name:
        return inner
    attributes = f"concat({', '.join(element.attributes)})" if element.attributes else "''"
    tag = _name(name)
    body = (
        f"'<{tag}' || {attributes} || CASE WHEN {inner} = '' THEN '/>' "
        f"ELSE '>' || {inner} || '</{tag}>' END"
    )
    return body if row else f"CASE WHEN {attributes} || {inner} <> '' THEN {body} END"


def _attribute(output: Output, name: str, place: int, node: Node) -> str:
    text = _text(place, output, node)
    return f"""' {_name(name)}="' || sys.xml_attribute({text}) || '"'"""


def _value(place: int, output: Output, node: Node) -> str:
    """The column's text inside an element; XML stands there as it is."""
    text = _text(place, output, node)
    is_xml = output.type is not None and output.type.name == "xml"
    return text if is_xml else f"sys.xml_text({text})"


def _text(place: int, output: Output, node: Node) -> str:
    column, type = f'"c{place}"', output.type
    if type is None or type.name in types.STRINGS or type.name == "xml":
        return f"{column}::text"
    if type.name not in _SHOWN:
        raise refusal.unknown(node, f"FOR XML: a column of {type.name}")
    if type.name == "bit":
        return f"{column}::int4::text"
    if type.name == "uniqueidentifier":
        return f"upper({column}::text)"
    if type.name in types.TIMES:
        return show(Expression(column, type), 126)
    return f"{column}::text"


def _name(name: str) -> str:
    """A name as XML takes it, any other sign of it as `_x0020_`; ready for a string constant."""
    signs = [
        sign
        if sign.isalpha() or sign == "_" or (place and (sign.isdigit() or sign in ".-"))
        else f"_x{ord(sign):04X}_"
        for place, sign in enumerate(name)
    ]
    return "".join(signs)
