"""The rows that an UPDATE or DELETE changes: the target, what it is joined with, TOP.

When a row turns out to be another transaction's, PostgreSQL waits, then asks the condition again of
the row's new version, but only of the row of the change's own table: every other item of FROM keeps
what it gave before. A plain list beside the target is right then. Rows that must be found first (by
TOP, an outer join, APPLY, READPAST) are locked as they are found, which follows them to their
newest version, and the target is joined with them by its key, which all its versions share.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from sandbox.azuresql.session import Refused
from sandbox.azuresql.tsql import held_keys, queries, sources
from sandbox.azuresql.tsql.changes import target_of
from sandbox.azuresql.tsql.from_items import Element, From
from sandbox.azuresql.tsql.hints import row_lock
from sandbox.azuresql.tsql.names import ObjectName, fold, parts, quote
from sandbox.azuresql.tsql.scope import Context, Relation, Scope, Source
from sandbox.azuresql.tsql.tree import Node

JOINED: Final = frozenset({"", "JOIN", "CROSS JOIN"})
"""Joins that may become a comma list with their conditions in WHERE."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What stands beside the target, and the conditions."""

    others: str
    conditions: list[str]
    first: str = ""
    """The common table expression that finds the rows."""

    def prefix(self, given: str) -> str:
        """The statement's WITH, after the common table expressions that it has of its own."""
        if not self.first:
            return given
        return f"{f'{given.rstrip()}, ' if given else 'WITH '}{self.first} "

    def clauses(self, word: str) -> str:
        """`FROM … WHERE …`; the word is USING for a DELETE."""
        others = f" {word} {self.others}" if self.others else ""
        return others + _where(self.conditions)


@dataclass(slots=True)
class Joined:
    """The target and what it is joined with."""

    name: ObjectName
    relation: Relation
    target: Source
    scope: Scope
    origin: From | None = None
    element: Element | None = None
    hints: list[str] = field(default_factory=list)
    ranges: list[held_keys.Range] = field(default_factory=list)

    @property
    def alias(self) -> str:
        return self.target.sql

    @property
    def _elements(self) -> list[Element]:
        return self.origin.elements if self.origin is not None else []

    @property
    def _others(self) -> list[Element]:
        return [element for element in self._elements if element is not self.element]

    @property
    def _lock(self) -> str:
        own = self.element.lock if self.element is not None else ""
        return row_lock(self.hints, self.alias) or own or f"FOR UPDATE OF {self.alias}"

    @property
    def _plain(self) -> bool:
        """PostgreSQL's own FROM or USING list can hold what the target is joined with."""
        return (
            self._lock == f"FOR UPDATE OF {self.alias}"
            and not any(element.lock for element in self._others)
            and all(e.join in JOINED and not e.nested for e in self._elements)
        )

    def rows(self, conditions: list[str], top: str, context: Context) -> tuple[Rows, Scope]:
        """The rows, and the scope in which the change's values are."""
        if self._plain and not top:
            joins = [element.condition for element in self._elements if element.condition]
            others = ", ".join(element.text for element in self._others)
            return Rows(others, joins + conditions), self.scope
        seen = [source for source in self.scope.sources if source is not self.target]
        rows = self._found_first(conditions, top, seen, context)
        places = {id(source): place for place, source in enumerate(seen)}
        sources = [
            replace(source, sql=f'("~rows"."~{places[id(source)]}")')
            if id(source) in places
            else source
            for source in self.scope.sources
        ]
        return rows, Scope(None, sources, self.scope.padded)

    def _found_first(
        self, conditions: list[str], top: str, seen: list[Source], context: Context
    ) -> Rows:
        """The other sources of each row as records `~0`, `~1`, …, found once and with the lock."""
        keys = list(self.relation.key) or ["ctid"]
        if not self.relation.key and not self.relation.temporary:
            context.table_locks.add(("SHARE ROW EXCLUSIVE", self.relation.sql))
        items = [f'{self.alias}.{key} AS "~key{place}"' for place, key in enumerate(keys)]
        items += [f'"~{place}"' for place in range(len(seen))]
        origin = f"{self.relation.sql} AS {self.alias}" if self.origin is None else self.origin.text
        origin += "".join(
            f', LATERAL (SELECT {source.sql}.*) AS "~{place}"' for place, source in enumerate(seen)
        )
        if self.scope.padded:
            conditions = [*conditions, f"{self.alias}.{keys[0]} IS NOT NULL"]
        locks = [] if self.relation.temporary else [self._lock]
        locks += [element.lock for element in self._others if element.lock]
        found = (
            f"SELECT {', '.join(items)} FROM {origin}{_where(conditions)}"
            f"{f' LIMIT {top}' if top else ''}{''.join(f' {lock}' for lock in locks)}"
        )
        same = [f'{self.alias}.{key} = "~rows"."~key{place}"' for place, key in enumerate(keys)]
        return Rows('"~rows"', same, f'"~rows" AS MATERIALIZED ({found})')


def _where(conditions: list[str]) -> str:
    if len(conditions) > 1:
        return f" WHERE {' AND '.join(f'({condition})' for condition in conditions)}"
    return f" WHERE {conditions[0]}" if conditions else ""


def join(target: Node, origin: Node | None, words: list[str], context: Context) -> Joined:
    """The target by its name or alias, joined with FROM; `words` are the target's hints."""
    scope = Scope()
    if origin is None:
        name, relation = target_of(target, context)
        shown = target.text if next(target.tokens()).kind == "parameter" else parts(target)[-1]
        source = Source(shown, quote(fold(shown)), relation.columns, relation.schema)
        scope.sources.append(source)
        ranges = held_keys.of_change(words, source, relation, context)
        return Joined(name, relation, source, scope, hints=words, ranges=ranges)
    found = sources.from_clause(origin, context, scope, queries.query)
    element = _element(target, found)
    if element is None:
        name, relation = target_of(target, context)
        alias = quote(fold(relation.name))
        source = Source(parts(target)[-1], alias, relation.columns, relation.schema)
        scope.sources.append(source)
        element = Element(source, f"{relation.sql} AS {alias}")
        found.elements.append(element)
        found.text += f", {element.text}"
        ranges = held_keys.of_change(words, source, relation, context) + found.ranges
        return Joined(name, relation, source, scope, found, element, words, ranges)
    assert element.relation is not None
    relation = context.relation(element.relation, target)
    ranges = held_keys.of_change(words, element.source, relation, context)
    for one in found.ranges:
        own = one.source is element.source and one.mode == "SHARE"
        ranges.append(replace(one, mode="SHARE ROW EXCLUSIVE") if own else one)
    return Joined(element.relation, relation, element.source, scope, found, element, words, ranges)


def _element(target: Node, found: From) -> Element | None:
    """The item of FROM that the statement's target names: by alias first, else by table."""
    names = parts(target)
    if len(names) == 1:
        for element in found.elements:
            if fold(element.source.alias) == fold(names[0]) and element.relation is not None:
                return element
    key = ObjectName.from_parts(names).key
    same = [e for e in found.elements if e.relation is not None and e.relation.key == key]
    if len(same) > 1:
        raise Refused(8154, f"The table '{names[-1]}' is ambiguous.", line=target.line)
    return same[0] if same else None
