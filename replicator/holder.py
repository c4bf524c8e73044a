"""Who holds a lease: one process, named so exactly that others on its machine know when it is gone.

A lease that nobody renews ends by itself. Where the holder can be seen to have ended, its successor
need not wait for that: a role that was killed works again at once.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Final

from model.ports import State

_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")
_NAMESPACE: Final = Path("/proc/self/ns/pid")
_STATE, _START = 0, 19
"""Fields of /proc/PID/stat behind the program's name (proc(5): the third and the 22nd)."""


def ours() -> str:
    """This process: host, number, and where the kernel tells it, boot, namespace and start."""
    return ":".join((socket.gethostname(), str(os.getpid()), *_kernel(), *_life(os.getpid())[1:]))


def gone(holder: str) -> bool:
    """True when `holder` ran under this very kernel, in our namespace, and runs no more.

    False when it runs and when nobody here can know: on another host, in another container, on a
    system without /proc. A number that another process has got meanwhile does not deceive: it
    started at another time.
    """
    host, _, rest = holder.partition(":")
    number, *seen = rest.split(":")
    kernel = _kernel()
    here = host == socket.gethostname() and kernel and tuple(seen[:-1]) == kernel
    if not here or not number.isdecimal():
        return False
    life = _life(int(number))
    return not life or life[0] == "Z" or life[1] != seen[-1]


def take(state: State, name: str, holder: str, ttl_s: float) -> bool:
    """Take a lease that we do not hold; False while another process has it and may be alive."""
    if state.acquire_lease(name, holder, ttl_s):
        return True
    before = state.lease_holder(name)
    if before is None or not gone(before):
        return False
    state.release_lease(name, before)
    return state.acquire_lease(name, holder, ttl_s)


def _kernel() -> tuple[str, ...]:
    """What tells this boot of this machine, and this numbering of processes, from any other."""
    try:
        return (_BOOT.read_text().strip(), _NAMESPACE.readlink().name.strip("pid:[]"))
    except OSError:
        return ()


def _life(number: int) -> tuple[str, ...]:
    """A process's state and start, in ticks since the boot; empty when there is none."""
    try:
        _, _, behind = Path(f"/proc/{number}/stat").read_text().rpartition(")")
    except OSError:
        return ()
    fields = behind.split()
    return (fields[_STATE], fields[_START])
