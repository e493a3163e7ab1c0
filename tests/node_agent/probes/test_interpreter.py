from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from aigpu_contract.reading import Known, Reading, Unknown
from node_agent.facts import Interpreter
from node_agent.probes.child import Child, Deadline, start
from node_agent.probes.interpreter import command, read_interpreter, resolve

Put = Callable[..., Path]


@pytest.fixture
def put(tmp_path: Path) -> Put:
    def write(name: str, text: str = "#!/bin/sh\n", mode: int = 0o755) -> Path:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)
        return file

    return write


@pytest.fixture
def path(put: Put, tmp_path: Path) -> dict[str, str]:
    """An environment whose PATH has two Pythons and the programs that start others."""
    for name in ("bin/python", "bin/python3.12", "other/python", *(f"bin/{one}" for one in STARTERS)):
        put(name)
    return {"PATH": f"{tmp_path}/empty:{tmp_path}/bin"}


STARTERS = ("env", "nohup", "nice", "timeout", "tini", "dumb-init", "stdbuf", "bash", "sh", "conda", "uv")


def resolved(reading: Reading[str], root: Path) -> str:
    return str(Path(reading.value).relative_to(root)) if isinstance(reading, Known) else reading.reason


@pytest.mark.parametrize(
    ("line", "interpreter"),
    [
        ("python train.py", "bin/python"),
        ("python3.12 -m torch.distributed.run train.py", "bin/python3.12"),
        ("env python train.py", "bin/python"),
        ("env -i -u HOME A=1 B=2 python train.py", "bin/python"),
        ("env -- python train.py", "bin/python"),
        ("env PATH={root}/other python train.py", "other/python"),
        ("nohup nice -n 10 python train.py", "bin/python"),
        ("timeout -k 5 --signal=KILL 1h python train.py", "bin/python"),
        ("tini -g -- python train.py", "bin/python"),
        ("dumb-init python train.py", "bin/python"),
        ("stdbuf -oL -e 0 python train.py", "bin/python"),
        ("{root}/other/python train.py", "other/python"),
    ],
)
def test_a_command_leads_to_its_python(line: str, interpreter: str, path: dict[str, str], tmp_path: Path) -> None:
    words = line.format(root=tmp_path).split()
    assert resolved(resolve(words, path), tmp_path) == interpreter


@pytest.mark.parametrize(
    ("first_lines", "interpreter"),
    [
        ("#!{root}/other/python\n", "other/python"),
        ("#! {root}/other/python -u\n", "other/python"),
        ("#!/usr/bin/env python\n", "bin/python"),
        ("#!{root}/bin/env -S python -u -X dev\n", "bin/python"),
        ("#!{root}/bin/env -S A=1 python\n", "bin/python"),
        ("#!/bin/sh\n'''exec' {root}/other/python \"$0\" \"$@\"\n' '''\nimport sys\n", "other/python"),
        ("#!/bin/sh\n'''exec' \"{root}/other/python\" \"$0\" \"$@\"\n' '''\nimport sys\n", "other/python"),
    ],
)
def test_a_script_leads_to_the_python_of_its_first_line(
    first_lines: str, interpreter: str, put: Put, path: dict[str, str], tmp_path: Path
) -> None:
    put("bin/torchrun", first_lines.format(root=tmp_path) + "import torch\n")
    assert resolved(resolve(["torchrun", "--nproc-per-node=8", "train.py"], path), tmp_path) == interpreter


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("bash -c python", "bash decides by itself"),
        ("sh run.sh", "sh decides by itself"),
        ("conda run -n train python", "conda decides by itself"),
        ("uv run train.py", "uv decides by itself"),
        ("nothing-of-that-name", "nothing-of-that-name is no executable file"),
        ("./no/such/file", "./no/such/file is no executable file"),
        ("env", "no program"),
        ("timeout 10", "no program"),
    ],
)
def test_a_command_that_leads_nowhere_says_why(line: str, words: str, path: dict[str, str]) -> None:
    reading = resolve(line.split(), path)
    assert isinstance(reading, Unknown)
    assert words in reading.reason


