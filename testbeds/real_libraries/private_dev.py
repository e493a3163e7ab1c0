"""A /dev of one command's own, so that NVIDIA's libraries, run as root, create their device nodes there and not here.

When they find no /dev/nvidiactl and may make one, they do, and it stays. A mount namespace ends with its last process,
and with it everything that was made in it.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

NOBODY = 65534
CONTROL_NODE = "nvidiactl c 195 255"
"""NVIDIA's control device as mknod takes it; the numbers are the driver's own."""
_USUAL = ("null c 1 3 666", "zero c 1 5 666", "full c 1 7 666", "random c 1 8 666", "urandom c 1 9 666")


def in_private_dev(
    command: Sequence[str], nodes: Sequence[str] = (), binds: Mapping[str, Path] | None = None, user: int = 0
) -> list[str]:
    """Return the command line that runs `command` as `user` with a /dev that holds the usual nodes and `nodes`.

    A node is its name, type, numbers and mode: `nvidiactl c 195 255 600`. Each folder of `binds` shows below /dev by
    its name: another user can then read what lies in a folder of root's.
    """
    lines = ["set -eu", "mount -t tmpfs -o mode=755 none /dev"]
    for node in (*_USUAL, *nodes):
        name, kind, major, minor, mode = node.split()
        lines.append(f"mknod -m {mode} /dev/{name} {kind} {major} {minor}")
    # The folders come as arguments $1, $2, ...: nothing of them is read by the shell.
    for number, name in enumerate(binds or {}, start=1):
        lines += [f"mkdir /dev/{name}", f'mount --bind "${number}" /dev/{name}']
    lines += [f"shift {len(binds or {})}", 'exec "$@"']
    inside = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--", *command] if user else command
    folders = [str(place) for place in (binds or {}).values()]
    return ["unshare", "--mount", "--propagation", "private", "sh", "-c", "\n".join(lines), "sh", *folders, *inside]


def contained(command: Sequence[str]) -> list[str]:
    """Return the command line that leaves nothing in /dev: root gets a /dev of its own, others may not make nodes."""
    return in_private_dev(command) if os.geteuid() == 0 else list(command)


def why_not() -> str:
    """Return why this process cannot have a /dev of its own, nothing where it can."""
    if os.geteuid() != 0:
        return "only root can mount a /dev of its own"
    try:
        done = subprocess.run(in_private_dev(["true"]), capture_output=True, text=True, timeout=30, check=False)
    except OSError as error:
        return f"{error.filename} is missing: install util-linux"
    return f"no mount namespace is to be had here: {done.stderr.strip()}" if done.returncode else ""
