"""The pod of a process, by the forms in which kubelets and runtimes write cgroups."""

from __future__ import annotations

from pathlib import Path

import pytest

from node_agent.daemon.cgroups import parse_pod_uids, read_owners

UID = "0a1b2c3d-1111-4222-8333-444455556666"
OTHER = "ffffffff-1111-4222-8333-444455556666"
SYSTEMD = UID.replace("-", "_")


@pytest.mark.parametrize(
    ("text", "uids"),
    [
        pytest.param(
            f"0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{SYSTEMD}.slice/cri-containerd-ab.scope",
            (UID,),
            id="v2 systemd",
        ),
        pytest.param(
            f"0::/kubepods.slice/kubepods-pod{SYSTEMD}.slice/crio-ab.scope/container",
            (UID,),
            id="v2 systemd guaranteed",
        ),
        pytest.param(f"0::/kubepods/besteffort/pod{UID}/ab", (UID,), id="v2 cgroupfs"),
        pytest.param(
            f"0::/../../kubepods-burstable-pod{SYSTEMD}.slice/cri-containerd-ab.scope", (UID,), id="namespaced"
        ),
        pytest.param(
            f"12:memory:/kubepods/burstable/pod{UID}/ab\n11:cpu,cpuacct:/kubepods/burstable/pod{UID}/ab\n1:name=systemd:/",
            (UID,),
            id="v1",
        ),
        pytest.param(f"0::/kubepods/pod{UID}/ab/kubelet/kubepods/pod{OTHER}/cd", (UID, OTHER), id="nested"),
        pytest.param(
            "0::/kubepods/burstable/pod0123456789abcdef0123456789abcdef/ab", ("0123456789abcdef" * 2,), id="static"
        ),
        pytest.param("0::/system.slice/docker.service", (), id="of the host"),
        pytest.param("0::/", (), id="our own"),
        pytest.param("", (), id="nothing"),
        pytest.param("0::/user.slice/podman-1234.scope", (), id="podman"),
    ],
)
def test_the_pods_of_a_cgroup(text: str, uids: tuple[str, ...]) -> None:
    assert parse_pod_uids(text) == uids


def test_a_process_that_cannot_be_looked_at_is_said(tmp_path: Path) -> None:
    (tmp_path / "proc/7").mkdir(parents=True)
    (tmp_path / "proc/7/cgroup").write_text(f"0::/kubepods/pod{UID}/ab\n")
    assert read_owners(str(tmp_path), [7]).problem == ""
    owners = read_owners(str(tmp_path), [7, 8])
    assert owners.pods == {UID}
    assert "process 8" in owners.problem


def test_a_real_process_is_read() -> None:
    assert read_owners("/", [1]).problem == ""
