"""What is done to a message that was right."""

from __future__ import annotations

import random
import struct

_ABSURD = (2**32 - 1, 2**31, 2**16 - 1, 0)


def damaged(chance: random.Random, message: bytes) -> bytes:
    """Bytes changed, cut out, put in, doubled, or a length made absurd; one to four times."""
    data = bytearray(message)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(data) + 1)
        way = chance.randrange(5)
        if way == 0 and place < len(data):
            data[place] = chance.randrange(256)
        elif way == 1:
            del data[place : place + chance.randint(1, 9)]
        elif way == 2:
            data[place:place] = chance.randbytes(chance.randint(1, 9))
        elif way == 3:
            data[place:place] = data[place : place + 40]
        else:
            data[place : place + 4] = struct.pack("<I", chance.choice(_ABSURD))
    return bytes(data)
