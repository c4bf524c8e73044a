"""Scripts, to the letter."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

from model.catalog import (
    Catalog,
    Check,
    Identity,
    Key,
    ReplicaIdentity,
    Sequence,
    Table,
    TableName,
    View,
)
from model.profile import TableProfile
from model.types import Kind, LogicalType
from replicator.schema import PlanOptions, convert, plan
from tests.unit.schema.catalogs import column, index, planned, reference, scripts, table


def sequence(name: str, **more: object) -> Sequence:
    values = {
        "type": LogicalType(Kind.INT64),
        "start": 1,
        "increment": 1,
        "minimum": 1,
        "maximum": 9223372036854775807,
        "cycle": False,
        "last": None,
    } | more
    return Sequence(TableName("public", name), **values)  # type: ignore[arg-type]  # a test's shorthand


def identity(name: str, start: int = 1, increment: int = 1) -> Identity:
    return Identity(TableName("public", name), start, increment, always=False)


USERS = table(
    "users",
    column("id", nullable=False, identity=identity("users_id_seq", 5)),
    column("handle", Kind.VARCHAR, length=30, nullable=False),
    column("email", Kind.VARCHAR, length=100),
    column("status", Kind.ENUM, labels=("active", "it's"), native="user_status", nullable=False,
           default="'active'::user_status"),
    column("settings", Kind.JSON, default="'{}'::jsonb", comment="what's set"),
    column("price", Kind.DECIMAL, precision=12, scale=2, nullable=False, default="0"),
    column("quantity", Kind.INT32, nullable=False, default="1"),
    column("total", Kind.DECIMAL, precision=14, scale=2, generated="(price * (quantity)::numeric)"),
    column("slug", Kind.TEXT, generated="lower((handle)::text)"),
    column("created_at", Kind.TIMESTAMPTZ, nullable=False, default="now()"),
    column("vector", Kind.TSVECTOR, native="tsvector"),
    key=("id",),
    unique_keys=(Key("users_handle_key", ("handle",)), Key("users_email_key", ("email",))),
    checks=(Check("price_check", "(price >= (0)::numeric)"),
            Check("handle_check", "((handle)::text ~ '^[a-z]+$'::text)")),
    comment="People",
)  # fmt: skip
POSTS = table(
    "blog.posts",
    column("id", nullable=False),
    column("author_id"),
    column("kind", Kind.VARCHAR, length=10, nullable=False),
    column("body", Kind.TEXT, default="'a]b'::text"),
    column("seen_at", Kind.TIMESTAMP, default="now()"),
    key=("id",),
    indexes=(
        replace(index("posts_author_idx", "author_id", included=("body",)), definition="…"),
        replace(index("posts_body_idx", "body", method="gin"), definition="CREATE INDEX … gin"),
        index("posts_unseen_idx", "author_id", predicate="(seen_at IS NULL)"),
        index("posts_kind_idx", "author_id", predicate="((kind)::text = 'x'::text)"),
        index("posts_once_idx", "author_id", "kind", unique=True),
    ),
    foreign_keys=(
        reference("posts_author_fkey", "author_id", "users", "id", on_delete="SET NULL"),
    ),
)

EXPECTED = Path(__file__).parent / "expected"
VIEWS = (
    View(
        TableName("public", "written"),
        " SELECT p.id,\n    u.handle AS writer\n   FROM (blog.posts p\n"
        "     JOIN users u ON ((u.id = p.author_id)))\n  WHERE ((p.kind)::text = 'story'::text);",
    ),
    View(TableName("public", "busy"), " SELECT count(*) FROM users GROUP BY status;"),
)


def test_a_schema_converts_to_the_letter() -> None:
    found = scripts(
        USERS,
        POSTS,
        sequences=(
            sequence("users_id_seq", owner=(USERS.name, "id")),
            sequence("tickets"),
            sequence("other_id_seq", owner=(TableName("public", "other"), "id")),
        ),
        views=VIEWS,
        others=(("function", "public.f()"),),
    )
    expected = {path.name: path.read_text() for path in EXPECTED.iterdir()}
    assert dict(found.files) == expected


def test_the_order_of_the_catalog_changes_no_byte() -> None:
    def shuffled(table_: Table, seed: int) -> Table:
        order = random.Random(seed)
        return replace(
            table_,
            unique_keys=tuple(order.sample(table_.unique_keys, len(table_.unique_keys))),
            indexes=tuple(order.sample(table_.indexes, len(table_.indexes))),
            checks=tuple(order.sample(table_.checks, len(table_.checks))),
        )

    first = scripts(USERS, POSTS, views=VIEWS)
    for seed in range(5):
        again = scripts(shuffled(POSTS, seed), shuffled(USERS, seed), views=VIEWS[::-1])
        assert again.files == first.files
        assert again.fingerprint == first.fingerprint


def test_a_sequence_that_two_columns_use_stays_a_sequence() -> None:
    one = table("a", column("id", nullable=False, identity=identity("shared")), key=("id",))
    two = table(
        "b",
        column("id", nullable=False, default="nextval('shared'::regclass)"),
        key=("id",),
    )
    files = scripts(one, two, sequences=(sequence("shared", owner=(one.name, "id")),)).files
    assert "CREATE SEQUENCE [dbo].[shared]" in files["20_sequences.sql"]
    assert (
        "[id] bigint CONSTRAINT [DF_a_id] DEFAULT (NEXT VALUE FOR [dbo].[shared]) NOT NULL"
        in files["30_tables.sql"]
    )
    assert (
        "[id] bigint CONSTRAINT [DF_b_id] DEFAULT (NEXT VALUE FOR [dbo].[shared]) NOT NULL"
        in files["30_tables.sql"]
    )


def test_only_one_column_of_a_table_is_an_identity() -> None:
    source = table(
        "t",
        column("a", nullable=False, identity=identity("t_a_seq")),
        column("b", nullable=False, identity=identity("t_b_seq", 1000, 5)),
        key=("a", "b"),
    )
    files = scripts(
        source,
        sequences=(
            sequence("t_a_seq", owner=(source.name, "a")),
            sequence("t_b_seq", owner=(source.name, "b"), start=1000, increment=5),
        ),
    ).files
    assert "[a] bigint IDENTITY(1,1) NOT NULL" in files["30_tables.sql"]
    assert (
        "[b] bigint CONSTRAINT [DF_t_b] DEFAULT (NEXT VALUE FOR [dbo].[t_b_seq]) NOT NULL"
        in (files["30_tables.sql"])
    )
    assert "START WITH 1000 INCREMENT BY 5" in files["20_sequences.sql"]


def test_a_number_outside_of_the_key_is_no_identity() -> None:
    """✗ The stream may update it, and the target never updates an IDENTITY (8102)."""
    source = table(
        "t",
        column("id", nullable=False),
        column("ticket", nullable=False, identity=identity("t_ticket_seq")),
        key=("id",),
    )
    files = scripts(
        source, sequences=(sequence("t_ticket_seq", owner=(source.name, "ticket")),)
    ).files
    assert "IDENTITY" not in files["30_tables.sql"]
    assert "DEFAULT (NEXT VALUE FOR [dbo].[t_ticket_seq])" in files["30_tables.sql"]


def test_a_replica_identity_index_becomes_the_clustered_key() -> None:
    source = replace(
        table("t", column("a", nullable=False), column("b", nullable=False)),
        key=("b", "a"),
        replica_identity=ReplicaIdentity.INDEX,
    )
    text = scripts(source).files["30_tables.sql"]
    assert "CONSTRAINT [t_key] UNIQUE CLUSTERED ([b], [a])" in text


def test_constraint_names_are_unique_in_their_schema() -> None:
    check = (Check("positive", "(n > 0)"),)
    one = table("a", column("n"), checks=check)
    two = table("b", column("n"), checks=check)
    three = table("positive", column("n"))
    text = scripts(one, two, three).files["60_constraints.sql"]
    assert "ADD CONSTRAINT [positive_a] CHECK" in text
    assert "ADD CONSTRAINT [positive_b] CHECK" in text


def test_domains_bring_their_checks() -> None:
    source = table(
        "t",
        column("p", Kind.DECIMAL, precision=9, scale=2, domain="price",
               checks=("(VALUE >= (0)::numeric)", "(VALUE ~ 'x')")),
    )  # fmt: skip
    files = scripts(source).files
    assert "CONSTRAINT [CK_t_p_domain1] CHECK ([p] >= 0)" in files["60_constraints.sql"]
    assert "check of domain price" in files["90_unconverted.md"]


def test_brackets_in_names_are_doubled() -> None:
    source = table("we]ird", column("a]b", nullable=False), key=("a]b",))
    text = scripts(source).files["30_tables.sql"]
    assert "CREATE TABLE [dbo].[we]]ird] (\n    [a]]b] bigint NOT NULL," in text


def cascading(*pairs: tuple[str, str], action: str = "CASCADE") -> list[Table]:
    names = sorted({name for pair in pairs for name in pair})
    return [
        table(
            name,
            column("id", nullable=False),
            *(column(parent) for parent, child in pairs if child == name),
            key=("id",),
            foreign_keys=tuple(
                reference(f"{name}_{parent}_fkey", parent, parent, "id", on_delete=action)
                for parent, child in pairs
                if child == name
            ),
        )
        for name in names
    ]


def test_a_second_cascade_path_becomes_no_action_and_a_finding() -> None:
    files = scripts(*cascading(("a", "b"), ("a", "c"), ("b", "d"), ("c", "d"))).files
    text = files["60_constraints.sql"]
    assert "[d_b_fkey] FOREIGN KEY ([b]) REFERENCES [dbo].[b] ([id]) ON DELETE CASCADE\n" in text
    assert "[d_c_fkey] FOREIGN KEY ([c]) REFERENCES [dbo].[c] ([id])\n" in text
    assert "## public.d.d_c_fkey" in files["90_unconverted.md"]
    assert "1785" in files["90_unconverted.md"]


def test_two_set_null_keys_to_one_table_are_two_paths() -> None:
    users = table("users", column("id", nullable=False), key=("id",))
    follows = table(
        "follows",
        column("a"),
        column("b"),
        foreign_keys=(
            reference("f_a", "a", "users", "id", on_delete="SET NULL"),
            reference("f_b", "b", "users", "id", on_delete="SET NULL"),
        ),
    )
    text = scripts(users, follows).files["60_constraints.sql"]
    assert text.count("ON DELETE SET NULL") == 1


def test_a_cascade_to_itself_becomes_no_action() -> None:
    tree = table(
        "tree",
        column("id", nullable=False),
        column("up"),
        key=("id",),
        foreign_keys=(reference("tree_up", "up", "tree", "id", on_delete="CASCADE"),),
    )
    assert "ON DELETE" not in scripts(tree).files["60_constraints.sql"]


def test_a_foreign_key_to_a_nullable_unique_key_is_listed() -> None:
    users = table("users", column("code"), unique_keys=(Key("users_code_key", ("code",)),))
    posts = table(
        "posts", column("code"), foreign_keys=(reference("p_c", "code", "users", "code"),)
    )
    files = scripts(users, posts).files
    assert "p_c" not in files["60_constraints.sql"]
    assert (
        "foreign key: the unique key of public.users that it names takes NULLs"
        in (files["90_unconverted.md"])
    )


def test_a_foreign_key_to_a_table_that_is_left_out_is_listed() -> None:
    posts = table("posts", column("u"), foreign_keys=(reference("p_u", "u", "users", "id"),))
    assert (
        "public.users is not among the chosen tables" in scripts(posts).files["90_unconverted.md"]
    )


def test_foreign_keys_follow_the_order_of_the_referenced_key() -> None:
    parent = table("a", column("x", nullable=False), column("y", nullable=False), key=("x", "y"))
    child = table("b", column("p"), column("q"))
    child = replace(
        child,
        foreign_keys=(
            replace(
                reference("b_fkey", "p", "a", "y"),
                columns=("p", "q"),
                referenced_columns=("y", "x"),
            ),
        ),
    )
    assert (
        "FOREIGN KEY ([q], [p]) REFERENCES [dbo].[a] ([x], [y])"
        in (scripts(parent, child).files["60_constraints.sql"])
    )


def test_a_unique_key_with_equal_nulls_needs_no_filter() -> None:
    source = table("t", column("c"), unique_keys=(Key("t_c_key", ("c",), nulls_equal=True),))
    text = scripts(source).files["50_indexes.sql"]
    assert "ADD CONSTRAINT [t_c_key] UNIQUE NONCLUSTERED ([c])" in text


def test_a_filter_on_a_text_that_ignores_case_is_listed() -> None:
    source = table(
        "t",
        column("n"),
        column("s", Kind.VARCHAR, length=9),
        indexes=(index("t_n_idx", "n", predicate="((s)::text = 'x'::text)"),),
    )
    files = scripts(source).files
    assert "t_n_idx" not in files["50_indexes.sql"]
    assert "the target ignores case" in files["90_unconverted.md"]


def test_a_default_that_is_not_sure_is_listed_and_left_out() -> None:
    source = table("t", column("c", Kind.TEXT, default="lower('X'::text)"))
    files = scripts(source).files
    assert "[c] nvarchar(max) NULL" in files["30_tables.sql"]
    assert "default: no sure counterpart for the function lower()" in files["90_unconverted.md"]


def test_schemas_map_and_others_keep_their_names() -> None:
    made = plan(
        Catalog("app", (table("public.t", column("a")), table("x.u", column("a")))),
        {TableName("public", "t"): TableProfile()},
        PlanOptions(schemas={"public": "social"}),
    )
    text = convert(made).files["30_tables.sql"]
    assert "CREATE TABLE [social].[t]" in text
    assert "CREATE TABLE [x].[u]" in text
    assert made.target(TableName("public", "t")) == TableName("social", "t")


def test_a_materialized_view_and_odd_views_are_listed() -> None:
    queries = [
        "SELECT * FROM users",
        "SELECT handle FROM users ORDER BY handle LIMIT 1",
        "SELECT DISTINCT handle FROM users",
        "SELECT handle FROM users UNION SELECT email FROM users",
        "WITH a AS (SELECT 1 AS x) SELECT x FROM a",
        "SELECT u.handle FROM users u, blog.posts p",
        "SELECT count(*) AS n FROM users",
        "SELECT handle FROM strangers",
    ]
    views = (
        View(TableName("public", "m"), "SELECT handle FROM users", materialized=True),
        *(View(TableName("public", f"v{i}"), query) for i, query in enumerate(queries)),
    )
    files = scripts(USERS, POSTS, views=views).files
    assert "CREATE VIEW" not in files["40_views.sql"]
    for view in views:
        assert f"## {view.name}\n\nview: " in files["90_unconverted.md"]


def test_the_plan_knows_its_tables() -> None:
    made = planned(USERS, POSTS)
    assert made.table(TableName("blog", "posts")) is made.tables[0]
    assert made.table(TableName("blog", "x")) is None