@pytest.mark.parametrize(
    "content", ["\x7fELF\x02\x01\x01", "echo hello\n", ""], ids=["compiled", "no #! line", "empty"]
)
def test_a_program_that_names_no_python_is_unknown(content: str, put: Put, path: dict[str, str]) -> None:
    put("bin/trainer", content)
    reading = resolve(["trainer"], path)
    assert isinstance(reading, Unknown)
    assert "trainer is no Python" in reading.reason


def test_a_file_that_may_not_be_run_is_passed_over(put: Put, tmp_path: Path) -> None:
    put("first/python", mode=0o644)
    put("second/python")
    assert resolve(["python"], {"PATH": f"{tmp_path}/first:{tmp_path}/second"}) == Known(f"{tmp_path}/second/python")


def test_scripts_that_lead_to_each_other_are_given_up(put: Put, path: dict[str, str], tmp_path: Path) -> None:
    put("bin/one", f"#!{tmp_path}/bin/two\n")
    put("bin/two", f"#!{tmp_path}/bin/one\n")
    reading = resolve(["one"], path)
    assert isinstance(reading, Unknown)
    assert "leads to no Python" in reading.reason


# ---- the real interpreter ----


def ask(python: Path | str, environ: dict[str, str]) -> Interpreter:
    child = start("interpreter", command(str(python)), Deadline(20, 25), {**os.environ, **environ})
    assert isinstance(child, Child)
    reading = read_interpreter(child, environ)
    assert isinstance(reading, Known), reading
    return reading.value


@pytest.fixture(scope="module")
def venv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-I", "-m", "venv", "--without-pip", folder], check=True, timeout=60)
    return folder


def packages(venv: Path) -> Path:
    [folder] = venv.glob("lib/python*/site-packages")
    return folder


def put_torch(folder: Path, version: str, cuda: str | None) -> None:
    (folder / "torch").mkdir(parents=True, exist_ok=True)
    (folder / "torch/version.py").write_text(f"__version__ = {version!r}\ncuda = {cuda!r}\n")


def test_a_venvs_own_packages_are_read_and_nothing_in_it_is_run(venv: Path, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    folder = packages(venv)
    put_torch(folder, "2.8.0+cu128", "12.8")
    (folder / "torch/__init__.py").write_text(f"open({str(mark)!r}, 'w')\n")
    (folder / "sitecustomize.py").write_text(f"open({str(mark)!r}, 'w')\n")
    (folder / "hook.pth").write_text(f"import os; open({str(mark)!r}, 'w')\n")
    found = ask(venv / "bin/python", {})
    assert (found.path, found.version) == (str(venv / "bin/python"), sys.version.split()[0])
    assert [(wheel.framework, wheel.version, wheel.cuda) for wheel in found.wheels] == [
        ("torch", "2.8.0+cu128", (12, 8))
    ]
    assert not mark.exists()


def test_pythonpath_comes_before_what_is_installed(venv: Path, tmp_path: Path) -> None:
    put_torch(packages(venv), "2.8.0+cu128", "12.8")
    put_torch(tmp_path / "mine", "2.13.0+cpu", None)
    assert [wheel.version for wheel in ask(venv / "bin/python", {"PYTHONPATH": f"{tmp_path}/mine"}).wheels] == [
        "2.13.0+cpu"
    ]


def test_a_venv_with_the_systems_packages_has_the_users_too(venv: Path, tmp_path: Path) -> None:
    settings = venv / "pyvenv.cfg"
    before = settings.read_text()
    place = tmp_path / "lib/python{}.{}/site-packages".format(*sys.version_info)
    put_torch(place, "2.9.1+cpu", None)
    try:
        assert "2.9.1+cpu" not in [
            one.version for one in ask(venv / "bin/python", {"PYTHONUSERBASE": str(tmp_path)}).wheels
        ]
        settings.write_text(
            before.replace("include-system-site-packages = false", "include-system-site-packages = true")
        )
        assert "2.9.1+cpu" in [
            one.version for one in ask(venv / "bin/python", {"PYTHONUSERBASE": str(tmp_path)}).wheels
        ]
    finally:
        settings.write_text(before)


def test_an_interpreter_that_answers_with_something_else_is_unknown(put: Put) -> None:
    fake = put("bin/python", "#!/bin/sh\necho Python 2.7.18\n")
    child = start("interpreter", command(str(fake)), Deadline(20, 25), os.environ)
    assert isinstance(child, Child)
    assert isinstance(read_interpreter(child, {}), Unknown)
