"""The file whose content the kubelet shows as the container's termination message."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Mapping, Optional

from aigpu_contract.rendering import printable
from node_agent.preflight.declaring import variable
from node_agent.preflight.options import TERMINATION_LOG

NOWHERE = "none"


def find_log(options: argparse.Namespace, environ: Mapping[str, str]) -> Optional[str]:
    """Return the file to write to, None for none. The kubelet's own is taken only where it made one."""
    named = options.termination_log or environ.get(variable("--termination-log"))
    if named:
        return None if named == NOWHERE else str(named)
    return TERMINATION_LOG if os.path.isfile(TERMINATION_LOG) else None


def write_log(path: Optional[str], line: str) -> None:
    """Replace the content of the file; where that fails, say so on stderr, since the verdict stands all the same."""
    if path is None:
        return
    try:
        with open(path, "w", encoding="ascii") as file:
            file.write(line)
    except OSError as error:
        sys.stderr.write(f"aigpu: the termination message could not be written: {printable(str(error))}\n")
