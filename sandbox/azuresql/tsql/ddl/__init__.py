"""Definitions: what CREATE, ALTER, DROP, GRANT and the like do in PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import Results
from sandbox.azuresql.tsql.ddl import (
    alter,
    databases,
    functions,
    identities,
    indexes,
    logins,
    modules,
    objects,
    principals,
    roles,
    security,
    sequences,
    synonyms,
    table_types,
    tables,
    transfers,
    triggers,
    views,
)
from sandbox.azuresql.tsql.ddl.running import made
from sandbox.azuresql.tsql.ddl.table_types import typed_variable
from sandbox.azuresql.tsql.ddl.tables import table_variable
from sandbox.azuresql.tsql.frame import Frame
from sandbox.azuresql.tsql.tree import Node

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter

HANDLERS: Final[dict[str, Callable[[Interpreter, Node, Frame], Results]]] = {
    "create_table_statement": tables.create_table,
    "alter_table_statement": alter.alter_table,
    "drop_table_statement": tables.drop_table,
    "truncate_table": tables.truncate,
    "create_index_statement": indexes.create_index,
    "drop_index_statement": indexes.drop_index,
    "alter_index_statement": indexes.alter_index,
    "create_schema_statement": objects.create_schema,
    "drop_schema_statement": objects.drop_schema,
    "alter_schema_statement": transfers.transfer,
    "create_synonym_statement": synonyms.create_synonym,
    "drop_synonym_statement": synonyms.drop_synonym,
    "create_view_statement": views.create_view,
    "alter_view_statement": views.create_view,
    "drop_view_statement": objects.drop_view,
    "create_sequence_statement": sequences.create_sequence,
    "alter_sequence_statement": sequences.alter_sequence,
    "drop_sequence_statement": objects.drop_sequence,
    "create_procedure_statement": modules.create_procedure,
    "drop_procedure_statement": modules.drop_module,
    "create_function_statement": functions.create_function,
    "drop_function_statement": modules.drop_module,
    "create_trigger": triggers.create_trigger,
    "drop_trigger": modules.drop_module,
    "disable_trigger": objects.switch_trigger,
    "enable_trigger": objects.switch_trigger,
    "dbcc_statement": identities.dbcc,
    "update_statistics_statement": identities.update_statistics,
    "create_login_statement": logins.create_login,
    "drop_login_statement": logins.drop_login,
    "alter_login_statement": logins.alter_login,
    "create_user_statement": principals.create_user,
    "alter_user_statement": principals.alter_user,
    "drop_user_statement": principals.drop_principal,
    "create_role_statement": roles.create_role,
    "drop_role_statement": principals.drop_principal,
    "alter_role_statement": roles.alter_role,
    "grant_statement": security.permission,
    "deny_statement": security.permission,
    "revoke_statement": security.permission,
    "create_type_statement": table_types.create_type,
    "drop_type_statement": table_types.drop_type,
    "create_database_statement": databases.create_database,
    "alter_database_statement": databases.alter_database,
    "drop_database_statement": databases.drop_database,
    "kill_statement": databases.kill,
}

__all__ = ["HANDLERS", "made", "table_variable", "typed_variable"]
