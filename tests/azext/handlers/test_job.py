"""`az aigpu job` check and inject, with nobody signed in and no network."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.azext.core.harness import Result, run_offline
from tests.azext.handlers.commands import error_of

pytestmark = pytest.mark.core

GOLDEN = Path(__file__).parents[2] / "golden" / "jobs"
BEFORE = GOLDEN / "job.before.yaml"
AFTER = GOLDEN / "job.after.yaml"
PATCH = shutil.which("patch") or ""
IMAGE = ("--image", "registry.example.com/aigpu-agent:0.1.0")
FOUNDING = """\
apiVersion: batch/v1
kind: Job
metadata:
  name: train
spec:
  template:
    spec:
      restartPolicy: Never
      nodeSelector: {hardware: gpu}
      tolerations: [{key: sku, operator: Exists}]
      containers:
      - name: main
        image: registry.example.com/train:1
        command: [python, train.py]
"""
UNKNOWN = "apiVersion: example.com/v1\nkind: Train\nmetadata: {name: mine}\n"


def job(verb: str, *arguments: str, env: Mapping[str, str] | None = None) -> Result:
    return run_offline("aigpu", "job", verb, *arguments, env=env)


@pytest.fixture
def manifest(tmp_path: Path) -> Any:
    """Return a function that writes a manifest and gives its path."""

    def write(text: str) -> str:
        path = tmp_path / "job.yaml"
        path.write_bytes(text.encode())
        return str(path)

    return write


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that puts a text on standard input."""

    def put(text: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    return put


class TestCheck:
    @pytest.mark.parametrize(
        ("text", "code", "verdict"),
        [
            pytest.param(AFTER.read_text("utf-8"), 0, "PASS", id="guarded"),
            pytest.param(BEFORE.read_text("utf-8"), 0, "WARN", id="plain"),
            pytest.param(FOUNDING, 4, "FAIL", id="founding-story"),
            pytest.param(UNKNOWN, 5, "UNKNOWN", id="unknown-kind"),
            pytest.param(FOUNDING + "---\n" + UNKNOWN, 4, "FAIL", id="both"),
            pytest.param("", 5, "UNKNOWN", id="empty"),
            pytest.param("apiVersion: v1\nkind: Secret\nmetadata: {name: x}\n", 5, "UNKNOWN", id="nothing-with-pods"),
        ],
    )
    def test_the_exit_code_is_the_verdict_and_the_result_is_printed(
        self, manifest: Any, text: str, code: int, verdict: str
    ) -> None:
        result = job("check", "-f", manifest(text))

        assert result.exit_code == code, result.stderr
        assert result.data["verdict"] == verdict
        assert f": {verdict}: " in result.stderr

    def test_what_was_judged_and_what_was_not_is_counted(self, manifest: Any) -> None:
        data = job("check", "-f", manifest(f"{FOUNDING}---\n{UNKNOWN}---\napiVersion: v1\nkind: Secret\n")).data

        assert (data["judged"], data["notJudged"], data["withoutPods"]) == (1, 1, 1)
        assert [(one["kind"], one["line"]) for one in data["workloads"]] == [("Job", 1), ("Train", 16), ("Secret", 20)]

    def test_people_read_problem_seen_wanted_and_next(self, manifest: Any) -> None:
        said = job("check", "-f", manifest(FOUNDING)).stderr

        assert "FAIL    gpu-request: the pod targets a GPU pool and asks for no GPU" in said
        assert "seen    toleration sku; nodeSelector hardware=gpu" in said
        assert "wanted  a limit of nvidia.com/gpu in an app container" in said
        assert "job inject --gpus 1; where it is to use the CPU" in " ".join(said.split())

    def test_there_is_a_table(self, manifest: Any) -> None:
        header, _, row = job("check", "-f", manifest(FOUNDING), "-o", "table").stdout.splitlines()

        assert header.split() == ["Line", "Workload", "Verdict", "Finding", "Container", "Seen"]
        assert row.split()[:5] == ["1", "Job", "train", "FAIL", "GPUNotRequested"]

    def test_standard_input_is_read(self, stdin: Any) -> None:
        stdin(FOUNDING)
        result = job("check", "-f", "-")

        assert result.exit_code == 4
        assert result.data["file"] == "standard input"

    def test_gpu_pools_tell_what_a_name_means(self, manifest: Any) -> None:
        file = manifest(FOUNDING.replace("{hardware: gpu}", "{agentpool: p1}").replace("key: sku", "key: other"))

        assert job("check", "-f", file).exit_code == 5
        assert job("check", "-f", file, "--gpu-pools", "p1,p2").exit_code == 4
        assert job("check", "-f", file, "--gpu-pools", "p2").exit_code == 0

    def test_the_taint_is_the_configured_one(self, manifest: Any) -> None:
        file = manifest(FOUNDING.replace("{hardware: gpu}", "{}").replace("key: sku", "key: team"))

        assert job("check", "-f", file).exit_code == 0
        assert job("check", "-f", file, env={"AZURE_AIGPU_TAINT": "team=x:NoSchedule"}).exit_code == 4

    def test_a_manifest_cannot_steer_the_terminal(self, manifest: Any) -> None:
        file = manifest('apiVersion: x/v1\nkind: "\\e[31mJob"\nmetadata: {name: "a\\u202Eb"}\n')
        said = job("check", "-f", file).stderr
        table = job("check", "-f", file, "-o", "table").stdout

        for text in (said, table):
            assert "?[31mJob a?b" in text
            assert "\x1b" not in text
            assert "\u202e" not in text

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            pytest.param(("-f", "no-such.yaml"), "--file: no-such.yaml cannot be read", id="no-file"),
            pytest.param(("-f", os.sep), "cannot be read: Is a directory", id="folder"),
            pytest.param(("-f", str(AFTER), "--gpu-pools", ","), "--gpu-pools names no pool", id="no-pools"),
        ],
    )
    def test_bad_usage_ends_with_2(self, arguments: tuple[str, ...], told: str) -> None:
        result = job("check", *arguments)

        assert result.exit_code == 2
        head, below = error_of(result)
        assert told in head
        assert below

    @pytest.mark.parametrize(
        ("content", "told"),
        [
            pytest.param(b"a:\n\tb: 1\n", "job.yaml, line 2, column 1: found character '\\t'", id="tab"),
            pytest.param(b"a: 1\nb: \xff\n", "job.yaml, line 2, is not text in UTF-8", id="not-utf-8"),
            pytest.param(b"a: 1\na: 2\n", "job.yaml, line 2, column 1: the key 'a'", id="twice"),
            pytest.param(b"{" * 5000, "nested deeper than 64 levels", id="braces-without-end"),
        ],
    )
    @pytest.mark.parametrize("verb", ["check", "inject"])
    def test_what_is_no_yaml_ends_with_2_and_says_where(
        self, tmp_path: Path, verb: str, content: bytes, told: str
    ) -> None:
        (tmp_path / "job.yaml").write_bytes(content)
        result = job(verb, "-f", str(tmp_path / "job.yaml"))

        assert result.exit_code == 2
        assert told in error_of(result)[0]


