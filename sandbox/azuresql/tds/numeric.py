"""Decimals between the wire (sign, little-endian magnitude) and PostgreSQL (base 10000 digits)."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Final

_POWERS: Final[tuple[int, ...]] = tuple(10**exponent for exponent in range(160))
_HEAD: Final = struct.Struct(">HhHH").unpack_from
_ONE: Final = struct.Struct(">H").unpack_from
_FIELDS: Final = tuple(struct.Struct(f">IHhHH{count}H") for count in range(64))
_NEGATIVE: Final = 0x4000
_SPECIAL: Final = 0xC000
"""NaN and the infinities: sign values from here on."""


class NotRepresentable(Exception):
    """A number that decimal has no digits for."""


def unscaled(data: bytes, scale: int) -> int:
    """PostgreSQL's binary numeric times ten to the `scale`, rounded half away from zero.

    Raises NotRepresentable for NaN and the infinities.
    """
    count, weight, sign, _ = _HEAD(data)
    if sign >= _SPECIAL:
        raise NotRepresentable("NaN and infinity are no decimals")
    if count == 1:
        value: int = _ONE(data, 8)[0]
    else:
        value = 0
        for digit in struct.unpack_from(f">{count}H", data, 8):
            value = value * 10_000 + digit
    shift = 4 * (weight - count + 1) + scale
    if shift >= 0:
        value *= _power(shift)
    else:
        unit = _power(-shift)
        value = (value + unit // 2) // unit
    return -value if sign else value


def _power(exponent: int) -> int:
    return _POWERS[exponent] if exponent < len(_POWERS) else int(10**exponent)


def wire_encoder(scale: int, size: int) -> Callable[[bytes], bytes]:
    """From PostgreSQL's numeric to a DECIMALN value of `size` bytes behind its length."""
    positive, negative = bytes([size, 1]), bytes([size, 0])
    magnitude = size - 1

    def encode(data: bytes) -> bytes:
        value = unscaled(data, scale)
        if value < 0:
            return negative + (-value).to_bytes(magnitude, "little")
        return positive + value.to_bytes(magnitude, "little")

    return encode


def copy_encoder(scale: int) -> Callable[[int], bytes]:
    """From an unscaled integer to a numeric field of a binary COPY row, its length included."""
    pad, fraction = 10 ** (-scale % 4), (scale + 3) // 4
    zero, two = _FIELDS[0].pack(8, 0, 0, 0, scale), _FIELDS[2].pack

    def encode(value: int) -> bytes:
        sign = 0
        if value < 0:
            sign, value = _NEGATIVE, -value
        value *= pad
        if value < 100_000_000:
            if not value:
                return zero
            return two(12, 2, 1 - fraction, sign, scale, value // 10_000, value % 10_000)
        digits = []
        while value:
            value, digit = divmod(value, 10_000)
            digits.append(digit)
        digits.reverse()
        count = len(digits)
        return _FIELDS[count].pack(8 + 2 * count, count, count - fraction - 1, sign, scale, *digits)

    return encode
