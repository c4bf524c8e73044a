"""Every response ends with exactly one DONE that says nothing follows."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

import pytest

from sandbox.azuresql.session import (
    DatabaseChanged,
    Done,
    Notice,
    OutputValue,
    Refused,
    Result,
    ResultColumn,
    Results,
    ResultSet,
    ReturnStatus,
    Rows,
    SqlType,
    TransactionChanged,
)
from sandbox.azuresql.tds import oids
from sandbox.azuresql.tds.packet import HEADER_BYTES
from sandbox.azuresql.tds.response import Descriptors, Interrupted, Response

_COLUMN = ResultColumn("n", SqlType("int"), oids.INT4)
_ROWS: list[Result] = [ResultSet([_COLUMN]), Rows([(struct.pack(">i", 7),)])]


class Memory:
    """Stands where the channel does."""

    def __init__(self) -> None:
        self.sent = b""

    def write(self, data: bytes) -> None:
        self.sent += data

    async def drain(self) -> None:
        return


async def _results(*results: Result | Refused) -> Results:
    for result in results:
        if isinstance(result, Refused):
            raise result
        yield result


async def sent(
    *results: Result | Refused,
    call: bool = False,
    outputs: Sequence[int] = (),
    interrupted: Callable[[], bool] = lambda: False,
) -> bytes:
    """The tokens of a response to `results`."""
    memory = Memory()
    response = Response(memory, 4096, Descriptors("social"), interrupted)  # type: ignore[arg-type]
    if call:
        await response.call(_results(*results), outputs)
    else:
        await response.batch(_results(*results))
    await response.finish()
    return memory.sent[HEADER_BYTES:]


def done(kind: str, status: str, command: str = "0000", count: int = 0) -> bytes:
    return bytes.fromhex(kind + status + command) + struct.pack("<Q", count)


async def test_only_the_last_done_says_that_nothing_follows() -> None:
    tokens = await sent(Done(2, 0xC3), Done(None), Done(1, 0xC1))
    assert tokens == (
        done("fd", "1100", "c300", 2) + done("fd", "0100") + done("fd", "1000", "c100", 1)
    )


async def test_nothing_at_all_is_still_answered() -> None:
    assert await sent() == done("fd", "0000")


async def test_a_transaction_alone_is_followed_by_done() -> None:
    assert (await sent(TransactionChanged("begin"))).endswith(done("fd", "0000"))


async def test_an_error_marks_the_done_of_its_statement_only() -> None:
    tokens = await sent(Notice(547, 16, 0, 1, "no"), Done(0, 0xC3), Done(1, 0xC3))
    assert tokens.endswith(done("fd", "1300", "c300", 0) + done("fd", "1000", "c300", 1))


async def test_a_message_is_no_error() -> None:
    tokens = await sent(Notice(0, 10, 1, 1, "hello"), Done())
    assert tokens[0] == 0xAB
    assert tokens.endswith(done("fd", "0000"))


@pytest.mark.parametrize("call", [False, True])
async def test_a_refusal_after_rows_ends_with_an_error(call: bool) -> None:
    tokens = await sent(*_ROWS, Refused(8134, "divided by zero"), call=call)
    assert b"\xaa" in tokens
    assert tokens.endswith(done("fe" if call else "fd", "0200"))


async def test_a_call_ends_with_status_outputs_and_its_own_done() -> None:
    output = OutputValue("@h", SqlType("int"), oids.INT4, struct.pack(">i", 5))
    tokens = await sent(output, *_ROWS, Done(1, 0xC1), ReturnStatus(3), call=True, outputs=[2])
    in_procedure = done("ff", "1100", "c100", 1)
    status = bytes.fromhex("7903000000")
    value = bytes.fromhex("ac0200 02 40006800 01 00000000 0100 2604 0405000000".replace(" ", ""))
    assert tokens.endswith(in_procedure + status + value + done("fe", "0000"))


async def test_a_value_that_the_wire_cannot_carry_is_an_error_of_its_request() -> None:
    tokens = await sent(ResultSet([ResultColumn("h", SqlType("hierarchyid"), oids.BYTEA)]))
    assert tokens[0] == 0xAA
    assert "hierarchyid".encode("utf-16-le") in tokens


async def test_an_overflow_names_itself() -> None:
    small = ResultColumn("n", SqlType("smallint"), oids.INT4)
    tokens = await sent(ResultSet([small]), Rows([(struct.pack(">i", 70_000),)]), Done(1))
    assert struct.pack("<i", 8115) in tokens


async def test_transactions_are_announced_with_their_descriptor() -> None:
    tokens = await sent(TransactionChanged("begin"), TransactionChanged("commit"), Done())
    assert tokens == (
        bytes.fromhex("e30b0008 08 0100000000000000 00".replace(" ", ""))
        + bytes.fromhex("e30b0009 00 08 0100000000000000".replace(" ", ""))
        + done("fd", "0000")
    )


async def test_a_change_of_database_names_the_old_one() -> None:
    tokens = await sent(DatabaseChanged("crm"), Done())
    assert "social".encode("utf-16-le") in tokens[:30]


async def test_an_attention_stops_the_results() -> None:
    with pytest.raises(Interrupted):
        await sent(*_ROWS, Done(1), interrupted=lambda: True)