class TestInject:
    def test_the_guarded_manifest_goes_to_standard_output_and_the_rest_to_stderr(self) -> None:
        result = job("inject", "-f", str(BEFORE), *IMAGE)

        assert result.exit_code == 0, result.stderr
        assert result.stdout == AFTER.read_text("utf-8")
        assert "Guarded: Job train." in result.stderr

    def test_a_second_run_changes_nothing(self, stdin: Any) -> None:
        stdin(AFTER.read_text("utf-8"))
        assert job("inject", "-f", "-").stdout == AFTER.read_text("utf-8")

    @pytest.mark.skipif(not PATCH, reason="there is no program patch; install it from your distribution")
    def test_the_difference_is_one_that_patch_takes(self, tmp_path: Path) -> None:
        (tmp_path / "job.yaml").write_bytes(BEFORE.read_bytes())
        difference = job("inject", "-f", str(tmp_path / "job.yaml"), *IMAGE, "--diff").stdout
        done = subprocess.run(
            [PATCH, "-p0", str(tmp_path / "job.yaml")], input=difference, text=True, capture_output=True, check=False
        )

        assert done.returncode == 0, done.stdout + done.stderr
        assert (tmp_path / "job.yaml").read_bytes() == AFTER.read_bytes()

    def test_a_guarded_manifest_has_no_difference(self) -> None:
        assert job("inject", "-f", str(AFTER), "--diff").stdout == ""

    def test_the_file_that_is_read_may_be_written_and_keeps_its_rights(self, tmp_path: Path) -> None:
        file = tmp_path / "job.yaml"
        file.write_bytes(BEFORE.read_bytes())
        file.chmod(0o640)
        result = job("inject", "-f", str(file), *IMAGE, "--output-file", str(file))

        assert (result.exit_code, result.stdout) == (0, "")
        assert file.read_bytes() == AFTER.read_bytes()
        assert file.stat().st_mode & 0o777 == 0o640
        assert [path.name for path in tmp_path.iterdir()] == ["job.yaml"]

    def test_image_and_taint_come_from_the_settings(self) -> None:
        env = {"AZURE_AIGPU_AGENT_IMAGE": "registry.example.com/own:1", "AZURE_AIGPU_TAINT": "team/gpu=yes:NoSchedule"}
        text = job("inject", "-f", str(BEFORE), env=env).stdout

        assert "image: registry.example.com/own:1" in text
        assert '- key: team/gpu\n        operator: Equal\n        value: "yes"\n' in text

    def test_options_are_written_into_the_command(self) -> None:
        options = ("--gpus", "2", "--on-fallback", "warn", "--gpu-deadline", "45m")
        text = job("inject", "-f", str(BEFORE), *IMAGE, *options).stdout

        assert '"--expect-gpus", "2", "--on-fallback", "warn", "--gpu-deadline", "45m", "--", "python"' in text
        assert text.count("nvidia.com/gpu: 2") == 2

    @pytest.mark.parametrize(
        ("text", "arguments", "told"),
        [
            pytest.param(FOUNDING, IMAGE, "how many GPUs is not known", id="no-gpus"),
            pytest.param(FOUNDING, ("--gpus", "1"), "az config set aigpu.agent_image=IMAGE", id="no-image"),
            pytest.param(UNKNOWN, IMAGE, "It holds: Train mine.", id="unknown-kind"),
            pytest.param("", IMAGE, "It holds: nothing.", id="empty"),
        ],
    )
    def test_a_refusal_ends_with_1_and_writes_nothing(
        self, manifest: Any, tmp_path: Path, text: str, arguments: tuple[str, ...], told: str
    ) -> None:
        result = job("inject", "-f", manifest(text), *arguments, "--output-file", str(tmp_path / "out.yaml"))

        assert result.exit_code == 1
        assert told in "\n".join(error_of(result))
        assert not (tmp_path / "out.yaml").exists()

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            pytest.param(("--gpus", "0"), "--gpus: 0 is out of range", id="no-gpus"),
            pytest.param(("--gpu-deadline", "45"), "--gpu-deadline: '45' is not a duration", id="no-unit"),
            pytest.param(("--image", "two words"), "--image: 'two words'", id="image"),
            pytest.param(("--container", "Main"), "--container: 'Main' is not a name", id="container"),
            pytest.param(("--diff", "--output-file", "x"), "--diff and --output-file were both given", id="two-places"),
        ],
    )
    def test_bad_usage_ends_with_2(self, arguments: tuple[str, ...], told: str) -> None:
        result = job("inject", "-f", str(BEFORE), *IMAGE, *arguments)

        assert result.exit_code == 2
        assert told in error_of(result)[0]

    def test_a_folder_that_is_not_there_ends_with_2(self, tmp_path: Path) -> None:
        result = job("inject", "-f", str(BEFORE), *IMAGE, "--output-file", str(tmp_path / "no" / "out.yaml"))

        assert result.exit_code == 2
        assert "cannot be written: No such file or directory" in error_of(result)[0]
