from __future__ import annotations

from pathlib import Path

import pytest

from aigpu_contract.reading import Known
from node_agent.facts import Environment
from node_agent.probes.environment import LONGEST_VALUE, VARIABLES, read_environment, read_libc, read_sandbox

GVISOR = "Linux version 4.19.0-gvisor #1 SMP Sun Jan 10 15:06:54 PST 2016"
OLD_GVISOR = "Linux version 4.4.0 #1 SMP Sun Jan 10 15:06:54 PST 2016"
NODE = "Linux version 6.8.0-1052-azure (buildd@bos03-amd64-010) #58~22.04.1-Ubuntu SMP"
KATA_BOOT = "reboot=k panic=1 systemd.unit=kata-containers.target systemd.mask=systemd-networkd.service"


def environment(root: Path, **environ: str) -> Environment:
    reading = read_environment(str(root), environ)
    assert isinstance(reading, Known)
    return reading.value


def test_only_variables_of_the_list_are_read(tmp_path: Path) -> None:
    seen = environment(tmp_path, CUDA_VISIBLE_DEVICES="", AZURE_CLIENT_ID="00000000", NVIDIA_API_KEY="nvapi-1")
    assert seen.variables == {"CUDA_VISIBLE_DEVICES": ""}


@pytest.mark.parametrize("name", VARIABLES)
def test_no_name_on_the_list_sounds_like_a_secret(name: str) -> None:
    assert not [word for word in ("KEY", "TOKEN", "SECRET", "PASS", "CREDENTIAL", "AUTH") if word in name]


def test_a_long_value_is_cut(tmp_path: Path) -> None:
    seen = environment(tmp_path, LD_LIBRARY_PATH="x" * 100_000)
    assert len(seen.variables["LD_LIBRARY_PATH"]) == LONGEST_VALUE


@pytest.mark.parametrize(
    ("file", "text", "sandbox"),
    [
        pytest.param("proc/version", NODE, None, id="the node's kernel"),
        pytest.param("proc/version", GVISOR, "gVisor", id="gVisor"),
        pytest.param("proc/version", OLD_GVISOR, "gVisor", id="older gVisor"),
        pytest.param("proc/cmdline", KATA_BOOT, "Kata", id="Kata by its boot"),
        pytest.param("proc/self/mounts", "kataShared / virtiofs rw,relatime 0 0\n", "Kata", id="Kata by its mount"),
        pytest.param("proc/self/mounts", "overlay / overlay rw 0 0\n", None, id="a container"),
    ],
)
def test_sandboxes_are_told_by_what_they_show_of_themselves(
    file: str, text: str, sandbox: str | None, tmp_path: Path
) -> None:
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text(text)
    assert read_sandbox(str(tmp_path)) == sandbox


def test_the_c_library_of_this_interpreter_is_named() -> None:
    assert read_libc("/") in {"glibc", "musl"}
