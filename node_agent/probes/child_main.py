"""The entry of the child processes that load NVIDIA's libraries.

They import as little as they can (no `typing`, no `dataclasses`), and all of it before they wait for their options:
with `spawn.start_early` that time costs nothing.
"""

from __future__ import annotations

import json
import os
import sys

from node_agent.probes.channel import Channel
from node_agent.probes.spawn import CUDA, NVML
from node_agent.zipped import compile_once


def main(name: str) -> None:
    """Run the probe `name` with the options of the first line on standard input, and end the process."""
    channel = Channel()
    compile_once()
    if name == NVML:
        from node_agent.probes.nvml_child import run  # noqa: PLC0415 (the other child must not wait for it)
    elif name == CUDA:
        from node_agent.probes.cuda_child import run  # noqa: PLC0415
    else:
        raise SystemExit(f"{name!r} is no probe: {NVML} or {CUDA}")
    options = sys.stdin.readline()
    if options:
        run(json.loads(options), channel)
    channel.send("end", None)
    # The kernel takes back what the process holds; unloading a library that may hang gains nothing.
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
