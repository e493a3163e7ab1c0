"""The wheel: what is in it, what it asks for, and that the real `az extension add` takes it with no network.

`AIGPU_WHEEL` names a wheel that is there already; without it one is built.
"""

from __future__ import annotations

import email
import email.message
import importlib.util
import itertools
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import aigpu_contract
from testbeds.local_azure.environment import write_version_check
from tools.preflight_pyz import build_pyz
from tools.wheel import PACKAGES, ROOT, build_wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    given = os.environ.get("AIGPU_WHEEL")
    return Path(given) if given else build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


@pytest.fixture(scope="module")
def metadata(wheel: Path, names: list[str]) -> email.message.Message:
    with zipfile.ZipFile(wheel) as archive:
        return email.message_from_bytes(archive.read(next(name for name in names if name.endswith("/METADATA"))))


def test_the_wheel_holds_exactly_the_three_packages(names: list[str]) -> None:
    top = {name.split("/")[0] for name in names}
    assert {name for name in top if not name.endswith(".dist-info")} == set(PACKAGES)


def test_exactly_one_folder_is_an_extension_to_the_cli(names: list[str]) -> None:
    assert {name.split("/")[0] for name in names if name.startswith("azext_")} == {"azext_aigpu"}


def test_every_source_file_is_in_the_wheel_and_nothing_else(names: list[str]) -> None:
    expected = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert {name for name in names if ".dist-info/" not in name} == expected


@pytest.mark.parametrize(
    "name",
    [
        "aigpu_contract/py.typed",
        "aigpu_contract/skus.json",
        "azext_aigpu/azext_metadata.json",
        "azext_aigpu/prices.json",
    ],
)
def test_the_data_is_in_the_wheel(name: str, names: list[str]) -> None:
    assert name in names


def test_the_licence_travels_along(names: list[str]) -> None:
    assert [name for name in names if name.endswith("/LICENSE")]


def test_the_wheel_requires_nothing_unless_an_extra_is_asked_for(metadata: email.message.Message) -> None:
    required = metadata.get_all("Requires-Dist", [])
    assert required
    assert [line for line in required if "extra ==" not in line] == []


def test_the_agent_extra_brings_no_azure(metadata: email.message.Message) -> None:
    agent = [line for line in metadata.get_all("Requires-Dist", []) if 'extra == "agent"' in line]
    assert agent
    assert [line for line in agent if "azure" in line] == []


def test_the_version_is_the_contract_s(metadata: email.message.Message, wheel: Path) -> None:
    assert metadata["Version"] == aigpu_contract.__version__
    assert wheel.name == f"aigpu-{aigpu_contract.__version__}-py3-none-any.whl"


def test_history_starts_with_the_version() -> None:
    lines = (ROOT / "HISTORY.rst").read_text("utf-8").splitlines()
    first = next(above for above, line in itertools.pairwise(lines) if line and set(line) == {"+"})
    assert first == aigpu_contract.__version__


def test_the_metadata_names_the_oldest_cli() -> None:
    metadata = json.loads((ROOT / "azext_aigpu/azext_metadata.json").read_text("utf-8"))
    assert metadata["azext.minCliCoreVersion"] == "2.81.0"


def test_contract_and_agent_run_from_the_wheel_with_nothing_else_installed(wheel: Path, tmp_path: Path) -> None:
    """`-S` leaves site-packages out, and with it the editable install that would hide a file missing from the wheel."""
    program = f"import sys; sys.path.append({str(wheel)!r}); import aigpu_contract, node_agent; print(aigpu_contract)"
    command = [sys.executable, "-I", "-S", "-c", program]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stderr
    assert str(wheel) in result.stdout


def test_the_installed_wheel_packs_the_same_pyz_as_the_checkout(wheel: Path, tmp_path: Path) -> None:
    """The licence lies elsewhere in an installed package: in its metadata."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    binding = Path(str(importlib.util.find_spec("pynvml").origin)).parent  # type: ignore[union-attr]
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path / 'installed'}{os.pathsep}{binding}"}
    program = "import sys; from node_agent.preflight.install import install; install(sys.argv[1])"
    command = [sys.executable, "-S", "-c", program, str(tmp_path)]
    subprocess.run(command, cwd=tmp_path, env=environment, timeout=60, check=True)
    built = build_pyz(tmp_path / "checkout")
    assert (tmp_path / built.name).read_bytes() == built.read_bytes()


def run_az(directory: Path, *arguments: str) -> str:
    """Run `az` with its own folders, away from the checkout, whose packages it would import before the wheel's."""
    write_version_check(directory / "azure")
    environment = {
        **os.environ,
        "AZURE_CONFIG_DIR": str(directory / "azure"),
        "AZURE_EXTENSION_DIR": str(directory / "extensions"),
        "AZURE_CORE_COLLECT_TELEMETRY": "no",
        "AZURE_EXTENSION_USE_DYNAMIC_INSTALL": "no",
        "PIP_NO_INDEX": "1",
    }
    command = [sys.executable, "-m", "azure.cli", *arguments]
    result = subprocess.run(
        command,
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.az
def test_az_extension_add_installs_the_wheel_without_an_index(wheel: Path, tmp_path: Path) -> None:
    run_az(tmp_path, "extension", "add", "--source", str(wheel), "--yes")
    (extension,) = json.loads(run_az(tmp_path, "extension", "list", "--output", "json"))
    assert (extension["name"], extension["version"]) == ("aigpu", aigpu_contract.__version__)
    assert extension["preview"] is True
    folders = {
        path.name for path in (tmp_path / "extensions/aigpu").iterdir() if path.is_dir() and path.suffix != ".dist-info"
    }
    # pip puts the agent's programs there too; azure-cli looks for a folder that begins with azext_, and for no other.
    assert folders - {"bin"} == set(PACKAGES)
