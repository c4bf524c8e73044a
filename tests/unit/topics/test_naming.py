"""Two tables never share a topic, nor two topics that a broker would refuse side by side."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.catalog import TableName
from topics.naming import LONGEST, control_topic, data_topic, heartbeat_topic

names = st.text(st.characters(exclude_characters="\0"), min_size=1, max_size=63)
tables = st.builds(TableName, names, names)


@pytest.mark.parametrize(
    ("schema", "name", "topic"),
    [
        ("public", "users", "app.public.users"),
        ("public", "post_tags", "app.public.post_tags"),
        ("app_user", "posts", "app.app-5fuser.posts"),
        ("a.b", "c", "app.a-2eb.c"),
        ("public", "Order Items", "app.public.Order-20Items"),
        ("public", "naïve", "app.public.na-c3-afve"),
        ("public", "a-b", "app.public.a-2db"),
    ],
)
def test_names(schema: str, name: str, topic: str) -> None:
    assert data_topic("app", TableName(schema, name)) == topic


@given(tables)
def test_every_name_is_one_that_kafka_takes(table: TableName) -> None:
    topic = data_topic("app", table)
    assert re.fullmatch(r"[A-Za-z0-9._-]+", topic)
    assert len(topic) <= LONGEST


def _as_brokers_compare(topic: str) -> str:
    return topic.replace(".", "_")


@given(st.sets(tables, min_size=2, max_size=8))
def test_no_two_tables_collide_even_where_a_dot_equals_an_underscore(
    several: set[TableName],
) -> None:
    topics = {_as_brokers_compare(data_topic("app", table)) for table in several}
    assert len(topics) == len(several)


def test_schema_and_table_that_differ_only_by_where_the_dot_is() -> None:
    one, other = TableName("app", "user_posts"), TableName("app_user", "posts")
    assert _as_brokers_compare(f"{one}") == _as_brokers_compare(f"{other}")
    assert _as_brokers_compare(data_topic("p", one)) != _as_brokers_compare(data_topic("p", other))


def test_control_and_heartbeat() -> None:
    assert control_topic("app") == "app.control"
    assert heartbeat_topic("app") == "app.heartbeat"
