"""How long the preflight takes, installed and as one file, beside NVIDIA's program and beside asking a framework.

There is no GPU, so all of them fail: NVIDIA's program on Debian's build of NVIDIA's libraries, and ours on the same.
Ours does more on the way: it also loads libcuda, starts it, and reads the bus and the device nodes.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Mapping
from pathlib import Path

from benchmarks.bed import Result
from testbeds import frameworks, real_libraries
from testbeds.real_libraries.private_dev import contained
from tools.preflight_pyz import build_pyz
from tools.wheel import ROOT, build_wheel

_LIBRARIES = "550"
_MOST_MIB = 20
_TORCH = "import torch; torch.cuda.is_available()"
_WHERE = "no GPU: the way to the failure"
Times = dict[str, list[float]]


def measure(rounds: int) -> list[Result]:
    """Return the rows, medians of `rounds`; none where NVIDIA's libraries are not in the cache folder."""
    libraries = real_libraries.find(_LIBRARIES)
    if libraries is None:
        print(f"preflight: not measured, {real_libraries.HOW}", file=sys.stderr)
        return []
    with tempfile.TemporaryDirectory(prefix="aigpu-bench-") as name:
        commands = {"nvidia-smi": [str(libraries.nvidia_smi)], **_install(Path(name))}
        torch = frameworks.find("torch")
        if torch is None:
            print(f"preflight against torch: not measured, {frameworks.HOW}", file=sys.stderr)
        else:
            commands["torch"] = [str(torch.python), "-c", _TORCH]
        measured = _measure_apart(commands, rounds, libraries.environment())
    return _build_rows(measured)


def _install(directory: Path) -> dict[str, list[str]]:
    """Install the wheel and NVIDIA's binding as pip does, compiled, and build the one file."""
    wheel = build_wheel(directory / "dist")
    venv.create(directory / "venv", symlinks=True)
    python = str(directory / "venv/bin/python")
    binding = Path(str(__import__("pynvml").__file__))
    (site,) = (directory / "venv").glob("lib/python*/site-packages")
    (site / "pynvml.py").write_bytes(binding.read_bytes())
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-index", "--no-deps", str(wheel)]
    subprocess.run(pip, cwd=directory, check=True)
    subprocess.run([python, "-m", "compileall", "-q", str(site)], check=True)
    pyz = build_pyz(directory / "dist")
    return {
        "installed": [str(directory / "venv/bin/aigpu-preflight"), "check"],
        "pyz": [python, "-I", "-S", str(pyz), "check"],
    }


def _measure_apart(
    commands: Mapping[str, list[str]], rounds: int, environment: dict[str, str]
) -> dict[str, list[float]]:
    """Measure in one process that has a /dev of its own where it is root's: that is set up once, and not measured."""
    asked = json.dumps({"commands": commands, "rounds": rounds})
    command = contained([sys.executable, "-m", "benchmarks.preflight", asked])
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    measured: dict[str, list[float]] = json.loads(done.stdout)
    return measured


def _build_rows(measured: Mapping[str, list[float]]) -> list[Result]:
    median = {name: statistics.median(values) for name, values in measured.items()}
    smi, what = f"nvidia-smi, same libraries ({_WHERE})", "preflight check, whole process"
    rows = [
        Result(f"{what}, installed", smi, median["installed"], median["nvidia-smi"], "s", 2),
        Result(f"{what}, as pyz", smi, median["pyz"], median["nvidia-smi"], "s", 4),
    ]
    if "torch" in median:
        peer = f"python -c '{_TORCH}', CPU build"
        rows.append(Result(f"{what}, installed", peer, median["installed"], median["torch"], "s", 1 / 10))
        rows.append(Result(f"{what}, as pyz", peer, median["pyz"], median["torch"], "s", 1 / 10))
    for name in ("installed", "pyz"):
        memory = f"memory of preflight check, {name}: most of the parent"
        rows.append(Result(memory, f"{_MOST_MIB} MiB", median[f"{name} MiB"], _MOST_MIB, "MiB", 1))
    return rows


# ---- in the process that measures ----


def _measure_here(commands: Mapping[str, list[str]], rounds: int) -> dict[str, list[float]]:
    measured: Times = {name: [] for name in commands}
    for command in commands.values():
        _seconds(command)
    for _ in range(rounds):
        for name, command in commands.items():
            measured[name].append(_seconds(command))
    for name in ("installed", "pyz"):
        measured[f"{name} MiB"] = [_peak_mib(commands[name]) for _ in range(rounds)]
    return measured


def _seconds(command: list[str]) -> float:
    began = time.monotonic()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.monotonic() - began


def _peak_mib(command: list[str]) -> float:
    """Return the most memory of the process itself; what its children take goes with them, a second later at most."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    most = 0
    while process.poll() is None:
        most = max(most, _high_water_kib(process.pid))
    return most / 1024


def _high_water_kib(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/status").read_text("ascii").splitlines()
    except OSError:
        return 0
    return max((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), default=0)


if __name__ == "__main__":
    told = json.loads(sys.argv[1])
    os.chdir("/")
    print(json.dumps(_measure_here(told["commands"], told["rounds"])))
