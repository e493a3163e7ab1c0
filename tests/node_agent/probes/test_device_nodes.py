from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from node_agent.probes.device_nodes import open_nodes

NULL_MAJOR = os.major(Path(os.devnull).stat().st_rdev)


def nodes(root: Path) -> tuple[dict[str, Any], list[str]]:
    """The nodes by path, and the steps that were announced."""
    steps: list[str] = []
    before = set(Path("/proc/self/fd").iterdir())
    opened = {str(node["path"]): node for node in open_nodes(str(root), steps.append)}
    for descriptor in set(Path("/proc/self/fd").iterdir()) - before:
        if descriptor.exists():
            os.close(int(descriptor.name))
    return opened, steps


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "dev").mkdir()
    (tmp_path / "proc").mkdir()
    return tmp_path


def test_missing_nodes_are_named_with_their_errno(root: Path) -> None:
    opened, _ = nodes(root)
    assert {path: node["error"] for path, node in opened.items()} == {
        "/dev/nvidiactl": "ENOENT",
        "/dev/nvidia-uvm": "ENOENT",
    }


def test_every_gpu_has_its_node_in_the_order_of_numbers(root: Path) -> None:
    for name in ("nvidia10", "nvidia2", "nvidia-modeset", "nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", "nvidia-caps"):
        (root / "dev" / name).symlink_to(os.devnull)
    opened, steps = nodes(root)
    assert list(opened) == ["/dev/nvidiactl", "/dev/nvidia2", "/dev/nvidia10", "/dev/nvidia-uvm"]
    assert steps == [f"open {path}" for path in opened]


@pytest.mark.parametrize(
    ("rows", "is_drivers"),
    [
        pytest.param(f"{NULL_MAJOR} nvidia\n", True, id="the driver's number"),
        pytest.param(f"{NULL_MAJOR} nvidia-frontend\n", True, id="an older driver's number"),
        pytest.param("195 nvidia\n", False, id="another number"),
        pytest.param("5 tty\n", None, id="no driver on the list"),
        pytest.param(f"\nBlock devices:\n{NULL_MAJOR} nvidia\n", None, id="only a block device"),
    ],
)
def test_the_number_of_a_node_is_held_against_the_drivers(rows: str, is_drivers: bool | None, root: Path) -> None:
    (root / "dev/nvidiactl").symlink_to(os.devnull)
    (root / "proc/devices").write_text("Character devices:\n" + rows)
    opened, _ = nodes(root)
    assert opened["/dev/nvidiactl"] == {
        "path": "/dev/nvidiactl",
        "error": None,
        "is_character_device": True,
        "is_drivers": is_drivers,
    }


def test_a_plain_file_in_the_place_of_a_node_is_no_device(root: Path) -> None:
    (root / "dev/nvidia0").write_text("")
    opened, _ = nodes(root)
    assert opened["/dev/nvidia0"]["is_character_device"] is False


def test_a_folder_in_the_place_of_a_node_does_not_open(root: Path) -> None:
    (root / "dev/nvidia0").mkdir()
    opened, _ = nodes(root)
    assert opened["/dev/nvidia0"]["error"] == "EISDIR"
