"""Pretended NVIDIA GPU nodes: two C libraries of our own that pynvml and ctypes load as the real ones.

    libraries = build(cache)                                  # gcc, a second or two, once
    with StubNode(nodes.H100_X8, folder, libraries) as node:
        subprocess.run([..., "--root", str(node.root)], env=node.environment())
        node.become(replace(nodes.H100_X8, faults=(faults.hang("cuInit"),)))
        node.calls()                                          # what was called, by which process

`node.py` lists everything that a node can be, `nodes.py` has ready-made ones, `faults.py` the misbehaviours. Nothing of
NVIDIA's is in the sources; a test holds them against NVIDIA's published headers.
"""

from __future__ import annotations

from testbeds.nvidia_stub.libraries import Libraries, build
from testbeds.nvidia_stub.root import DeviceFiles
from testbeds.nvidia_stub.stub_node import Call, StubNode

__all__ = ["Call", "DeviceFiles", "Libraries", "StubNode", "build"]
