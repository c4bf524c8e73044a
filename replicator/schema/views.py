"""Views that are plain selections: columns and expressions of joined tables under a condition."""

from __future__ import annotations

from typing import Any

import postgast

from connectors.azuresql.dialect import qualified, quote
from model.catalog import TableName, View
from replicator.schema.columns import column_value, enum_names
from replicator.schema.expressions import Converter, names_of, shape
from replicator.schema.plan import PlannedTable, SchemaPlan
from replicator.schema.values import Inconvertible, Value

_JOINS = {"JOIN_INNER": "INNER JOIN", "JOIN_LEFT": "LEFT JOIN"}
_REFUSED = (
    "distinct_clause",
    "group_clause",
    "window_clause",
    "values_lists",
    "sort_clause",
    "locking_clause",
)


class ViewWriter:
    """Writes CREATE VIEW for one view; every other kind of query raises Inconvertible."""

    def __init__(self, plan: SchemaPlan) -> None:
        self._plan = plan
        self._enums = enum_names(plan.catalog)

    def create(self, view: View) -> str:
        """The statement. Raises Inconvertible naming what is in the way."""
        if view.materialized:
            raise Inconvertible("a materialized view")
        select = _select(view.query)
        aliases: dict[str, PlannedTable] = {}
        source = self._source(select.from_clause, aliases)
        converter = Converter(_Scope(aliases), enums=self._enums)
        columns = ",\n    ".join(self._column(converter, item) for item in select.target_list)
        where = ""
        if select.HasField("where_clause"):
            where = f"\nWHERE {converter.predicate(select.where_clause)}"
        name = qualified(self._plan.target(view.name))
        return f"CREATE VIEW {name} AS\nSELECT\n    {columns}\nFROM {source}{where}"

    def _column(self, converter: Converter, item: Any) -> str:
        target = item.res_target
        value = converter.value(target.val)
        name = target.name
        if not name:
            kind, content = shape(target.val)
            if kind != "column_ref":
                raise Inconvertible("a column without a name")
            name = names_of(content.fields)[-1]
        return f"{value.text} AS {quote(name)}"

    def _source(self, clause: Any, aliases: dict[str, PlannedTable]) -> str:
        if len(clause) != 1:
            raise Inconvertible("a list of tables without JOIN")
        return self._table(clause[0], aliases)

    def _table(self, node: Any, aliases: dict[str, PlannedTable]) -> str:
        kind, content = shape(node)
        if kind == "range_var":
            schema = content.schemaname or "public"
            table = self._plan.table(TableName(schema, content.relname))
            if table is None:
                raise Inconvertible(f"{schema}.{content.relname} is not among the chosen tables")
            alias = content.alias.aliasname or content.relname
            if alias in aliases:
                raise Inconvertible(f"two tables called {alias}")
            aliases[alias] = table
            return f"{qualified(table.name)} AS {quote(alias)}"
        if kind == "join_expr":
            word = _JOINS.get(postgast.pg_query_pb2.JoinType.Name(content.jointype))
            if word is None or content.is_natural or content.using_clause:
                raise Inconvertible("a join that is neither INNER nor LEFT with ON")
            if not content.HasField("quals") or content.alias.aliasname:
                raise Inconvertible("a join without a condition")
            left = self._table(content.larg, aliases)
            right = self._table(content.rarg, aliases)
            condition = Converter(_Scope(aliases), enums=self._enums).predicate(content.quals)
            return f"{left}\n    {word} {right} ON {condition}"
        raise Inconvertible(f"{kind.replace('_', ' ')} in FROM")


class _Scope:
    """Resolves columns of the tables that FROM names."""

    def __init__(self, aliases: dict[str, PlannedTable]) -> None:
        self._aliases = aliases

    def __call__(self, parts: tuple[str, ...]) -> Value:
        if len(parts) == 2:
            places = [parts[0]] if parts[0] in self._aliases else []
        else:
            places = [a for a, table in self._aliases.items() if table.column(parts[-1])]
        if len(places) != 1:
            raise Inconvertible(f"a reference to {'.'.join(parts)}")
        column = self._aliases[places[0]].column(parts[-1])
        if column is None:
            raise Inconvertible(f"a reference to {'.'.join(parts)}")
        return column_value(column, places[0])


def _select(query: str) -> Any:
    try:
        statements = postgast.parse(query).stmts
    except postgast.PgQueryError as error:
        raise Inconvertible(f"it cannot be parsed ({error})") from error
    if len(statements) != 1 or statements[0].stmt.WhichOneof("node") != "select_stmt":
        raise Inconvertible("it is not one SELECT")
    select = statements[0].stmt.select_stmt
    if postgast.pg_query_pb2.SetOperation.Name(select.op) != "SETOP_NONE":
        raise Inconvertible("a set operation")
    for clause in _REFUSED:
        if len(getattr(select, clause)):
            raise Inconvertible(clause.replace("_", " "))
    for clause in ("having_clause", "limit_count", "limit_offset", "with_clause"):
        if select.HasField(clause):
            raise Inconvertible(clause.replace("_", " "))
    return select
