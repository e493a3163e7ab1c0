"""Real frameworks, each in a virtual environment of its own in the cache folder, on a machine without a GPU.

    python -m testbeds.frameworks           # minutes at first, about 3 GB unpacked
    environment = find("torch")             # None where that was not done
    subprocess.run([environment.python, ...])

Builds for the CPU and builds for CUDA without CUDA's own libraries: both fall back to the CPU, each in its way.
"""

from __future__ import annotations

from testbeds.frameworks.environments import FRAMEWORKS, HOW, Environment, Framework, find

__all__ = ["FRAMEWORKS", "HOW", "Environment", "Framework", "find"]
