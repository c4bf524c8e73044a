"""Errors are decided by number and SQLSTATE, whatever their words say."""

from __future__ import annotations

import pyodbc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.azuresql.errors import (
    CLASSES,
    Class,
    TargetUnreachable,
    connection_lost,
    native_number,
    numbered,
    translate,
)
from model.errors import (
    Blocked,
    ConfigurationError,
    DataRefused,
    InDoubt,
    LoginRefused,
    Overtaken,
    ReplicatorError,
    Retryable,
    RightMissing,
    TooLarge,
    TooSlow,
    Unreachable,
)

FROM = "[Microsoft][ODBC Driver 18 for SQL Server][SQL Server]"


def error(state: str, text: str, number: int, more: str = "") -> pyodbc.Error:
    """As pyodbc formats it."""
    return pyodbc.Error(state, f"[{state}] {FROM}{text} ({number}) (SQLExecDirectW){more}")


@pytest.mark.parametrize(
    ("numbers", "type"),
    [
        ((926, 4221, 615, 40197, 40143, 40166, 40540, 40501, 40613, 49918, 49919), Retryable),
        ((49920, 10928, 10936, 10929, 1204, 1205, 1222, 233, 64, 20, 121, 997), Retryable),
        ((10053, 10054, 10060, 41301, 41302, 41305, 41325, 41839, 40020, 3960), Retryable),
        ((4060,), TargetUnreachable),
        ((40549, 40550, 40551, 40552, 40553), TooLarge),
        ((40615, 40914, 47072, 47073, 40531, 40532, 40544, 1132), Blocked),
        ((18456,), LoginRefused),
        ((229, 230, 262), RightMissing),
        ((2627, 2601, 547, 515, 2628, 8152, 8115, 8114, 241, 1946, 8672), DataRefused),
        ((50302, 50303, 50304, 50305), DataRefused),
        ((50301,), Overtaken),
        ((102, 207), ReplicatorError),
    ],
)
def test_each_number_has_its_class(numbers: tuple[int, ...], type: type[Exception]) -> None:
    for number in numbers:
        found = translate(error("42000", "words", number), object="dbo.t")
        assert isinstance(found, type), number
        assert found.object == ("dbo.t")
        assert str(number) in found.what or isinstance(found, Overtaken)


def test_a_value_in_the_message_decides_nothing() -> None:
    """✗ Taking the first number in parentheses: a row's own value may be one."""
    hostile = "Violation. The duplicate key value is (x (1205) (SQLExecute))."
    found = translate(error("23000", hostile, 2627, "; [23000] ended. (3621)"))
    assert isinstance(found, DataRefused)
    assert found.number == 2627


@given(st.text(), st.sampled_from(sorted(CLASSES)))
def test_the_number_is_found_behind_any_words(words: str, number: int) -> None:
    assert native_number(error("42000", words, number)) == number


def test_a_lost_connection_is_in_doubt_only_while_it_may_commit() -> None:
    lost = error("08S01", "Communication link failure", 10054)
    assert isinstance(translate(lost, committing=True), InDoubt)
    assert isinstance(translate(lost), Retryable)
    assert not isinstance(translate(lost), InDoubt)
    timeout = error("HYT00", "Query timeout expired", 0)
    assert isinstance(translate(timeout, committing=True), TooSlow)
    assert connection_lost(timeout)


def test_a_refusal_under_commit_is_not_in_doubt() -> None:
    """The server answered with a number, so it did not commit."""
    assert not isinstance(translate(error("40001", "deadlock", 1205), committing=True), InDoubt)


def test_an_unreachable_server_stops_a_check_and_is_retried_by_a_loop() -> None:
    for silent in (
        error("HYT00", "Login timeout expired", 0),
        error("08001", "TCP Provider: Error code 0x2749", -1),
        pyodbc.Error("HY000", "The driver did not supply an error!"),
    ):
        found = translate(silent, object="db.example/social", connecting=True)
        assert isinstance(found, Unreachable)
        assert isinstance(found, Retryable)
        assert found.what.startswith("the server does not answer")


def test_a_driver_that_cannot_be_loaded_is_a_matter_of_configuration() -> None:
    missing = pyodbc.Error(
        "01000",
        "[01000] [unixODBC][Driver Manager]Can't open lib : file not found (0) (SQLDriverConnect)",
    )
    found = translate(missing, connecting=True)
    assert isinstance(found, ConfigurationError)
    assert "Can't open lib" in found.what


def test_throttling_asks_for_ten_seconds() -> None:
    throttled = numbered(40501, "busy")
    assert isinstance(throttled, Retryable)
    assert throttled.wait == 10.0
    moved = numbered(40613, "not available")
    assert isinstance(moved, Retryable)
    assert moved.wait == 5.0


def test_an_error_of_pyodbc_itself_keeps_its_words() -> None:
    found = translate(pyodbc.ProgrammingError("The SQL contains 1 parameter markers"))
    assert type(found) is ReplicatorError
    assert "parameter markers" in found.what


def test_the_drivers_origin_marks_are_left_out() -> None:
    assert translate(error("23000", "Violation of x.", 2627)).what == "Violation of x. [2627]"


def test_every_class_is_used() -> None:
    assert set(CLASSES.values()) | {Class.OTHER} == set(Class)
