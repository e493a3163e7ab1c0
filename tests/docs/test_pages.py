"""README and the pages of agent and preflight: their commands run as they stand, and print what the pages show.

What needs a Kubernetes API server is in tests/cluster; `RUN_BY` says where each page is run.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from aigpu_contract.reading import Known
from aigpu_contract.rendering import render_findings
from node_agent.preflight.process_tree import Holder
from node_agent.preflight.tripwire import Look, State, TripwireSettings, judge_look
from testbeds.extension import link_sources
from testbeds.local_azure import LocalAzure
from testbeds.nvidia_stub import Libraries, nodes
from testbeds.nvidia_stub.node import Node
from tests.azext.core.harness import run
from tests.cluster.agent_process import GPU_LABELS
from tests.docs.machines import machine
from tests.docs.pages import ROOT, Step, compare, read_blocks, read_steps, run_step, shows

HOW_TO = ROOT / "docs" / "how-to"
README = ROOT / "README.md"
HERE = "tests/docs/test_pages.py"
ESTATE = "tests/azext/handlers/test_estate_pages.py"
RUN_BY = {
    "README.md": HERE,
    "docs/how-to/adopt-a-pool.md": "tests/azext/handlers/test_adopt_page.py",
    "docs/how-to/build-the-agent-image.md": HERE,
    "docs/how-to/check-a-node.md": HERE,
    "docs/how-to/find-capacity.md": ESTATE,
    "docs/how-to/find-cpu-jobs-on-gpu-nodes.md": "tests/cluster/test_cluster_pages.py",
    "docs/how-to/first-pool.md": HERE,
    "docs/how-to/from-pull-request-to-pool.md": "tests/e2e/test_pull_request_page.py",
    "docs/how-to/gate-terraform-pull-requests.md": "tests/e2e/test_gate_page.py",
    "docs/how-to/govern-a-subscription.md": ESTATE,
    "docs/how-to/install-the-agent.md": "tests/cluster/test_cluster_pages.py",
    "docs/how-to/job-manifests.md": "tests/azext/handlers/test_job_manifests_page.py",
    "docs/how-to/one-gpu-vm.md": ESTATE,
    "docs/how-to/preflight-in-your-image.md": HERE,
    "docs/how-to/protect-a-cluster.md": "tests/cluster/test_protect_page.py",
    "docs/how-to/see-the-fleet.md": "tests/cluster/test_cluster_pages.py",
    "docs/how-to/test-on-a-cluster.md": HERE,
    "docs/explanation/evidence.md": HERE,
    "docs/reference/tripwire.md": HERE,
}
DEMO = "Building the extension"
"""How the transcript of the demo begins; tests/e2e/test_newcomer.py holds README to it."""
A100 = "Standard_NC24ads_A100_v4"
CHECKOUT = (".venv", "tools", "aigpu_contract", "azext_aigpu", "node_agent", "setup.py", "LICENSE")
JOB_AT_FAULT, REFUSED = 78, 1

StartShell = Callable[[Node, str], dict[str, str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the reader is: in a checkout, beside his program."""
    found = tmp_path / "checkout"
    found.mkdir()
    for name in CHECKOUT:
        (found / name).symlink_to(sys.prefix if name == ".venv" else ROOT / name)
    (found / "train.py").write_text("print('trained')\n", encoding="utf-8")
    return found


@pytest.fixture
def start_shell(tmp_path: Path, libraries: Libraries) -> Iterator[StartShell]:
    """Gives the environment of a shell on a machine: with GPUs, or a CPU machine in their place."""
    with ExitStack() as stack:

        def start(node: Node, size: str) -> dict[str, str]:
            beside = tmp_path / size
            beside.mkdir()
            return stack.enter_context(machine(node, size, GPU_LABELS, beside, libraries))

        yield start


def follow(step: Step, environment: dict[str, str], folder: Path, code: int = 0) -> None:
    done = run_step(step, environment, folder)
    assert done.returncode == code, (step.command, done.stdout)


def test_preflight_in_an_image(start_shell: StartShell, folder: Path) -> None:
    shell = start_shell(nodes.CPU, "Standard_D16s_v5")
    for step in read_steps(HOW_TO / "preflight-in-your-image.md"):
        follow(step, shell, folder, JOB_AT_FAULT if step.command == "aigpu-preflight check" else 0)

    assert (folder / "dist" / "aigpu-preflight.pyz").stat().st_size < 250_000
    assert "pci" in (folder / "facts.json").read_text("utf-8")


