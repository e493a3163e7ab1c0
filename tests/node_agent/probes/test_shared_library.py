from __future__ import annotations

from pathlib import Path

import pytest

from node_agent.probes.shared_library import load
from testbeds.nvidia_stub import Libraries


def test_a_library_is_named_by_its_real_file_and_version(libraries: Libraries, tmp_path: Path) -> None:
    real = tmp_path / "libcuda.so.580.105.08"
    real.write_bytes(libraries.cuda.read_bytes())
    (tmp_path / "libcuda.so.1").symlink_to(real.name)
    handle, facts = load(str(tmp_path / "libcuda.so.1"))
    assert handle is not None
    assert facts == {
        "name": "libcuda.so.1",
        "path": str(real),
        "version": "580.105.08",
        "error": None,
        "size": real.stat().st_size,
    }


def test_a_library_found_by_the_linker_is_named_by_what_is_mapped() -> None:
    handle, facts = load("libc.so.6")
    assert handle is not None
    assert Path(str(facts["path"])).name.startswith("libc.so")


@pytest.mark.parametrize(
    ("content", "size", "words"),
    [
        pytest.param(b"", 0, "file too short", id="empty"),
        pytest.param(b"not a library\n" * 8, 112, "invalid ELF header", id="text"),
        pytest.param(b"\x7fELF\x01\x01\x01".ljust(64, b"\0"), 64, "wrong ELF class", id="32 bits"),
    ],
)
def test_a_file_that_does_not_load_is_named_with_the_linkers_reason(
    content: bytes, size: int, words: str, tmp_path: Path
) -> None:
    file = tmp_path / "libnvidia-ml.so.1"
    file.write_bytes(content)
    handle, facts = load(str(file))
    assert handle is None
    assert words in str(facts["error"])
    assert (facts["path"], facts["size"]) == (str(file), size)


def test_a_library_that_is_nowhere_has_no_path() -> None:
    handle, facts = load("libaigpu-that-nobody-has.so.1")
    assert handle is None
    assert "cannot open shared object file" in str(facts["error"])
    assert facts["path"] is None
