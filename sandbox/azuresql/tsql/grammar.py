"""The `tsql` dialect of sqlfluff, with the statements that it lacks.

`INSERT BULK`, `KILL`, `EXECUTE AS`, `REVERT`, `ALTER LOGIN`, `DROP LOGIN`, `ALTER TRIGGER` and
`ALTER SCHEMA` come out of the original unparsable, and so do some defaults of columns.
"""

from __future__ import annotations

from sqlfluff.core.dialects import load_raw_dialect
from sqlfluff.core.dialects.base import Dialect
from sqlfluff.core.parser import (
    BaseSegment,
    Bracketed,
    Delimited,
    OneOf,
    Ref,
    Sequence,
)


class InsertBulkStatementSegment(BaseSegment):
    """`INSERT BULK t (column type …) WITH (option, …)`, which only bulk loads send."""

    type = "insert_bulk_statement"
    match_grammar = Sequence(
        "INSERT",
        "BULK",
        Ref("TableReferenceSegment"),
        Bracketed(Delimited(Ref("InsertBulkColumnSegment"))),
        Sequence("WITH", Bracketed(Delimited(Ref("InsertBulkOptionSegment"))), optional=True),
    )


class InsertBulkColumnSegment(BaseSegment):
    """A column of `INSERT BULK` with its type and collation."""

    type = "insert_bulk_column"
    match_grammar = Sequence(
        Ref("SingleIdentifierGrammar"),
        Ref("DatatypeSegment"),
        Sequence("COLLATE", Ref("CollationReferenceSegment"), optional=True),
    )


class InsertBulkOptionSegment(BaseSegment):
    """`TABLOCK`, `KEEP_NULLS`, `ROWS_PER_BATCH = n`, `ORDER (column, …)` …"""

    type = "insert_bulk_option"
    match_grammar = Sequence(
        OneOf(Ref("NakedIdentifierSegment"), "TABLOCK", "ORDER"),
        OneOf(
            Sequence(Ref("RawEqualsSegment"), Ref("NumericLiteralSegment")),
            Bracketed(
                Delimited(
                    Sequence(Ref("SingleIdentifierGrammar"), OneOf("ASC", "DESC", optional=True))
                )
            ),
            optional=True,
        ),
    )


class KillStatementSegment(BaseSegment):
    """`KILL session`."""

    type = "kill_statement"
    match_grammar = Sequence("KILL", Ref("NumericLiteralSegment"))


class ExecuteAsStatementSegment(BaseSegment):
    """`EXECUTE AS USER = 'name'`."""

    type = "execute_as_statement"
    match_grammar = Sequence(
        OneOf("EXEC", "EXECUTE"),
        "AS",
        OneOf("USER", "LOGIN"),
        Ref("RawEqualsSegment"),
        OneOf(Ref("QuotedLiteralSegment"), Ref("QuotedLiteralSegmentWithN")),
    )


class RevertStatementSegment(BaseSegment):
    """`REVERT`."""

    type = "revert_statement"
    match_grammar = Sequence("REVERT")


class DropLoginStatementSegment(BaseSegment):
    """`DROP LOGIN name`."""

    type = "drop_login_statement"
    match_grammar = Sequence("DROP", "LOGIN", Ref("SingleIdentifierGrammar"))


class AlterLoginStatementSegment(BaseSegment):
    """`ALTER LOGIN name WITH PASSWORD = '…'`."""

    type = "alter_login_statement"
    match_grammar = Sequence(
        "ALTER",
        "LOGIN",
        Ref("SingleIdentifierGrammar"),
        "WITH",
        "PASSWORD",
        Ref("RawEqualsSegment"),
        OneOf(Ref("QuotedLiteralSegment"), Ref("QuotedLiteralSegmentWithN")),
    )


class AlterTriggerStatementSegment(BaseSegment):
    """`ALTER TRIGGER`, which is CREATE TRIGGER but for its first word."""

    type = "create_trigger"
    match_grammar = Sequence(
        "ALTER",
        "TRIGGER",
        Ref("TriggerReferenceSegment"),
        "ON",
        Ref("TableReferenceSegment"),
        OneOf("FOR", "AFTER", Sequence("INSTEAD", "OF")),
        Delimited("INSERT", "UPDATE", "DELETE"),
        Sequence("NOT", "FOR", "REPLICATION", optional=True),
        "AS",
        Ref("OneOrMoreStatementsGrammar"),
    )