@pytest.mark.parametrize(
    "page", [HOW_TO / "check-a-node.md", ROOT / "docs/reference/tripwire.md"], ids=lambda p: p.stem
)
def test_pages_about_a_healthy_machine(page: Path, start_shell: StartShell, folder: Path) -> None:
    shell = start_shell(nodes.A100_80GB, A100)
    for step in read_steps(page):
        follow(step, shell, folder)


def test_the_finding_of_the_tripwire_is_in_its_words() -> None:
    (block,) = read_blocks(ROOT / "docs/reference/tripwire.md", "text")
    look = Look(1810.0, Known(690.0 * 60), Known(Holder(214, "/dev/nvidia-uvm")), Known(None))
    settings = TripwireSettings(deadline_s=1800.0, on_fallback="warn")
    state, _ = judge_look(State(), look, settings)
    _, decision = judge_look(state, look, settings)

    printed = render_findings(decision.findings)
    assert shows(block.text, printed), compare(block.text, printed)


class TestReadme:
    def test_agent_and_preflight(self, start_shell: StartShell, folder: Path) -> None:
        steps = readme_steps("aigpu-preflight", "kubectl get node")
        assert len(steps) == 2

        follow(steps[0], start_shell(nodes.CPU, "Standard_D16s_v5"), folder, JOB_AT_FAULT)
        follow(steps[1], start_shell(nodes.A100_80GB, A100), folder)

    @pytest.mark.az
    def test_pools(self, tmp_path: Path) -> None:
        steps = readme_steps("az aigpu nodepool add")
        assert len(steps) == 2

        with LocalAzure() as azure:
            azure.world.operation_seconds = 0.2
            shell = azure_shell(azure, tmp_path)
            follow(steps[0], shell, tmp_path, REFUSED)
            follow(steps[1], shell, tmp_path)

    def test_what_it_shows_of_a_cluster_is_what_the_page_about_it_shows(self) -> None:
        page = read_steps(HOW_TO / "protect-a-cluster.md")
        steps = readme_steps("az aigpu scan", "sed ")
        assert len(steps) == 2

        for step in steps:
            assert any(one.command == step.command and shows(step.shown, one.shown) for one in page), step


def readme_steps(*starts: str) -> list[Step]:
    """The commands of README that begin so; those of the demo are left out."""
    blocks = [block for block in read_blocks(README) if not block.need and not block.text.startswith(DEMO)]
    return [step for block in blocks for step in block.steps if step.command.startswith(starts)]


def azure_shell(azure: LocalAzure, folder: Path) -> dict[str, str]:
    """The environment of somebody who is signed in and has the extension."""
    programs = folder / "bin"
    programs.mkdir()
    (programs / "az").symlink_to(Path(sys.executable).with_name("az"))
    environment = azure.environment(folder, extension_dir=link_sources(folder / "extensions"))
    return {**environment, "PATH": f"{programs}{os.pathsep}{environment['PATH']}"}


@pytest.mark.core
def test_the_first_pool() -> None:
    """In this process, as the page shows no output; building and adding the extension is for test_newcomer.py."""
    steps = [
        step for step in read_steps(HOW_TO / "first-pool.md") if step.command.startswith(("az aigpu", "az config"))
    ]
    assert len(steps) == 8

    with LocalAzure() as azure:
        azure.world.operation_seconds = 0.05
        for step in steps:
            result = run(azure, *shlex.split(step.command)[1:])
            assert result.exit_code == 0, (step.command, result.stderr)


def test_every_page_with_commands_is_in_the_list() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    examples = "docs/reference/commands.md"  # those of the help: tests/azext/core/test_help_examples.py

    found = {str(page.relative_to(ROOT)) for page in pages if read_blocks(page)}
    assert found - {examples} == set(RUN_BY)


@pytest.mark.parametrize(("name", "test"), RUN_BY.items(), ids=RUN_BY)
def test_the_test_that_runs_a_page_names_it(name: str, test: str) -> None:
    assert test == HERE or Path(name).name in (ROOT / test).read_text("utf-8")


@pytest.mark.parametrize("name", [name for name, test in RUN_BY.items() if test == HERE])
def test_no_command_of_a_page_is_forgotten(name: str) -> None:
    """What the tests of this file run, by the beginnings of the commands."""
    run = ("aigpu-", "az aigpu", "az config", "kubectl get node", "sed ", ".venv/bin/python -m tools.preflight_pyz")
    elsewhere = (".venv/bin/python -m tools.wheel", "az extension add")
    for block in read_blocks(ROOT / name):
        if not block.need and not block.text.startswith(DEMO):
            assert block.steps, (name, block.line)
            for step in block.steps:
                assert step.command.startswith((*run, *elsewhere)), (name, block.line, step.command)
