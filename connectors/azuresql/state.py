"""The target's memory of one migration: the `replicator` schema (`model.ports.State`)."""

from __future__ import annotations

from connectors.azuresql.connection import Credential, Link
from connectors.azuresql.migration_rows import MigrationRows
from connectors.azuresql.quarantine_rows import QuarantineRows
from connectors.azuresql.role_rows import RoleRows
from connectors.azuresql.settings import AzureSqlSettings
from connectors.azuresql.table_rows import TableRows


class AzureSqlState(MigrationRows, TableRows, QuarantineRows, RoleRows):
    """One connection, which threads may share; statements are repeated over passing faults.

    Every statement here may be sent twice without doing its work twice, except the
    compare-and-sets of `set_table`, `take_chunk`, `open_gate` and `pass_over`, which answer
    InDoubt instead.
    """

    def __init__(
        self, settings: AzureSqlSettings, migration: str, identity: Credential | None = None
    ) -> None:
        self._state_link = Link(settings, f"replicator:{migration}:state", identity=identity)
        super().__init__(self._state_link, migration)

    def close(self) -> None:
        self._state_link.close()
