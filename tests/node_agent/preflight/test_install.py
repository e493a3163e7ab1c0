from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from node_agent.preflight import install as module
from node_agent.preflight.bundle import NotAtHand, build_bundle, read_entries
from node_agent.preflight.install import NAME, install, running_bundle


def test_an_installed_package_builds_the_file(tmp_path: Path) -> None:
    previous = os.umask(0o077)
    try:
        place = Path(install(str(tmp_path)))
    finally:
        os.umask(previous)
    assert place == tmp_path / NAME
    assert place.read_bytes() == build_bundle(read_entries())
    assert stat.S_IMODE(place.stat().st_mode) == 0o755
    assert not running_bundle()


@pytest.mark.parametrize("kind", ["missing", "file"])
def test_a_volume_that_is_not_there_is_not_made(kind: str, tmp_path: Path) -> None:
    directory = tmp_path / "volume"
    if kind == "file":
        directory.touch()
    with pytest.raises(OSError, match="volume"):
        install(str(directory))
    assert not directory.is_dir()


def test_nothing_is_left_behind_where_it_cannot_be_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> bytes:
        raise NotAtHand("no pynvml")

    monkeypatch.setattr(module, "_read_bundle", fail)
    (tmp_path / NAME).write_text("the one of before")
    with pytest.raises(NotAtHand):
        install(str(tmp_path))
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [(NAME, "the one of before")]
