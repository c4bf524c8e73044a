"""TLS over memory, for a channel that carries its records in packets or bare."""

from __future__ import annotations

import ssl
from typing import Final

from sandbox.azuresql.tds.packet import ProtocolError

_RECORD_BYTES: Final = 1 << 14


class Tls:
    """What the socket brought goes in, what it is to carry comes out."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._object = context.wrap_bio(self.incoming, self.outgoing, server_side=True)

    def handshake(self) -> bool:
        """One step; True when it is complete."""
        try:
            self._object.do_handshake()
        except ssl.SSLWantReadError:
            return False
        except ssl.SSLError as error:
            raise ProtocolError(f"TLS handshake: {error.reason}") from error
        return True

    def opened(self) -> bytes:
        """All plain bytes that arrived so far."""
        parts = []
        try:
            # Reading on past the last record would end in an exception, which costs more than it.
            while self.incoming.pending or self._object.pending():
                part = self._object.read(_RECORD_BYTES)
                if not part:
                    break
                parts.append(part)
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            raise ProtocolError(f"TLS record: {error.reason}") from error
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def sealed(self, data: bytes) -> bytes:
        self._object.write(data)
        return self.outgoing.read()
