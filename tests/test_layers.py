"""Who may import whom, and one broad exception handler a program: held by tests that were seen to fail."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.wheel import PACKAGES, ROOT

PROGRAMS = ["azext_aigpu", "node_agent"]
NEWER_THAN_PYTHON_3_8 = {"graphlib", "tomllib", "zoneinfo"}

# A file of the project, an import that does not belong there, the contract that must say so.
VIOLATIONS = [
    ("azext_aigpu/spec.py", "import node_agent", "the command line and the node agent"),
    ("node_agent/__init__.py", "import azext_aigpu.spec", "the command line and the node agent"),
    ("aigpu_contract/finding.py", "import azext_aigpu.spec", "the contract imports"),
    ("node_agent/__init__.py", "import azure.core", "Azure's libraries"),
    ("azext_aigpu/cloud/facts.py", "import pynvml", "the agent's libraries"),
    ("node_agent/preflight/looking.py", "import lightkube", "the client of the Kubernetes API"),
    ("azext_aigpu/plan.py", "import testbeds.local_azure", "what is shipped"),
    ("azext_aigpu/rules/rule.py", "import requests", "judging, pricing and planning"),
    ("azext_aigpu/rules/rule.py", "import azext_aigpu.cloud.planted", "judging, pricing and planning"),
    ("azext_aigpu/foreign/document.py", "import requests", "judging, pricing and planning"),
    ("azext_aigpu/audit/sarif.py", "import azext_aigpu.handlers", "judging, pricing and planning"),
    ("azext_aigpu/specs/parse.py", "import requests", "judging, pricing and planning"),
    ("azext_aigpu/plan_file/reading.py", "import azext_aigpu.cloud.planted", "judging, pricing and planning"),
    ("azext_aigpu/cloud/facts.py", "import urllib.request", "judging, pricing and planning"),
    ("azext_aigpu/spec.py", "import azext_aigpu.handlers", "judging, pricing and planning"),
    ("azext_aigpu/cluster/jobs/edit.py", "import subprocess", "judging, pricing and planning"),
    ("azext_aigpu/cluster/admission/reverse_rule.py", "import urllib.request", "judging, pricing and planning"),
]


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=60, check=False)


def sources(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def test_every_contract_is_kept() -> None:
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("file", "line", "contract"), VIOLATIONS, ids=[f"{file}: {line}" for file, line, _ in VIOLATIONS]
)
def test_a_wrong_import_breaks_its_contract(file: str, line: str, contract: str, tmp_path: Path) -> None:
    shutil.copy2(ROOT / "pyproject.toml", tmp_path)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "azext_aigpu/cloud/planted.py").touch()
    with (tmp_path / file).open("a", encoding="utf-8") as source:
        source.write(f"\n{line}\n")
    result = lint_imports(tmp_path)
    broken = [row for row in result.stdout.splitlines() if " BROKEN" in row]
    assert result.returncode == 1, result.stdout + result.stderr
    assert any(row.startswith(contract) for row in broken), result.stdout


def imported_roots(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add("aigpu_contract" if node.level else (node.module or "").split(".")[0])
    return names


@pytest.mark.parametrize("path", sources("aigpu_contract"), ids=lambda path: path.name)
def test_the_contract_imports_only_the_standard_library_of_python_3_8(path: Path) -> None:
    allowed = (sys.stdlib_module_names - NEWER_THAN_PYTHON_3_8) | {"aigpu_contract"}
    assert imported_roots(ast.parse(path.read_text("utf-8"))) - allowed == set()


@pytest.mark.parametrize("path", sources("aigpu_contract"), ids=lambda path: path.name)
def test_the_contract_is_written_in_python_3_8(path: Path) -> None:
    ast.parse(path.read_text("utf-8"), feature_version=(3, 8))


def broad_handlers(tree: ast.Module) -> list[int]:
    """Lines of the handlers that catch everything, bare or by name, alone or in a tuple."""
    lines = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            caught = [node.type] if node.type is None else ast.walk(node.type)
            if any(part is None or getattr(part, "id", "") in {"Exception", "BaseException"} for part in caught):
                lines.append(node.lineno)
    return lines


@pytest.mark.parametrize("handler", ["except:", "except Exception:", "except (OSError, BaseException) as error:"])
def test_broad_handlers_are_seen(handler: str) -> None:
    assert broad_handlers(ast.parse(f"try:\n    pass\n{handler}\n    pass\n")) == [3]


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_has_at_most_one_broad_exception_handler(program: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sources(program)
        for line in broad_handlers(ast.parse(path.read_text("utf-8")))
    ]
    assert len(found) <= 1, found
    assert not [
        line for path in sources("aigpu_contract") for line in broad_handlers(ast.parse(path.read_text("utf-8")))
    ]
