"""The one file for training images: what is in it, that it is the same each time, and that it runs alone.

`AIGPU_PYZ` names a file that is there already; without it one is built.
"""

from __future__ import annotations

import ast
import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest

import aigpu_contract
from node_agent.preflight.bundle import DATA, MAIN, PACKAGES
from node_agent.preflight.install import NAME
from testbeds.nvidia_stub import StubNode, build, nodes
from testbeds.pythons import PORTABLE, TOO_OLD, find_pythons
from tools.preflight_pyz import build_pyz, digest_contents
from tools.wheel import ROOT

MOST_BYTES = 250_000
ISOLATED = (sys.executable, "-I", "-S")
BINDING = Path(str(find_spec("pynvml").origin))  # type: ignore[union-attr]
WRITE = "from node_agent.preflight.bundle import write_bundle; import sys; write_bundle(sys.argv[1])"


@pytest.fixture(scope="module")
def pyz(tmp_path_factory: pytest.TempPathFactory) -> Path:
    given = os.environ.get("AIGPU_PYZ")
    return Path(given).absolute() if given else build_pyz(tmp_path_factory.mktemp("pyz"))


@pytest.fixture
def node(tmp_path: Path, pytestconfig: pytest.Config) -> Iterator[StubNode]:
    cache = pytestconfig.cache
    assert cache is not None
    with StubNode(nodes.T4, tmp_path / "node", build(cache.mkdir("nvidia-stub"))) as made:
        yield made


def names(pyz: Path) -> list[str]:
    with zipfile.ZipFile(pyz) as archive:
        return archive.namelist()


def read(pyz: Path, name: str) -> bytes:
    with zipfile.ZipFile(pyz) as archive:
        return archive.read(name)


def run(
    *command: str | Path, cwd: Path, env: dict[str, str] | None = None, exit_code: int = 0
) -> subprocess.CompletedProcess[str]:
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == exit_code, done.stdout + done.stderr
    return done


def one_of(versions: Sequence[str]) -> Path:
    found = [python for python in find_pythons(versions) if python.resolve() != Path(sys.executable).resolve()]
    if not found:
        pytest.skip(f"none of Python {', '.join(versions)} is on the path or below PYENV_ROOT")
    return found[0]


# ---- what is in it ----


def test_it_is_small(pyz: Path) -> None:
    assert pyz.stat().st_size < MOST_BYTES


def test_it_holds_the_portable_part_and_nothing_else(pyz: Path) -> None:
    sources = {f"{package}/{file.name}" for package in PACKAGES for file in (ROOT / package).glob("*.py")}
    own = {"__main__.py", "LICENSE", "LICENSE-pynvml", "pynvml.py"}
    assert set(names(pyz)) == own | set(DATA) | sources - {MAIN}
    assert len(names(pyz)) == len(set(names(pyz)))


def test_every_package_of_the_agent_is_portable_or_the_daemon_s() -> None:
    found = {str(file.parent.relative_to(ROOT)) for file in (ROOT / "node_agent").rglob("__init__.py")}
    assert {name for name in found if not name.startswith("node_agent/daemon")} == set(PACKAGES) - {"aigpu_contract"}


def test_every_data_file_of_the_contract_is_in_it_or_read_by_nobody(pyz: Path) -> None:
    left_out = {file.name for file in (ROOT / "aigpu_contract").glob("*.json")} - {
        Path(name).name for name in names(pyz)
    }
    sources = "".join(read(pyz, name).decode() for name in names(pyz) if name.endswith(".py"))
    assert left_out == {"skus.schema.json"}
    assert "schema.json" not in sources


def test_nvidia_s_binding_has_its_licence_beside_it(pyz: Path) -> None:
    binding = read(pyz, "pynvml.py").decode()
    licence = read(pyz, "LICENSE-pynvml").decode()
    assert binding.startswith(BINDING.read_text("utf-8")[: len(licence)])
    assert "Redistributions in binary form must reproduce" in licence
    assert all(line.strip() in binding for line in licence.splitlines())


def test_our_licence_is_in_it(pyz: Path) -> None:
    assert read(pyz, "LICENSE") == (ROOT / "LICENSE").read_bytes()


# ---- the same bytes ----


