"""The text of the catalog procedures' queries, and which calls of sp_tables list something else."""

from __future__ import annotations

from sandbox.azuresql.tsql.catalog_listings import LISTINGS
from sandbox.azuresql.tsql.catalog_procedures import Texts, enumeration, statement

BY_NAME = {listing.name: listing for listing in LISTINGS}


def made(name: str, **given: str | None) -> tuple[str, list[str]]:
    texts: Texts = {f"@{key}": value for key, value in given.items()}
    return statement(BY_NAME[name], texts)


def test_names_are_patterns_unless_the_caller_says_no() -> None:
    sql, values = made("sp_tables", table_name="a%", table_owner=None)
    assert sql == (
        'SELECT "TABLE_QUALIFIER", "TABLE_OWNER", "TABLE_NAME", "TABLE_TYPE", "REMARKS" '
        'FROM store.sp_tables WHERE store.matches("TABLE_NAME"::text, $1, true) '
        'ORDER BY "TABLE_TYPE" NULLS FIRST, "TABLE_OWNER" NULLS FIRST, "TABLE_NAME" NULLS FIRST'
    )
    assert values == ["a%"]
    assert (
        'store.matches("TABLE_NAME"::text, $1, false)'
        in made("sp_tables", table_name="a%", fusepattern="0")[0]
    )


def test_types_of_tables_are_chosen_from_those_that_are_known() -> None:
    both, _ = made("sp_tables", table_type="'TABLE','VIEW'")
    assert """WHERE "TABLE_TYPE"::text IN ('TABLE', 'VIEW')""" in both
    none, _ = made("sp_tables", table_type="'x'); DROP TABLE t; --'")
    assert """WHERE "TABLE_TYPE"::text IN ('') ORDER""" in none
    every, _ = made("sp_tables", table_type="%")
    assert "WHERE" not in every


def test_keys_are_found_by_exact_names() -> None:
    sql, values = made("sp_pkeys", table_name="T", table_owner="dbo")
    assert (
        'WHERE lower("TABLE_NAME"::text) = lower($1) AND lower("TABLE_OWNER"::text) = lower($2)'
        in sql
    )
    assert values == ["T", "dbo"]


def test_odbc_3_has_other_numbers_of_dates_than_2() -> None:
    new, _ = made("sp_columns_100", table_name="T", odbcver="3")
    old, _ = made("sp_columns_100", table_name="T")
    assert "WHEN 93 THEN 11" not in new
    assert 'CASE "DATA_TYPE" WHEN 91 THEN 9 WHEN 93 THEN 11' in old


def test_unique_indexes_and_strict_row_identifiers() -> None:
    unique, _ = made("sp_statistics_100", table_name="T", is_unique="Y")
    assert '("NON_UNIQUE" IS NULL OR "NON_UNIQUE" = 0)' in unique
    strict, _ = made("sp_special_columns_100", table_name="T", col_type="R", nullable="O")
    assert """"COLUMN_TYPE"::text = 'R' AND "STRICT"::boolean = true""" in strict


def test_sp_tables_lists_databases_schemas_or_types() -> None:
    def listed(qualifier: str | None, owner: str | None, name: str | None, kind: str) -> str:
        found = enumeration(
            {
                "@table_qualifier": qualifier,
                "@table_owner": owner,
                "@table_name": name,
                "@table_type": kind,
            }
        )
        return "" if found is None else found.partition(" FROM ")[2]

    assert listed("%", "", "", "") == "sys.databases_of($1) ORDER BY 1"
    assert listed("", "%", "", "") == "sys.schemas WHERE $1 <> '' ORDER BY 2"
    assert listed("", "", "", "%").startswith("unnest(ARRAY['SYSTEM TABLE', 'TABLE', 'VIEW'])")
    assert listed(None, None, "%", "") == ""
    assert listed("%", "%", "%", "") == ""
