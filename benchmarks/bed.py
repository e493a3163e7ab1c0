"""The bed that every benchmark stands on: the installed extension, an empty one beside it, a local Azure."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.process import compiled
from testbeds.extension import install_wheel
from testbeds.local_azure import LocalAzure, World
from tools.wheel import build_wheel

EMPTY_COMMAND = ("aigpuempty", "nothing")
_EMPTY = """
from azure.cli.core import AzCommandsLoader
from azure.cli.core.commands import CliCommandType


def nothing():
    return None


class Loader(AzCommandsLoader):
    __module__ = "azext_aigpuempty"

    def load_command_table(self, args):
        with self.command_group("aigpuempty", CliCommandType(operations_tmpl="azext_aigpuempty#{}")) as group:
            group.command("nothing", "nothing")
        return self.command_table


COMMAND_LOADER_CLS = Loader
"""


@dataclass(frozen=True)
class Result:
    """A ratio of ours to a peer's, and the most that it may be. `ours` and `peer` in `unit`."""

    what: str
    against: str
    ours: float
    peer: float
    unit: str
    target: float

    @property
    def ratio(self) -> float:
        """Return how much of the peer's ours takes."""
        return self.ours / self.peer


@dataclass(frozen=True)
class Bed:
    """A signed-in `az` with both extensions."""

    azure: LocalAzure
    environment: dict[str, str]
    directory: Path

    def run(self, arguments: Sequence[str], exit_code: int = 0) -> float:
        """Run `az` and return its wall time in seconds. Raises RuntimeError for another exit code."""
        az = str(Path(sys.executable).with_name("az"))
        began = time.monotonic()
        done = subprocess.run(
            [az, *arguments],
            env=self.environment,
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        if done.returncode != exit_code:
            raise RuntimeError(f"az {' '.join(arguments)} ended with {done.returncode}: {done.stderr}")
        return time.monotonic() - began


@contextlib.contextmanager
def make_bed() -> Iterator[Bed]:
    """Build and install the extension, write the empty one, start the local Azure; end it all afterwards."""
    with (
        tempfile.TemporaryDirectory(prefix="aigpu-bench-") as name,
        LocalAzure(World.default(), trusts_others=True) as azure,
    ):
        directory = Path(name)
        extensions = install_wheel(build_wheel(directory / "dist"), directory / "extensions")
        empty = extensions / "aigpuempty"
        (empty / "azext_aigpuempty").mkdir(parents=True)
        (empty / "azext_aigpuempty" / "__init__.py").write_text(_EMPTY, encoding="utf-8")
        (empty / "aigpuempty-0.1.0.dist-info").mkdir()
        metadata = "Metadata-Version: 2.1\nName: aigpuempty\nVersion: 0.1.0\n"
        (empty / "aigpuempty-0.1.0.dist-info" / "METADATA").write_text(metadata, encoding="utf-8")
        environment = compiled(azure.environment(directory, extension_dir=extensions), directory)
        yield Bed(azure, environment, directory)
