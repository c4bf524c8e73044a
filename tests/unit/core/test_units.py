"""Durations and sizes round-trip, and what is none says how one is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.units import Rate, RateUnit, duration, rate, show_duration, show_size, size


@given(st.integers(min_value=0, max_value=10**12))
def test_a_duration_of_whole_milliseconds_round_trips(millis: int) -> None:
    assert duration(show_duration(millis / 1000)) == pytest.approx(millis / 1000, abs=1e-4)


@given(st.integers(min_value=1, max_value=2**62), st.sampled_from(RateUnit))
def test_a_rate_round_trips(per_s: int, unit: RateUnit) -> None:
    assert rate(str(Rate(per_s, unit))) == Rate(per_s, unit)


@given(st.integers(min_value=0, max_value=2**62))
def test_a_size_round_trips(count: int) -> None:
    assert size(show_size(count)) == count


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("250ms", 0.25),
        ("20s", 20),
        ("5m", 300),
        ("1h30m", 5400),
        ("2d", 172_800),
        (3, 3),
        (0.5, 0.5),
    ],
)
def test_durations_as_people_write_them(text: object, seconds: float) -> None:
    assert duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("text", "count"),
    [("512B", 512), ("10kB", 10_000), ("64MiB", 64 * 1024**2), ("1.5GiB", 3 * 512 * 1024**2)],
)
def test_sizes_as_people_write_them(text: object, count: int) -> None:
    assert size(text) == count


@pytest.mark.parametrize("text", ["5 minutes", "5", "-1s", "", "s", True, None, -1, "1e3s", []])
def test_what_is_no_duration_says_how_one_is_written(text: object) -> None:
    with pytest.raises(ValueError, match="250ms"):
        duration(text)


@pytest.mark.parametrize("text", ["64M", "64 MiB", "-1B", "", True, None, -1, 1.5, {}])
def test_what_is_no_size_says_how_one_is_written(text: object) -> None:
    with pytest.raises(ValueError, match="64MiB"):
        size(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("50000rows/s", Rate(50_000, RateUnit.ROWS)),
        ("20MiB/s", Rate(20 * 1024**2, RateUnit.BYTES)),
        (" 1.5MB/s ", Rate(1_500_000, RateUnit.BYTES)),
    ],
)
def test_rates_as_people_write_them(text: object, expected: Rate) -> None:
    assert rate(text) == expected


@pytest.mark.parametrize("text", ["50000", 50_000, "20MiB", "0rows/s", "0B/s", "rows/s", None])
def test_what_is_no_rate_says_how_one_is_written(text: object) -> None:
    with pytest.raises(ValueError, match="50000rows/s"):
        rate(text)
