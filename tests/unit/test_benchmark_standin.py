"""The rows of the stand-in's benchmark are those that its figures speak of."""

from __future__ import annotations

import json

from benchmarks.standin_rows import BATCH, BODY, NAMES, batches, documents


def test_batches_carry_every_key_once() -> None:
    table = batches(BATCH + 7, first=3).read_all()
    assert table.column_names == list(NAMES)
    assert table["id"].to_pylist() == list(range(3, BATCH + 10))
    assert set(table["body"].to_pylist()) == {BODY}
    assert len(BODY) == 80
    assert not BODY.isascii()


def test_half_of_a_document_exists_and_half_is_new() -> None:
    texts = documents(existing=1_000_000, count=3)
    keys = [[row["id"] for row in json.loads(text)] for text in texts]
    assert [len(set(each)) for each in keys] == [1000, 1000, 1000]
    assert [sum(key < 1_000_000 for key in each) for each in keys] == [500, 500, 500]
    new = [key for each in keys for key in each if key >= 1_000_000]
    assert new == list(range(1_000_000, 1_001_500))
