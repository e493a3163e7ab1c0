"""Python imports this at the start of every `az` that the tests here run: it writes down whom the process talks to.

An audit hook sees every socket, whatever library opens it, and the processes that `az` starts inherit it.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

_LOOKED_AT = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto")
_FILE = os.environ["AIGPU_TEST_HOSTS"]


def _write_down(event: str, arguments: tuple[Any, ...]) -> None:
    if event not in _LOOKED_AT:
        return
    # getaddrinfo and gethostbyname name a host; connect and sendto a socket and its address.
    named = arguments[0] if isinstance(arguments[0], (str, bytes)) else arguments[1]
    host = named[0] if isinstance(named, tuple) else named
    text = host.decode() if isinstance(host, bytes) else str(host)
    # A plain write: `open` would come back here as an event of its own.
    descriptor = os.open(_FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(descriptor, f"{event} {text}\n".encode())
    os.close(descriptor)


sys.addaudithook(_write_down)
# A CI may run the tests with SIGINT ignored, which processes inherit: Ctrl-C could not be tried.
signal.signal(signal.SIGINT, signal.default_int_handler)
