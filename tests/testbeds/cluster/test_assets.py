from __future__ import annotations

import os
from pathlib import Path

import pytest

from testbeds.cluster.assets import NoClusterError, find_assets, find_kubectl
from testbeds.cluster.real import open_cluster

ENVTEST = ("etcd", "kube-apiserver", "kubectl")


def fill(folder: Path, *names: str) -> dict[str, str]:
    for name in names:
        (folder / name).touch(mode=0o755)
    return {"KUBEBUILDER_ASSETS": str(folder)}


def test_nothing_named_says_how_to_get_it() -> None:
    with pytest.raises(NoClusterError, match=r"KUBEBUILDER_ASSETS=.*tools/control_plane.sh") as error:
        open_cluster({})
    assert "docs/how-to/test-on-a-cluster.md" in str(error.value)


def test_a_folder_of_envtest_has_no_controllers(tmp_path: Path) -> None:
    assets = find_assets(fill(tmp_path, *ENVTEST))
    assert assets.api_server == tmp_path / "kube-apiserver"
    assert assets.controller_manager is None
    assert assets.scheduler is None


def test_a_whole_control_plane_is_found(tmp_path: Path) -> None:
    assets = find_assets(fill(tmp_path, *ENVTEST, "kube-controller-manager", "kube-scheduler"))
    assert assets.controller_manager == tmp_path / "kube-controller-manager"
    assert assets.scheduler == tmp_path / "kube-scheduler"


@pytest.mark.parametrize("missing", ["etcd", "kube-apiserver"])
def test_a_folder_without_a_program_is_refused_by_its_name(tmp_path: Path, missing: str) -> None:
    environment = fill(tmp_path, *(name for name in ENVTEST if name != missing))
    with pytest.raises(NoClusterError, match=f"has no program {missing}"):
        find_assets(environment)


def test_a_program_that_cannot_be_run_counts_as_missing(tmp_path: Path) -> None:
    environment = fill(tmp_path, *ENVTEST)
    (tmp_path / "etcd").chmod(0o644)
    with pytest.raises(NoClusterError, match="etcd"):
        find_assets(environment)


def test_kubectl_of_the_folder_goes_before_the_one_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_path = tmp_path / "bin"
    on_path.mkdir()
    fill(on_path, "kubectl")
    monkeypatch.setenv("PATH", str(on_path), prepend=os.pathsep)
    assert find_kubectl({}) == on_path / "kubectl"
    assert find_kubectl(fill(tmp_path, "kubectl")) == tmp_path / "kubectl"


def test_a_kubeconfig_that_is_not_there_is_refused(tmp_path: Path) -> None:
    environment = {"AIGPU_TEST_KUBECONFIG": str(tmp_path / "absent"), **fill(tmp_path, "kubectl")}
    with pytest.raises(NoClusterError, match="AIGPU_TEST_KUBECONFIG"), open_cluster(environment):
        pass
