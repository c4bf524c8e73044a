"""The one place where the driver's errors become ours: by number and SQLSTATE, never by words.

pyodbc hands over no number of its own. It formats each diagnostic record of ODBC as
`[SQLSTATE] text (native)`, puts the function's name behind the first (`… (2627) (SQLExecute)`) and
joins the others with `; `. `native_number` takes the integer in that fixed place and nothing else;
the last such place counts, because the server's text may quote a row's own value in front of it.
Batches that apply changes report their number themselves (`ERROR_NUMBER()`), so no text is read.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Any, Final

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
    Throttled,
    TooLarge,
    TooSlow,
    Unreachable,
)


class Class(Enum):
    """What an error number asks for."""

    RETRY = "retry"
    THROTTLED = "throttled"
    UNREACHABLE = "unreachable"
    SHRINK = "shrink"
    STOP = "stop"
    LOGIN = "login"
    RIGHT = "right"
    DATA = "data"
    OVERTAKEN = "overtaken"
    OTHER = "other"


class TargetUnreachable(Retryable, Unreachable):
    """The target does not answer: a loop may go on trying, a check stops."""


OVERTAKEN: Final = 50301
NOT_AS_EXPECTED: Final = 50302
NOT_IDENTICAL: Final = 50303
NOT_ONE_ROW: Final = 50304
IDENTITY_FIXED: Final = 50305
NOT_OUR_TURN: Final = 50306
"""Numbers that our own batches throw (user errors start at 50000)."""

_NUMBERS: Final[dict[Class, tuple[int, ...]]] = {
    Class.RETRY: (
        *(926, 4221, 615, 40197, 40020, 40143, 40166, 40540, 40613),
        *(49918, 49919, 49920, 1204, 1205, 1222, 3960, 3961),
        *(233, 64, 20, 121, 997, 10053, 10054, 10060, 41301, 41302, 41305, 41325, 41839),
        NOT_OUR_TURN,
    ),
    Class.THROTTLED: (40501, 10928, 10929, 10936),
    Class.UNREACHABLE: (4060,),
    Class.SHRINK: (40549, 40550, 40551, 40552, 40553),
    Class.STOP: (40615, 40914, 47072, 47073, 40531, 40532, 40544, 1132),
    Class.LOGIN: (18456, 18452, 18470, 18486, 18487, 18488),
    Class.RIGHT: (229, 230, 262, 297, 300, 916, 15247, 4701, 1088, 3701, 3704),
    Class.DATA: (
        *(2627, 2601, 547, 515, 2628, 8152, 8115, 8114, 241, 242, 245, 248, 220, 232),
        *(1946, 8672, 8169, 4863, 4864, 4815, 13609, 9803, 206, 257, 402, 8180),
        *(NOT_AS_EXPECTED, NOT_IDENTICAL, NOT_ONE_ROW, IDENTITY_FIXED),
    ),
    Class.OVERTAKEN: (OVERTAKEN,),
}

CLASSES: Final = {number: kind for kind, numbers in _NUMBERS.items() for number in numbers}
"""Class of each number that the connector decides by; all others are `Class.OTHER`."""

_WAITS: Final = {40501: 10.0, 10928: 10.0, 10936: 10.0, 10929: 10.0} | dict.fromkeys(
    (926, 4060, 4221, 615, 40197, 40020, 40143, 40166, 40540, 40613, 49918, 49919, 49920), 5.0
)

_HINTS: Final = {
    18456: "check UID and PWD (or the identity) of target.connection",
    40615: "open the server's firewall for the address in the message",
    40914: "add this machine's virtual network to the server's rules",
    47072: "allow public network access, or run inside the private network",
    47073: "allow public network access, or run inside the private network",
    40531: "give the server's whole name in target.connection",
    40532: "give the server's whole name in target.connection",
    40544: "raise the database's size quota",
    1132: "raise the elastic pool's storage limit",
    4060: "check Database in target.connection",
}

_TIMEOUT: Final = "HYT00"
_LOST: Final = frozenset({"08001", "08003", "08004", "08007", "08S01", "HYT00", "HYT01", "IMC06"})
_NO_DRIVER: Final = frozenset({"01000", "IM002", "IM003", "IM004", "IM005"})
"""The driver manager could not load the driver; 01000 is a missing file."""
_NATIVE: Final = re.compile(r" \((-?\d+)\) \(SQL[A-Za-z]+\)")
_ORIGIN: Final = re.compile(r"\[[^\]]*\]")


def sqlstate(exc: BaseException) -> str:
    """The SQLSTATE of a pyodbc error, empty when it has none."""
    state = exc.args[0] if exc.args else ""
    return state if isinstance(state, str) and len(state) == 5 else ""


def native_number(exc: BaseException) -> int:
    """The server's number in a pyodbc error, 0 when ODBC or pyodbc itself raised it."""
    if len(exc.args) < 2 or not isinstance(exc.args[1], str):
        return 0
    places = _NATIVE.findall(exc.args[1])
    return int(places[-1]) if places else 0


