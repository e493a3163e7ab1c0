"""`docs/how-to/job-manifests.md`: its commands run as they stand, on its manifest, and print what it shows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import yaml

from azext_aigpu.cluster.admission.workload_kinds import WORKLOADS
from tests.azext.core.harness import Result, run_offline

pytestmark = pytest.mark.core

PAGE = (Path(__file__).parents[3] / "docs" / "how-to" / "job-manifests.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


COMMANDS = [line for block in blocks("sh") for line in block.splitlines()]


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Result]:
    """What every command of the page printed, run one after the other in a folder with the page's manifest."""
    (tmp_path / "train.yaml").write_text(blocks("yaml")[0], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return [run_offline(*shlex.split(command)[1:]) for command in COMMANDS]


def test_the_commands_print_what_the_page_shows(results: list[Result]) -> None:
    check, table, difference, write, guarded = results

    assert [result.exit_code for result in results] == [4, 4, 0, 0, 0]
    assert check.stderr == blocks("text")[0]
    assert "GPUNotRequested" in table.stdout
    assert difference.stdout == blocks("diff")[0]
    assert write.stdout == ""
    assert "PASS" in guarded.stdout


def test_the_example_of_a_cpu_only_pod_is_yaml() -> None:
    example = yaml.safe_load(blocks("yaml")[1])
    assert example["spec"]["containers"][0]["env"][0]["value"] == "void"


def test_every_kind_that_is_read_is_named() -> None:
    kubeflow = {"TFJob", "XGBoostJob", "PaddleJob", "JAXJob"}

    assert {kind.kind for kind in WORKLOADS if kind.kind not in PAGE} <= kubeflow
