"""Listening sockets that a library has opened in this process, and gives no hand on.

quickfix listens on every address of the machine, and closes a listening socket three times over.
So the socket is found by its port among the open descriptors of the process, kept to the loopback
device, and in the end closed once, here.
"""

import os
import socket
import stat
from contextlib import suppress
from pathlib import Path

LOOPBACK = b"lo"


def keep_local(port: int) -> bool:
    """Bind what listens on `port` to the loopback device; False while nothing does.

    Linux asks no privilege for this; on other systems it raises OSError.
    """
    found = find(port)
    if found is None:
        return False
    if not hasattr(socket, "SO_BINDTODEVICE"):
        raise OSError("this system cannot keep a port to the loopback device")
    with socket.socket(fileno=os.dup(found)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, LOOPBACK)
    return True


def close(port: int) -> None:
    """Close what listens on `port`, if anything does."""
    found = find(port)
    if found is not None:
        os.close(found)


def find(port: int) -> int | None:
    """Give the descriptor of the socket that listens on `port`, or None."""
    for descriptor in (int(entry.name) for entry in Path("/dev/fd").iterdir()):
        with suppress(OSError):  # it may be gone meanwhile
            if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                continue
            with socket.socket(fileno=os.dup(descriptor)) as candidate:
                listens = candidate.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
                if listens and candidate.getsockname()[1] == port:
                    return descriptor
    return None