def connection_lost(exc: BaseException) -> bool:
    """The connection is gone or must not be used again."""
    return sqlstate(exc) in _LOST or CLASSES.get(native_number(exc)) in (
        Class.RETRY,
        Class.THROTTLED,
        Class.UNREACHABLE,
    )


def translate(
    exc: BaseException, *, object: str = "", connecting: bool = False, committing: bool = False
) -> ReplicatorError:
    """Our error for a pyodbc error.

    `committing` says that what was sent may have committed: when the connection is lost then, the
    answer is InDoubt. `connecting` says that nothing was sent yet.
    """
    number = native_number(exc)
    text = _words(exc)
    if number in CLASSES:
        error = numbered(number, text, object=object)
        if committing and isinstance(error, Retryable) and sqlstate(exc) in _LOST:
            return InDoubt(text, object=object, hint=_SEE_CHECKPOINT, number=number)
        return error
    if sqlstate(exc) == "28000":
        return LoginRefused(text, object=object, hint=_HINTS[18456])
    if connecting and sqlstate(exc) in _NO_DRIVER:
        return ConfigurationError(
            f"the ODBC driver cannot be loaded: {text}",
            object=object,
            hint="check Driver in target.connection, or leave it out",
        )
    if connecting and number <= 0:
        return TargetUnreachable(
            f"the server does not answer ({text})",
            object=object,
            hint=CHECK_ADDRESS,
        )
    if sqlstate(exc) in _LOST:
        if committing:
            kind = TooSlow if sqlstate(exc) == _TIMEOUT else InDoubt
            return kind(text, object=object, hint=_SEE_CHECKPOINT, number=number)
        return Retryable(text, object=object, hint="connect again", number=number)
    return numbered(number, text, object=object)


def numbered(number: int, text: str, *, object: str = "") -> ReplicatorError:
    """Our error for a number of the server, with its words for people only."""
    kind = CLASSES.get(number, Class.OTHER)
    what = f"{text} [{number}]"
    common: dict[str, Any] = {
        "object": object,
        "hint": _HINTS.get(number, ""),
        "number": number,
    }
    match kind:
        case Class.RETRY:
            return Retryable(what, **common, wait=_WAITS.get(number, 0.0))
        case Class.THROTTLED:
            return Throttled(what, **common, wait=_WAITS[number])
        case Class.UNREACHABLE:
            return TargetUnreachable(what, **common, wait=_WAITS.get(number, 0.0))
        case Class.SHRINK:
            return TooLarge(what, **common | {"hint": "send a smaller transaction"})
        case Class.STOP:
            return Blocked(what, **common)
        case Class.LOGIN:
            return LoginRefused(what, **common | {"hint": _HINTS[18456]})
        case Class.RIGHT:
            return RightMissing(what, **common | {"hint": "`replicator check` prints the GRANT"})
        case Class.DATA:
            return DataRefused(what, **common)
        case Class.OVERTAKEN:
            return Overtaken(text, **common | {"hint": "read the checkpoint again"})
        case Class.OTHER:
            return ReplicatorError(what, **common)


CHECK_ADDRESS: Final = "check Server and port in target.connection, and the network"
_SEE_CHECKPOINT: Final = "connect again and read what was committed"


def _words(exc: BaseException) -> str:
    """The first diagnostic record's text, without the driver's origin marks."""
    text = exc.args[1] if len(exc.args) > 1 and isinstance(exc.args[1], str) else str(exc)
    first = _NATIVE.split(text)[0]
    while match := _ORIGIN.match(first):
        first = first[match.end() :].lstrip()
    return first.strip() or type(exc).__name__
