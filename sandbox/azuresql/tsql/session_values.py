"""What a statement may ask of its session: `@@…` and functions without arguments that read it."""

from __future__ import annotations

from typing import Final

from sandbox.azuresql.session import SqlType

_INT: Final = SqlType("int")
_NAME: Final = SqlType("nvarchar", 128)

SESSION_VALUES: Final = {
    "@@rowcount": _INT,
    "@@trancount": _INT,
    "@@error": _INT,
    "@@identity": SqlType("decimal", 0, 38, 0),
    "@@spid": SqlType("smallint"),
    "@@version": SqlType("nvarchar", 300),
    "@@servername": _NAME,
    "@@microsoftversion": _INT,
    "@@max_precision": SqlType("tinyint"),
    "@@lock_timeout": _INT,
    "@@options": _INT,
    "@@textsize": _INT,
    "@@language": _NAME,
    "@@langid": SqlType("smallint"),
    "@@datefirst": SqlType("tinyint"),
    "@@fetch_status": _INT,
    "@@cursor_rows": _INT,
    "@@procid": _INT,
    "@@nestlevel": _INT,
    "@@xact_state": SqlType("smallint"),
    "@@scope_identity": SqlType("decimal", 0, 38, 0),
    "@@error_number": _INT,
    "@@error_severity": _INT,
    "@@error_state": _INT,
    "@@error_line": _INT,
    "@@error_message": SqlType("nvarchar", 4000),
    "@@error_procedure": _NAME,
    "@@db_name": _NAME,
    "@@db_id": SqlType("smallint"),
    "@@user_name": _NAME,
    "@@login_name": _NAME,
    "@@host_name": _NAME,
    "@@app_name": _NAME,
    "@@sessions": SqlType("nvarchar", -1),
    "@@databases": SqlType("nvarchar", -1),
    "@@columns_updated": SqlType("nvarchar", -1),
    "@@cursors": SqlType("nvarchar", -1),
}
"""Value by name with its type; those without an `@@` of their own stand for functions."""

FUNCTIONS: Final = {
    "XACT_STATE": "@@xact_state",
    "SCOPE_IDENTITY": "@@scope_identity",
    "ERROR_NUMBER": "@@error_number",
    "ERROR_SEVERITY": "@@error_severity",
    "ERROR_STATE": "@@error_state",
    "ERROR_LINE": "@@error_line",
    "ERROR_MESSAGE": "@@error_message",
    "ERROR_PROCEDURE": "@@error_procedure",
    "DB_NAME": "@@db_name",
    "DB_ID": "@@db_id",
    "USER_NAME": "@@user_name",
    "CURRENT_USER": "@@user_name",
    "SESSION_USER": "@@user_name",
    "USER": "@@user_name",
    "SUSER_SNAME": "@@login_name",
    "SUSER_NAME": "@@login_name",
    "SYSTEM_USER": "@@login_name",
    "ORIGINAL_LOGIN": "@@login_name",
    "HOST_NAME": "@@host_name",
    "APP_NAME": "@@app_name",
}
"""Functions that take no argument (or need none) and read the session."""

VERSION: Final = (
    "Microsoft SQL Azure (RTM) - 12.0.2000.8 \n"
    "\tStand-in of the replicator project on an embedded PostgreSQL\n"
)
