"""Agents as processes of their own: the real program and the real pynvml, on stub libraries, before an API server."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from testbeds.cluster import Client
from testbeds.cluster.cluster import wait_until
from testbeds.nvidia_stub import StubNode

ROOT = Path(__file__).parents[2]
NAMESPACE = "aigpu-system"
GPU_LABELS = {
    "hardware": "gpu",
    "gpu-type": "nvidia",
    "agentpool": "gpu1",
    "aigpu.io/sku": "Standard_NC24ads_A100_v4",
    "aigpu.io/gpu-model": "a100-80gb",
    "aigpu.io/gpu-count": "1",
    "aigpu.io/resource": "gpu",
    "aigpu.io/resource-count": "1",
    "node.kubernetes.io/instance-type": "Standard_NC24ads_A100_v4",
}
"""What `nodepool add` writes on a pool of one A100 a node, and the size that the cloud gave it."""
KERNEL = "cuLaunchKernel"


def find_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class AgentProcess:
    """`aigpu-agent run` on a pretended machine. `admin` looks at what it wrote."""

    name: str
    machine: StubNode
    kubeconfig: Path
    admin: Client
    port: int = field(default_factory=find_port)
    process: subprocess.Popen[str] | None = None

    def start(self, *arguments: str, interval: str = "1s") -> None:
        """Start it; what it says goes into a file beside its machine."""
        fixed = ["--node-name", self.name, "--kubeconfig", str(self.kubeconfig), "--root", str(self.machine.root)]
        address = f"127.0.0.1:{self.port}"
        command = [sys.executable, "-m", "node_agent", "run", *fixed, "--interval", interval, *arguments]
        with self.log_file.open("a") as log:
            self.process = subprocess.Popen(
                [*command, "--metrics-address", address, "--metadata", "none"],
                cwd=ROOT,
                env={**self.machine.environment(), "AIGPU_POD_NAME": f"agent-{self.name}"},
                stderr=log,
                text=True,
            )

    @property
    def log_file(self) -> Path:
        return self.machine.directory / "agent.log"

    @property
    def log(self) -> list[dict[str, Any]]:
        """The lines of its log."""
        return [json.loads(line) for line in self.log_file.read_text().splitlines()]

    def end(self, number: int = signal.SIGTERM, within_s: float = 2.5) -> int:
        """Send a signal and wait for the end; a process that stays is a failure."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(within_s)

    def node(self) -> dict[str, Any]:
        """Our Node."""
        found: dict[str, Any] = self.admin.get(f"/api/v1/nodes/{self.name}")
        return found

    @property
    def status(self) -> str:
        """Status and reason of the condition, empty where there is none."""
        conditions = self.node()["status"]["conditions"]
        ours = [one for one in conditions if one["type"] == "aigpu.io/GPUReady"]
        return "{status} {reason}".format(**ours[0]) if ours else ""

    @property
    def taints(self) -> list[str]:
        """The agent's taints that stand, by the last part of their keys."""
        taints = self.node()["spec"].get("taints", [])
        return [one["key"].rpartition("/")[2] for one in taints if "cluster-autoscaler" in one["key"]]

    @property
    def proof(self) -> dict[str, Any]:
        """What the annotation says, empty where there is none."""
        text = self.node()["metadata"].get("annotations", {}).get("aigpu.io/proof", "{}")
        found: dict[str, Any] = json.loads(text)
        return found

    @property
    def faults(self) -> dict[str, Any]:
        """What is kept of this boot, empty where there is nothing."""
        text = self.node()["metadata"].get("annotations", {}).get("aigpu.io/faults", "{}")
        found: dict[str, Any] = json.loads(text)
        return found

    def lease(self) -> dict[str, Any]:
        """The spec of the heartbeat."""
        path = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases/{self.name}"
        found: dict[str, Any] = self.admin.get(path)["spec"]
        return found

    def events(self) -> list[str]:
        """The reasons of the events about the node."""
        items = self.admin.get("/api/v1/namespaces/default/events")["items"]
        return [one["reason"] for one in items if one["involvedObject"].get("name") == self.name]

    def kernels(self) -> int:
        """How many kernels were launched on the machine."""
        return sum(call.name == KERNEL for call in self.machine.calls())

    def page(self, path: str) -> tuple[int, str]:
        """Status and text of a page of its server."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, ""
        except OSError:
            return 0, ""

    def rounds(self) -> int:
        """How many rounds it has ended, in this process."""
        lines = self.page("/metrics")[1].splitlines()
        return sum(int(float(line.split()[-1])) for line in lines if line.startswith("aigpu_node_rounds_total"))

    def wait_for(self, status: str, seconds: float = 30.0) -> None:
        """Wait until the condition is this one."""
        wait_until(lambda: self.status == status, f"{self.name} is {self.status!r} and not {status!r}", seconds)

    def wait_rounds(self, count: int) -> None:
        """Wait until so many more rounds have ended."""
        goal = self.rounds() + count
        wait_until(lambda: self.rounds() >= goal, f"no {count} more rounds")


@contextmanager
def ended(agent: AgentProcess) -> Iterator[AgentProcess]:
    """The agent; at the end its process is gone."""
    try:
        yield agent
    finally:
        process = agent.process
        if process is not None and process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            process.wait(5)
