"""Which cascades the target accepts: a tree for every table, without cycles (error 1785)."""

from __future__ import annotations

from model.catalog import ForeignKey, TableName
from replicator.schema.plan import SchemaPlan

_NONE = ("NO ACTION", "RESTRICT")


class Cascades:
    """Decides, in the order of table and constraint names, which actions stay.

    An action that would make a cycle or a second path between two tables becomes NO ACTION; so
    does SET NULL on a column that cannot be NULL (error 1761).
    """

    def __init__(self, plan: SchemaPlan) -> None:
        self._reached: dict[TableName, set[TableName]] = {}
        self._kept: dict[tuple[TableName, str], bool] = {}
        for table in plan.tables:
            for foreign in sorted(table.source.foreign_keys, key=lambda foreign: foreign.name):
                if plan.table(foreign.referenced) is not None and _acts(foreign):
                    settable = all(table.source.column(c).nullable for c in foreign.columns)
                    wants_null = "SET NULL" in (foreign.on_delete, foreign.on_update)
                    kept = (settable or not wants_null) and self._add(
                        foreign.referenced, table.source.name
                    )
                    self._kept[(table.source.name, foreign.name)] = kept

    def actions(self, table: TableName, foreign: ForeignKey) -> tuple[str, str]:
        """(on delete, on update) as the target gets them."""
        if not self._kept.get((table, foreign.name), False):
            return "NO ACTION", "NO ACTION"
        delete, update = (
            "NO ACTION" if action in _NONE else action
            for action in (foreign.on_delete, foreign.on_update)
        )
        return delete, update

    def _add(self, parent: TableName, child: TableName) -> bool:
        """Record that changes of `parent` reach `child`, unless one is reached twice by that."""
        above = {parent} | {t for t, below in self._reached.items() if parent in below}
        below = {child} | self._reached.get(child, set())
        if above & below or any(below & self._reached.get(table, set()) for table in above):
            return False
        for table in above:
            self._reached.setdefault(table, set()).update(below)
        return True


def _acts(foreign: ForeignKey) -> bool:
    return foreign.on_delete not in _NONE or foreign.on_update not in _NONE
