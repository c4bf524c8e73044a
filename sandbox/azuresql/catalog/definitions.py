"""Who may define what: the error that each definition gets which its user may not make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sandbox.azuresql.catalog.security import Rights, denied_in_database
from sandbox.azuresql.session import Refused

_OF_A_SCHEMA: Final = frozenset({"TABLE", "VIEW", "SEQUENCE", "PROCEDURE", "FUNCTION", "TYPE"})
_OF_A_TABLE: Final = frozenset({"INDEX", "TRIGGER"})


@dataclass(frozen=True, slots=True)
class Definition:
    """What a statement does: `right` is CREATE or ALTER, `statement` the kind of its node."""

    right: str
    statement: str

    @property
    def verb(self) -> str:
        return self.statement.split("_")[0].upper()

    @property
    def thing(self) -> str:
        """`create_table_statement` makes a TABLE."""
        return self.statement.split("_")[1].upper()

    @property
    def makes(self) -> bool:
        return self.right == self.verb == "CREATE" and self.thing not in _OF_A_TABLE


def refusal(
    rights: Rights, user: str, made: Definition, database: str, schema: str, name: str, line: int
) -> Refused | None:
    """The error of a definition, by the kind of its statement; None where the user may make it.

    Something new needs CREATE … in the database and ALTER on its schema, everything else ALTER on
    what it changes. `schema` and `name` are folded.
    """
    thing = made.thing
    if made.makes:
        if not rights.may(user, f"CREATE {thing}", schema if thing == "SEQUENCE" else ""):
            return denied_in_database(f"CREATE {thing}", database, line)
        if thing in _OF_A_SCHEMA and not rights.may(user, "ALTER", schema):
            return _no_schema(schema, line)
        return None
    if rights.may(user, "ALTER", schema, name):
        return None
    return _unchangeable(made, user, schema, name, line)


def _no_schema(schema: str, line: int) -> Refused:
    return Refused(
        2760,
        f'The specified schema name "{schema}" either does not exist or you do not have '
        "permission to use it.",
        line=line,
    )


def _unchangeable(made: Definition, user: str, schema: str, name: str, line: int) -> Refused:
    verb, thing = made.verb, made.thing
    if verb == "DROP" and thing == "SCHEMA":
        return _cannot(15151, "drop the schema", schema, 16, 1, line)
    if verb == "DROP":
        return _cannot(3701, f"drop the {thing.lower()}", name, 14, 20, line)
    if verb == "DBCC":
        return Refused(
            2557,
            f"User '{user}' does not have permission to run DBCC CHECKIDENT for object '{name}'.",
            14,
            5,
            line,
        )
    if thing in ("VIEW", "SEQUENCE", "PROCEDURE", "FUNCTION"):
        return Refused(
            3704,
            f"User does not have permission to perform this operation on {thing.lower()} '{name}'.",
            line=line,
        )
    return Refused(
        1088,
        f'Cannot find the object "{schema}.{name}" because it does not exist or you do not have '
        "permissions.",
        state=13,
        line=line,
    )


def _cannot(number: int, what: str, name: str, severity: int, state: int, line: int) -> Refused:
    text = f"Cannot {what} '{name}', because it does not exist or you do not have permission."
    return Refused(number, text, severity, state, line)
