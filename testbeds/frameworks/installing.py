"""Makes the environments with pip and its own settings: index, wheel folders and certificates are used as they are."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from testbeds.frameworks.environments import Environment, Framework, frameworks_folder

_PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input")


class Unavailable(Exception):  # noqa: N818 (it reads as what happened)
    """The framework cannot be had with pip's settings; the text says why, and what would help."""


def install(framework: Framework) -> Environment:
    """Return the framework's environment, made now unless it is there. Raises Unavailable."""
    version = find_version(framework)
    place = frameworks_folder() / framework.name / version
    if not place.is_dir():
        shutil.rmtree(place.with_name("unfinished"), ignore_errors=True)
        unfinished = place.with_name("unfinished")
        venv.create(unfinished, symlinks=True)
        target = ("--python", str(unfinished / "bin/python"), "install", "--quiet")
        run_pip(*target, f"{framework.distribution}=={version}")
        if framework.alone:
            run_pip(*target, "--no-deps", *framework.alone)
        unfinished.rename(place)
    return Environment(place, version)


def find_version(framework: Framework) -> str:
    """Return the version that pip would take; of a CPU build the newest that there is. Raises Unavailable."""
    name = framework.distribution
    if framework.needs_cpu_build:
        offered = re.findall(r"[\w.]+\+cpu\b", run_pip("index", "versions", name))
        if not offered:
            raise Unavailable(
                f"pip's settings offer no build of {name} for the CPU alone, and the usual one brings gigabytes of "
                f"CUDA: name an index or a folder that has one in PIP_EXTRA_INDEX_URL or PIP_FIND_LINKS"
            )
        return str(offered[0])
    report = run_pip("install", "--dry-run", "--no-deps", "--ignore-installed", "--quiet", "--report", "-", name)
    return str(json.loads(report)["install"][0]["metadata"]["version"])


def run_pip(*arguments: str) -> str:
    """Run pip and return what it printed. Raises Unavailable with its last line of complaint."""
    done = subprocess.run(
        [*_PIP, *arguments], cwd=Path(sys.prefix), capture_output=True, text=True, timeout=1800, check=False
    )
    if done.returncode != 0:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or [done.stderr.strip()]
        raise Unavailable(errors[-1])
    return done.stdout
