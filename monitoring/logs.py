"""The roles' log on standard error: text for people, one JSON object a line for machines."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Literal, TextIO

_MASK = "********"


def configure(
    format: Literal["text", "json"] = "text",
    level: str = "info",
    secrets: Iterable[str] = (),
    *,
    role: str = "",
    stream: TextIO | None = None,
) -> None:
    """Send everything to `stream` (standard error), every secret replaced by asterisks.

    Fields of a record come from `extra={"fields": {…}}`.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    mask = _masking(secrets)
    handler.setFormatter(_Json(role, mask) if format == "json" else _Text(role, mask))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("replicator").setLevel(level.upper())


def _masking(secrets: Iterable[str]) -> re.Pattern[str] | None:
    """A pattern over all secrets; texts of up to three characters would mask the innocent."""
    long = sorted({secret for secret in secrets if len(secret) > 3}, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, long))) if long else None


class _Formatter(logging.Formatter):
    def __init__(self, role: str, mask: re.Pattern[str] | None) -> None:
        super().__init__()
        self._role = role
        self._mask = mask

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = self.line(record, at, getattr(record, "fields", {}))
        return self._mask.sub(_MASK, line) if self._mask else line

    def line(self, record: logging.LogRecord, at: str, fields: dict[str, Any]) -> str:
        raise NotImplementedError


class _Text(_Formatter):
    def line(self, record: logging.LogRecord, at: str, fields: dict[str, Any]) -> str:
        more = "".join(f" {name}={value}" for name, value in fields.items())
        text = f"{at} {record.levelname.lower():7} {self._role or record.name}: "
        text += record.getMessage() + more
        return f"{text}\n{self.formatException(record.exc_info)}" if record.exc_info else text


class _Json(_Formatter):
    def line(self, record: logging.LogRecord, at: str, fields: dict[str, Any]) -> str:
        values: dict[str, Any] = {
            "at": at,
            "level": record.levelname.lower(),
            "role": self._role,
            "logger": record.name,
            "message": record.getMessage(),
            **fields,
        }
        if record.exc_info:
            values["exception"] = self.formatException(record.exc_info)
        return json.dumps(values, default=str, ensure_ascii=False)
