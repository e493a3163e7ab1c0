"""The whole `az` in a process of its own, with the installed wheel, watched: it may talk to this machine alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WATCHED = Path(__file__).parent / "watched"
PROGRAM = str(Path(sys.executable).with_name("az"))
LOOPBACK = {"localhost", "127.0.0.1", "::1", "None"}
CLUSTER = ("-g", "rg-train", "--cluster-name", "aks-train")
T4 = "Standard_NC4as_T4_v3"
CPU = "Standard_D16s_v5"


@dataclass(frozen=True)
class Az:
    """`az` with the environment of one test; `directory` is where it runs, which is not the checkout."""

    environment: Mapping[str, str]
    directory: Path

    @classmethod
    def watched(cls, environment: Mapping[str, str], directory: Path) -> Az:
        """Return an `az` that writes down every host it talks to."""
        path = os.pathsep.join([str(WATCHED), *filter(None, [environment.get("PYTHONPATH")])])
        hosts = str(directory / "hosts")
        return cls({**environment, "PYTHONPATH": path, "AIGPU_TEST_HOSTS": hosts}, directory)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start one command."""
        return subprocess.Popen(
            [PROGRAM, *arguments],
            env=dict(self.environment),
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        with self.start(*arguments) as process:
            try:
                stdout, stderr = process.communicate(timeout=120)
            finally:
                process.kill()
        assert "Traceback" not in stderr, stderr
        return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)

    def read(self, *arguments: str) -> Any:
        """Run one command that must succeed; gives its JSON."""
        done = self.run(*arguments, "-o", "json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout or "null")

    def hosts(self) -> set[str]:
        """Return every host that was looked up or connected to so far."""
        file = self.directory / "hosts"
        lines = file.read_text("utf-8").splitlines() if file.exists() else []
        return {line.partition(" ")[2] for line in lines}
