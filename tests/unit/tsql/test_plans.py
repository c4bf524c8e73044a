"""What a session keeps of texts that repeat is bounded."""

from __future__ import annotations

from sandbox.azuresql.tsql.repeating import LONGEST, MOST_CHARACTERS, Plans


def test_ever_new_texts_do_not_pile_up() -> None:
    kept = Plans()
    for number in range(2 * MOST_CHARACTERS // LONGEST):
        kept.add((f"{number:>{LONGEST}}", ""), (number, 0, 0, "dbo", None))
        assert 0 < kept.characters <= MOST_CHARACTERS


def test_a_text_counts_once() -> None:
    kept = Plans()
    for number in range(3):
        kept.add(("SELECT 1", "@a int"), (number, 0, 0, "dbo", None))
    assert kept.characters == len("SELECT 1@a int")
    kept.clear()
    assert kept.characters == 0
