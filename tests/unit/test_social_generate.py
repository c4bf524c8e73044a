"""The generated network: the same from the same seed, of the asked size, and hard enough."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.social.generate import MINIMUM_ROWS, rows_of, sizes
from sandbox.social.texts import escaped, make_pools


@given(st.integers(MINIMUM_ROWS, 5_000_000))
def test_the_tables_add_up_to_the_rows_asked_for(total: int) -> None:
    counts = sizes(total)
    assert sum(counts.rows.values()) == total
    assert min(counts.rows.values()) >= 20


def test_too_few_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 1000 rows"):
        sizes(MINIMUM_ROWS - 1)


@pytest.mark.parametrize("table", list(sizes(MINIMUM_ROWS).rows))
def test_a_seed_decides_every_row(table: str) -> None:
    counts = sizes(2_000)
    once = b"".join(rows_of(table, 5, counts))
    assert once == b"".join(rows_of(table, 5, counts))
    assert once.count(b"\n") == counts[table]
    if table != "tags":
        assert once != b"".join(rows_of(table, 6, counts))


@settings(max_examples=20, deadline=None)
@given(st.integers(MINIMUM_ROWS, 20_000), st.integers(0, 1_000))
def test_follows_are_distinct_pairs_of_an_even_sum(total: int, seed: int) -> None:
    counts = sizes(total)
    lines = b"".join(rows_of("follows", seed, counts)).decode().splitlines()
    pairs = [(int(line.split("\t")[0]), int(line.split("\t")[1])) for line in lines]
    assert len(set(pairs)) == counts["follows"]
    assert all(one != other and (one + other) % 2 == 0 for one, other in pairs)
    assert all(1 <= other <= counts["users"] for _, other in pairs)


def test_the_values_hurt() -> None:
    pools = make_pools(1)
    assert any(text.endswith(" ") for text in pools.posts)
    assert "" in pools.posts
    assert any(ord(letter) > 0xFFFF for text in pools.short for letter in text)
    assert max(len(text) for text in pools.posts) > 8_000
    assert "\\N" in pools.avatars
    assert max(len(avatar) for avatar in pools.avatars) > 2 * 2_000


def test_copy_fields_are_escaped() -> None:
    assert escaped("a\tb\nc\\d\r") == "a\\tb\\nc\\\\d\\r"
