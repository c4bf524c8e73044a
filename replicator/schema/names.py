"""Names of constraints: unique in their schema, as the target wants it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from connectors.azuresql.dialect import quote
from replicator.schema.plan import PlannedTable, SchemaPlan
from replicator.schema.tsql import LONGEST_NAME


class Names:
    """Gives out names in the order of asking. In PostgreSQL two tables may have constraints of one
    name; in the target they share their schema with each other and with tables."""

    def __init__(self, plan: SchemaPlan) -> None:
        self._taken = {_key(table.name.schema, table.name.name) for table in plan.tables}
        others = [sequence.name for sequence in plan.catalog.sequences]
        others += [view.name for view in plan.catalog.views]
        for target in map(plan.target, others):
            self._taken.add(_key(target.schema, target.name))

    def constraint(self, table: PlannedTable, wanted: str) -> str:
        """The name, quoted; with the table's name or a number added where it is taken."""
        for candidate in self._candidates(table, wanted):
            key = _key(table.name.schema, candidate)
            if key not in self._taken:
                self._taken.add(key)
                return quote(candidate)
        raise AssertionError("unreachable: the candidates never end")

    def _candidates(self, table: PlannedTable, wanted: str) -> Iterator[str]:
        yield wanted[:LONGEST_NAME]
        yield f"{wanted}_{table.name.name}"[:LONGEST_NAME]
        for number in count(2):
            yield f"{wanted[: LONGEST_NAME - 12]}_{number}"


def _key(schema: str, name: str) -> tuple[str, str]:
    return schema.casefold(), name.casefold()
