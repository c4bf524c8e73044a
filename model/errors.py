"""The error vocabulary: what happened, to which object, what to do now.

Drivers' errors are translated into these at one boundary in each connector, by number.
"""

from __future__ import annotations

from typing import ClassVar


class ReplicatorError(Exception):
    """Base of everything that an operator may read.

    `what` is one sentence, `object` names the thing concerned (or is empty), `hint` says what to do
    now. `number` is the server's own for the error, 0 where it has none. No field ever holds a
    secret.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, object: str = "", hint: str = "", number: int = 0) -> None:
        self.what = what
        self.object = object
        self.hint = hint
        self.number = number
        super().__init__(what)

    def __str__(self) -> str:
        text = f"{self.object}: {self.what}" if self.object else self.what
        return f"{text} → {self.hint}" if self.hint else text


class ConfigurationError(ReplicatorError):
    """The configuration or the arguments are wrong; nothing was changed."""

    exit_code = 2


class Blocked(ReplicatorError):
    """Only a person can go on from here; nothing was harmed."""

    exit_code = 3


class Unsupported(Blocked):
    """The source holds something that the target cannot represent."""


class Unreachable(ReplicatorError):
    """A server did not answer."""


class LoginRefused(ReplicatorError):
    """A server answered and refused the name or the password."""


class RightMissing(ReplicatorError):
    """A right is missing; `hint` holds the statement that would grant it."""


class Gap(Blocked):
    """Changes are gone before we read them (slot, topic or checkpoint); never skipped silently."""


class ForeignRecord(Blocked):
    """A record on one of our topics was not written by this project."""


class Retryable(ReplicatorError):
    """Worth another try on a fresh connection, after `wait` seconds at least."""

    def __init__(
        self, what: str, *, object: str = "", hint: str = "", wait: float = 0.0, number: int = 0
    ) -> None:
        super().__init__(what, object=object, hint=hint, number=number)
        self.wait = wait


class Throttled(Retryable):
    """The target refuses work because there is too much of it: less of it helps, and it is nobody's
    fault."""


class InDoubt(Retryable):
    """The connection was lost while a commit was under way: read the checkpoint, then know."""


class TooSlow(InDoubt):
    """No answer within the statement's time: a smaller transaction may have one."""


class TooLarge(ReplicatorError):
    """The target wants a smaller transaction (40549 to 40553)."""


class DataRefused(ReplicatorError):
    """The target refused a value or a row. Quarantines the table."""


class Overtaken(ReplicatorError):
    """A compare-and-set found another value: someone else moved on; re-read before acting."""


class IllegalTransition(ReplicatorError):
    """The state machine has no such step from here."""