class AlterSchemaStatementSegment(BaseSegment):
    """`ALTER SCHEMA name TRANSFER [OBJECT::] [schema.]object`."""

    type = "alter_schema_statement"
    match_grammar = Sequence(
        "ALTER",
        "SCHEMA",
        Ref("SchemaReferenceSegment"),
        "TRANSFER",
        Sequence(OneOf("OBJECT", "TYPE"), Ref("CastOperatorSegment"), optional=True),
        Ref("ObjectReferenceSegment"),
    )


class IsoCursorSegment(BaseSegment):
    """`DECLARE c [INSENSITIVE] [SCROLL] CURSOR FOR …`, the order of words of ISO."""

    type = "declare_cursor_statement"
    match_grammar = Sequence(
        "DECLARE",
        Ref("SingleIdentifierGrammar"),
        Sequence("INSENSITIVE", optional=True),
        Sequence("SCROLL", optional=True),
        "CURSOR",
        "FOR",
        Ref("SelectableGrammar"),
        Sequence(
            "FOR",
            OneOf(
                Sequence("READ", "ONLY"),
                Sequence(
                    "UPDATE",
                    Sequence("OF", Delimited(Ref("ColumnReferenceSegment")), optional=True),
                ),
            ),
            optional=True,
        ),
    )


class SetOtherSegment(BaseSegment):
    """`SET option ON|OFF|value` for the options that the original does not list."""

    type = "set_segment"
    match_grammar = Sequence(
        "SET",
        Ref("NakedIdentifierSegment"),
        OneOf("ON", "OFF", Ref("NumericLiteralSegment"), Ref("NakedIdentifierSegment")),
    )


_DEFAULT = Sequence(
    Sequence("CONSTRAINT", Ref("ObjectReferenceSegment"), optional=True),
    "DEFAULT",
    OneOf(
        Bracketed(Ref("ExpressionSegment")),
        Ref("LiteralGrammar"),
        Ref("BareFunctionSegment"),
        Ref("FunctionSegment"),
        Ref("NextValueSequenceSegment"),
    ),
    Sequence("WITH", "VALUES", optional=True),
)
"""A column's default: any expression in brackets, and what rows that are there already take."""


def dialect() -> Dialect:
    """A dialect of our own; sqlfluff's object is left as it is."""
    original = load_raw_dialect("tsql")
    mine = original.copy_as(
        "azuresql", formatted_name="Azure SQL", docstring="T-SQL with what clients send."
    )
    # Columns of the catalog are called so, and SQL Server takes them without brackets.
    mine.sets("reserved_keywords").difference_update({"DEFINITION", "PRECISION"})
    mine.sets("unreserved_keywords").update(
        {"KILL", "REVERT", "LOGIN", "BULK", "DEFINITION", "PRECISION", "TRANSFER"}
    )
    statements = original.get_segment("StatementSegment")
    ours = (
        InsertBulkStatementSegment,
        KillStatementSegment,
        ExecuteAsStatementSegment,
        RevertStatementSegment,
        DropLoginStatementSegment,
        AlterLoginStatementSegment,
        AlterTriggerStatementSegment,
        AlterSchemaStatementSegment,
        IsoCursorSegment,
        SetOtherSegment,
    )

    class StatementSegment(statements):  # type: ignore[valid-type,misc] # a class made at run time
        match_grammar = statements.match_grammar.copy(
            insert=[Ref(segment.__name__) for segment in ours], at=0
        )

    constraints = original.get_segment("ColumnConstraintSegment")

    class ColumnConstraintSegment(constraints):  # type: ignore[valid-type,misc] # as above
        match_grammar = OneOf(_DEFAULT, constraints.match_grammar)

    mine.add(
        **{segment.__name__: segment for segment in ours},
        InsertBulkColumnSegment=InsertBulkColumnSegment,
        InsertBulkOptionSegment=InsertBulkOptionSegment,
    )
    mine.replace(
        StatementSegment=StatementSegment,  # type: ignore[arg-type] # a segment class
        ColumnConstraintSegment=ColumnConstraintSegment,  # type: ignore[arg-type] # another
    )
    expanded: Dialect = mine.expand()
    return expanded