def copy_sources(target: Path) -> Path:
    for package in ("aigpu_contract", "node_agent"):
        shutil.copytree(ROOT / package, target / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(ROOT / "LICENSE", target / "LICENSE")
    for number, file in enumerate(sorted(target.rglob("*"))):
        os.utime(file, (1_000_000_000 + number, 1_000_000_000 + number))
        file.chmod(0o700 if number % 2 else 0o755)
    return target


@pytest.mark.parametrize("python", ["this one", "another one"])
def test_other_folders_times_rights_and_pythons_give_the_same_bytes(python: str, tmp_path: Path) -> None:
    expected = build_pyz(tmp_path / "here")
    copy = copy_sources(tmp_path / "copy")
    command = sys.executable if python == "this one" else one_of(PORTABLE)
    environment = {**os.environ, "PYTHONPATH": f"{copy}{os.pathsep}{BINDING.parent}", "TZ": "Pacific/Auckland"}
    run(command, "-S", "-c", WRITE, tmp_path / "again.pyz", cwd=copy, env=environment)
    assert digest_contents(tmp_path / "again.pyz") == digest_contents(expected)
    assert (tmp_path / "again.pyz").read_bytes() == expected.read_bytes()


def test_a_changed_source_gives_another_digest(pyz: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(pyz) as archive, zipfile.ZipFile(tmp_path / "changed.pyz", "w") as changed:
        for name in archive.namelist():
            changed.writestr(name, archive.read(name) + (b"#" if name == "pynvml.py" else b""))
    assert digest_contents(tmp_path / "changed.pyz") != digest_contents(pyz)


# ---- running it ----


@pytest.mark.parametrize("start", [ISOLATED, (sys.executable,), ()], ids=["isolated", "python", "by its first line"])
def test_it_runs_alone(start: tuple[str, ...], pyz: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = run(*start, pyz, "--version", cwd=tmp_path, env=environment)
    assert done.stdout.split() == ["aigpu-preflight", aigpu_contract.__version__]
    assert done.stderr == ""


def test_it_proves_a_gpu(pyz: Path, node: StubNode, tmp_path: Path) -> None:
    done = run(*ISOLATED, pyz, "check", "-o", "json", "--root", node.root, cwd=tmp_path, env=node.environment())
    assert json.loads(done.stdout)["status"] == "PASS"


def test_the_job_s_modules_do_not_stand_in_for_its_own(pyz: Path, node: StubNode, tmp_path: Path) -> None:
    job = tmp_path / "job"
    job.mkdir()
    for name in ("aigpu_contract", "argparse", "ctypes", "dataclasses", "json", "node_agent", "pynvml", "typing"):
        (job / f"{name}.py").write_text(f"raise SystemExit('the {name} of the job was imported')\n")
    environment = {**node.environment(), "PYTHONPATH": str(job)}
    done = run(sys.executable, pyz, "check", "-o", "json", "--root", node.root, cwd=job, env=environment)
    assert json.loads(done.stdout)["status"] == "PASS"


def test_the_job_s_search_path_is_still_the_job_s(pyz: Path, node: StubNode, tmp_path: Path) -> None:
    environment = {**node.environment(), "PYTHONPATH": "/somewhere"}
    program = "import sys; print('/somewhere' in sys.path)"
    command = (*ISOLATED, pyz, "exec", "--root", node.root, "--", sys.executable, "-c", program)
    assert run(*command, cwd=tmp_path, env=environment).stdout == "True\n"


COUNT = """
import builtins, collections, sys
sys.path.insert(0, sys.argv[1])
from node_agent.zipped import compile_once
counts, compiled = collections.Counter(), builtins.compile
def count(source, name, *arguments, **options):
    counts[name] += name.endswith(".py")
    return compiled(source, name, *arguments, **options)
builtins.compile = count
compile_once()
import node_agent.preflight.check, node_agent.checks.framework, pynvml
assert node_agent.checks.framework.__file__.endswith("pyz/node_agent/checks/framework.py")
assert node_agent.checks.__file__.endswith("pyz/node_agent/checks/__init__.py")
print(len(counts) > 30, max(counts.values()))
"""


def test_no_module_is_compiled_twice(pyz: Path, tmp_path: Path) -> None:
    assert run(*ISOLATED, "-c", COUNT, pyz, cwd=tmp_path).stdout == "True 1\n"


# ---- what it does not run on ----


def test_a_python_that_is_too_old_is_the_image_s_fault(pyz: Path, tmp_path: Path) -> None:
    done = run(one_of(TOO_OLD), pyz, "check", cwd=tmp_path, exit_code=78)
    assert "Python 3.8 or newer" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_its_first_file_is_readable_for_any_python(pyz: Path) -> None:
    newer = (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.AsyncFunctionDef, ast.MatMult, ast.Nonlocal)
    tree = ast.parse(read(pyz, "__main__.py"))
    assert [node for node in ast.walk(tree) if isinstance(node, newer)] == []
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert functions
    assert [one.name for one in functions if one.returns or one.args.kwonlyargs or one.args.posonlyargs] == []
    assert [one.name for one in functions if any(argument.annotation for argument in one.args.args)] == []


def test_a_python_without_zlib_is_the_image_s_fault(pyz: Path, tmp_path: Path) -> None:
    program = "import runpy, sys; sys.modules['zlib'] = None; runpy.run_path(sys.argv[1], run_name='__main__')"
    done = run(*ISOLATED, "-c", program, pyz, "check", cwd=tmp_path, exit_code=78)
    assert "zlib" in done.stderr
    assert len(done.stderr.splitlines()) == 1


# ---- leaving it on a volume ----


def test_it_leaves_itself_on_a_volume_for_any_user(pyz: Path, node: StubNode, tmp_path: Path) -> None:
    volume = tmp_path / "volume"
    volume.mkdir()
    (volume / NAME).write_text("an older one")
    run(*ISOLATED, pyz, "check", "--install", volume, "--root", node.root, cwd=tmp_path, env=node.environment())
    assert [file.name for file in volume.iterdir()] == [NAME]
    assert (volume / NAME).read_bytes() == pyz.read_bytes()
    assert stat.S_IMODE((volume / NAME).stat().st_mode) == 0o755
