"""The wire form of an Arrow value, told by the documentation of `model.types` alone."""

from __future__ import annotations

import base64
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from model.types import Kind, LogicalType


def wire_value(value: Any, type_: LogicalType) -> Any:
    """What `json.loads` gives for the fragment of the same value."""
    if value is None:
        return None
    match type_.kind:
        case Kind.INT64:
            return value if len(str(abs(value))) <= 15 else str(value)
        case Kind.DECIMAL | Kind.MONEY:
            return f"{value:f}" if isinstance(value, Decimal) else value
        case Kind.BYTES:
            return base64.b64encode(value).decode()
        case Kind.UUID:
            return str(UUID(bytes=value))
        case Kind.FLOAT32 | Kind.FLOAT64:
            return value
        case Kind.DATE | Kind.TIMESTAMP | Kind.TIMESTAMPTZ | Kind.TIME:
            return _clock(value)
    return value


def _clock(value: date | datetime | time) -> str:
    if isinstance(value, datetime) and value.tzinfo is not None:
        value = value.astimezone(UTC)
    if isinstance(value, datetime | time):
        whole, dot, rest = value.isoformat().partition(".")
        if dot:
            digits = rest[:6].rstrip("0")
            return f"{whole}.{digits}{rest[6:]}"
    return value.isoformat()
