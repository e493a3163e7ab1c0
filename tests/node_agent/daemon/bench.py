"""An agent on facts that the test gives, a fake API server and clocks that the test moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

from aigpu_contract.reading import Known
from node_agent.daemon.clocks import ServerTime, parse_time
from node_agent.daemon.loop import Agent
from node_agent.daemon.parts import Parts
from node_agent.daemon.reporters.log import Log
from node_agent.daemon.reporters.metrics import Metrics
from node_agent.daemon.round import Examiner, Look
from node_agent.daemon.settings import Settings
from node_agent.daemon.xids import Xid, read_classes
from node_agent.facts import Facts
from node_agent.probes.round import CUDA_NOT_ASKED, ProbeRequest
from tests.node_agent import healthy
from tests.node_agent.daemon.fake_kube import CREATED, CrashError, FakeKube

LOST = healthy.with_gpu(healthy.healthy(), error=15)
TOO_OLD_ROWS = healthy.with_gpu(healthy.healthy(), remap_failed=True)
HELD = healthy.with_cuda(
    healthy.with_nvml(healthy.healthy(), processes=Known((healthy.process(77),))),
    devices=tuple(healthy.cuda_device(i, proof=None, skipped="process 77 holds it (compute)") for i in range(2)),
)
"""Somebody computes on the GPUs, so no kernel runs."""

NOT_INJECTED = replace(
    healthy.without_nvml(
        healthy.with_nodes(
            healthy.healthy(),
            *(healthy.node_file(path, "ENOENT") for path in ("/dev/nvidiactl", "/dev/nvidia-uvm")),
        ),
        12,
    ),
    nvml_library=Known(healthy.missing("libnvidia-ml.so.1")),
    cuda=Known(replace(healthy.known(healthy.healthy().cuda), library=healthy.missing("libcuda.so.1"), count=None)),
)
"""The container has neither device nodes nor libraries."""

BOOT = "11111111-0000-4000-8000-000000000000"
OTHER_BOOT = "22222222-0000-4000-8000-000000000000"


class Ear:
    """A watcher that hears what the test says."""

    def __init__(self) -> None:
        self.said: list[Xid] = []
        self.closed = 0
        self.problem = ""

    def take(self) -> Sequence[Xid]:
        said, self.said = self.said, []
        return said

    def wait(self, seconds: float) -> None:
        del seconds

    def close(self) -> Sequence[Xid]:
        self.closed += 1
        return self.take()


class Bench:
    """`facts` are what CUDA and NVML say when asked; `asked` keeps the requests of the rounds."""

    def __init__(self, folder: Path, kube: FakeKube, facts: Facts | None = None, **settings: Any) -> None:
        self.kube = kube
        self.facts = facts or healthy.healthy()
        self.asked: list[ProbeRequest] = []
        self.boot_s = 1000.0
        self.dies_in_probe = False
        self.ear = Ear()
        self.log = StringIO()
        self._root = folder
        self._settings = Settings("gpu-0", root=str(folder), holder="agent-1", **settings)
        self.server_time = ServerTime(self.boot_clock, lambda: (parse_time(CREATED) or 0) + 60)
        self.metrics = Metrics()
        self.boot(BOOT)
        self.drive(healthy.DRIVER)
        self.agent = self.start()

    def boot_clock(self) -> float:
        return self.boot_s

    def boot(self, boot_id: str) -> None:
        """Give the machine another boot id, and its node too."""
        file = self._root / "proc/sys/kernel/random/boot_id"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(boot_id + "\n")

    def drive(self, driver: str | None) -> None:
        """Load another kernel module, or none."""
        module = self._root / "sys/module/nvidia"
        module.mkdir(parents=True, exist_ok=True)
        (module / "initstate").write_text("live\n")
        if driver is None:
            for file in module.iterdir():
                file.unlink()
            module.rmdir()
        else:
            (module / "version").write_text(driver + "\n")

    def start(self, **settings: Any) -> Agent:
        """Start a new agent, as after a restart of its container."""
        self._settings = replace(self._settings, **settings)
        look = Look(str(self._root), metadata_host=None)
        examiner = Examiner(look, self._probe, read_classes(None), self.server_time, self.boot_clock)
        log = Log(self.server_time, self.log)
        environ: Mapping[str, str] = {}
        self.agent = Agent(
            Parts(
                self._settings,
                self.kube,
                examiner,
                self.server_time,
                self.boot_clock,
                self.metrics,
                log,
                environ,
                self.ear,
            )
        )
        return self.agent

    def turn(self, times: int = 1, seconds: float = 60.0) -> str | None:
        """Run rounds, `seconds` apart."""
        reason = None
        for _ in range(times):
            reason = self.agent.turn()
            self.boot_s += seconds
        return reason

    def _probe(self, request: ProbeRequest) -> Facts:
        self.asked.append(request)
        if self.dies_in_probe:
            raise CrashError
        facts = replace(self.facts, vm_size_label=Known(request.vm_size_label or ""))
        if not request.cuda:
            return replace(facts, cuda=CUDA_NOT_ASKED)
        if not request.kernel and isinstance(facts.cuda, Known):
            devices = tuple(
                replace(one, proof=None, skipped="no kernel was asked for") for one in facts.cuda.value.devices
            )
            return replace(facts, cuda=Known(replace(facts.cuda.value, devices=devices)))
        return facts
