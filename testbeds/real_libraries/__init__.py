"""NVIDIA's own libraries of two drivers, as Debian packs them, on a machine without a GPU: their real failures.

    python -m testbeds.real_libraries       # downloads 23 MB into the cache folder, once
    libraries = find("550")                 # None where that was not done
    subprocess.run([...], env=libraries.environment())

They are not free software: nothing of them is installed, and nothing goes into the repository or the wheel.
"""

from __future__ import annotations

from testbeds.real_libraries.libraries import BRANCHES, HOW, RealLibraries, find

__all__ = ["BRANCHES", "HOW", "RealLibraries", "find"]
