"""NVIDIA's own headers judge the declarations of the stub. They are installed from PyPI, never part of this project."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import testbeds.nvidia_stub

SOURCES = Path(testbeds.nvidia_stub.__file__).parent / "src"
GCC = shutil.which("gcc") or "gcc"
CHECK = (GCC, "-std=gnu11", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-Wmissing-prototypes", "-Wno-deprecated")
HEADERS = {
    "nvml.h": ("AIGPU_NVML_HEADER", ("nvidia-nvml-dev", "nvidia-nvml-dev-cu12"), "the header alone, 150 kB"),
    "cuda.h": ("AIGPU_CUDA_HEADER", ("nvidia-cuda-runtime", "nvidia-cuda-runtime-cu12"), "8 MB; a folder of its own"),
}


def find_header(name: str) -> Path:
    variable, distributions, about = HEADERS[name]
    if variable in os.environ:
        return Path(os.environ[variable])
    for distribution in distributions:
        try:
            files = importlib.metadata.files(distribution) or []
        except importlib.metadata.PackageNotFoundError:
            continue
        for file in files:
            if file.name == name:
                return Path(str(file.locate()))
    pytest.skip(
        f"NVIDIA's {name} was not found: pip install {distributions[0]} ({about}), or name the file in {variable}"
    )


def compile_with(header: Path, *sources: Path) -> subprocess.CompletedProcess[str]:
    macro = header.name.partition(".")[0].upper() + "_HEADER"
    command = [*CHECK, f'-D{macro}="{header}"', f"-I{SOURCES}", f"-I{header.parent}", *map(str, sources)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(("name", "sources"), [("nvml.h", "nvml_*.c"), ("cuda.h", "cuda_*.c")], ids=["nvml", "cuda"])
def test_every_exported_function_is_declared_so_by_nvidia(name: str, sources: str) -> None:
    done = compile_with(find_header(name), *SOURCES.glob(sources))
    assert (done.returncode, done.stderr) == (0, "")


def test_a_wrong_declaration_would_be_seen(tmp_path: Path) -> None:
    header = find_header("nvml.h")
    source = (SOURCES / "nvml_health.c").read_text()
    wrong = tmp_path / "wrong.c"
    wrong.write_text(
        source.replace("unsigned int *pending, unsigned int *failed", "unsigned int *pending, int *failed")
    )
    assert "conflicting types" in compile_with(header, wrong).stderr


def read_structs(text: str) -> dict[str, list[str]]:
    """Return the members of each struct of our header, by the struct's name."""
    structs = {}
    for body, names in re.findall(r"typedef (?:struct|union) \{(.*?)\} ([^;]+);", text, re.DOTALL):
        lines = [line.strip() for line in body.split(";")]
        members = [re.sub(r"\[.*\]", "", part).split()[-1] for line in lines if line for part in line.split(",")]
        structs.update({name.strip(): members for name in names.split(",")})
    return structs


def test_every_struct_lies_in_memory_as_in_nvidias_header(tmp_path: Path) -> None:
    header = find_header("nvml.h")
    structs = read_structs((SOURCES / "nvml_api.h").read_text())
    assert len(structs) > 20
    lines = [
        f'printf("{name}.{member} %zu\\n", offsetof({name}, {member}));'
        for name, members in structs.items()
        for member in members
    ]
    lines += [f'printf("{name} %zu\\n", sizeof({name}));' for name in structs]
    program = tmp_path / "layout.c"
    body = "\n    ".join(lines)
    program.write_text(
        f'#include <stddef.h>\n#include <stdio.h>\n#include "nvml_api.h"\nint main(void)\n{{\n    {body}\n}}\n'
    )
    printed = []
    for options in ([], [f'-DNVML_HEADER="{header}"']):
        target = tmp_path / "layout"
        subprocess.run([GCC, *options, f"-I{SOURCES}", "-o", target, program], check=True, timeout=60)
        printed.append(subprocess.run([target], capture_output=True, text=True, check=True).stdout.splitlines())
    assert printed[0] == printed[1]


def test_the_numbers_of_our_enumerations_are_nvidias(tmp_path: Path) -> None:
    header = find_header("nvml.h")
    own = (SOURCES / "nvml_api.h").read_text().partition("#else")[2]
    wanted = set(re.findall(r"\b(NVML_[A-Z0-9_]+)", own))
    assert len(wanted) > 40
    program = tmp_path / "numbers.c"
    body = "\n    ".join(f'printf("{name} %d\\n", (int){name});' for name in sorted(wanted))
    program.write_text(f'#include <stdio.h>\n#include "nvml_api.h"\nint main(void)\n{{\n    {body}\n}}\n')
    printed = []
    for options in ([], [f'-DNVML_HEADER="{header}"']):
        target = tmp_path / "numbers"
        subprocess.run([GCC, *options, f"-I{SOURCES}", "-o", target, program], check=True, timeout=60)
        printed.append(subprocess.run([target], capture_output=True, text=True, check=True).stdout.splitlines())
    assert printed[0] == printed[1]
