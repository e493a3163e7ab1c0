"""The checks, as sessions: `.venv/bin/python -m nox -l` lists them, `make` and `.ci/run` call them.

All but those of `compat` run in the `.venv` that the Makefile makes, so that nothing is installed twice.
"""

from __future__ import annotations

import sys
from pathlib import Path

import nox

nox.needs_version = ">=2025.2"
nox.options.sessions = ["lint", "types", "test", "packaging", "docs"]
nox.options.error_on_missing_interpreters = False

ROOT = Path(__file__).parent
OLD_CLIS = ["2.81.0"]
CONTRACT_PYTHONS = ["3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14"]
AGENT_PYTHONS = ["3.10", "3.11", "3.12", "3.13", "3.14"]


def run_module(session: nox.Session, module: str, *arguments: str, env: dict[str, str] | None = None) -> None:
    """Run a module of the environment that nox itself runs in."""
    session.run(sys.executable, "-m", module, *arguments, env=env, external=True)


@nox.session(venv_backend="none")
def lint(session: nox.Session) -> None:
    """Hold ruff's rules, ruff's format and the import contracts."""
    run_module(session, "ruff", "check", *session.posargs)
    run_module(session, "ruff", "format", "--check")
    # It has no form for `python -m`.
    session.run(str(Path(sys.executable).with_name("lint-imports")), "--no-logo", external=True)


@nox.session(venv_backend="none")
def types(session: nox.Session) -> None:
    """Hold mypy's strict mode."""
    run_module(session, "mypy", *session.posargs)


@nox.session(venv_backend="none")
def test(session: nox.Session) -> None:
    """Run what `make test` runs, with coverage."""
    coverage = ["--cov", "--cov-report=term:skip-covered", "--cov-report=html"]
    run_module(
        session,
        "pytest",
        "-n",
        "auto",
        "--maxprocesses",
        "8",
        "-m",
        "not gpu and not cluster and not compat and not slow",
        *coverage,
        *session.posargs,
    )


@nox.session(venv_backend="none")
def packaging(session: nox.Session) -> None:
    """Build source archive and wheel into `dist/`, offline, and test that very wheel."""
    run_module(session, "tools.wheel", "dist")
    wheel = max((ROOT / "dist").glob("aigpu-*.whl"), key=lambda path: path.stat().st_mtime)
    run_module(session, "pytest", "tests/test_packaging.py", *session.posargs, env={"AIGPU_WHEEL": str(wheel)})
    session.notify("pyz")


@nox.session(venv_backend="none", default=False)
def pyz(session: nox.Session) -> None:
    """Build the one file for training images into `dist/`, and test that very file."""
    run_module(session, "tools.preflight_pyz", "dist")
    built = str(ROOT / "dist/aigpu-preflight.pyz")
    run_module(session, "pytest", "tests/test_preflight_pyz.py", *session.posargs, env={"AIGPU_PYZ": built})


@nox.session(venv_backend="none", default=False)
def cluster(session: nox.Session) -> None:
    """Run the tests on a real Kubernetes API server, which KUBEBUILDER_ASSETS names."""
    run_module(session, "tools.cluster_tests", *session.posargs)


@nox.session(venv_backend="none")
def docs(session: nox.Session) -> None:
    """Compare the generated pages with what the code says today."""
    run_module(session, "tools.docs", "--check", *session.posargs)


@nox.session(venv_backend="none")
def bench(session: nox.Session) -> None:
    """Measure the ratios that README and docs state; not part of the CI, as its machines are too noisy."""
    run_module(session, "benchmarks", *session.posargs)


@nox.session(venv_backend="none")
def compat(session: nox.Session) -> None:
    """Try everything older, newer and real; not part of the CI. Half an hour and 3 GB at first.

    Other Pythons for contract, agent and preflight, older Azure CLIs, NVIDIA's libraries, frameworks.
    """
    for python in CONTRACT_PYTHONS:
        session.notify(f"compat_contract-{python}")
    for python in AGENT_PYTHONS:
        session.notify(f"compat_agent-{python}")
    for name in ("compat_pyz", "compat_libraries", "compat_frameworks", "compat_terraform"):
        session.notify(name)
    for version in OLD_CLIS:
        session.notify(f"compat_cli(azure_cli='{version}')")


# `venv`, since virtualenv makes none for Python 3.8 any more.
@nox.session(venv_backend="venv", python=CONTRACT_PYTHONS, reuse_venv=True, default=False)
def compat_contract(session: nox.Session) -> None:
    """Run the contract's tests on a Python that a training image may have; skipped where it is not installed."""
    session.install("pytest", "hypothesis", "jsonschema")
    session.run("python", "-m", "pytest", "-p", "no:cacheprovider", "tests/contract")


@nox.session(venv_backend="venv", python=AGENT_PYTHONS, reuse_venv=True, default=False)
def compat_agent(session: nox.Session) -> None:
    """Run the agent's tests on another Python; skipped where it is not installed."""
    session.install("--editable", ".[agent]", "cryptography", "pytest", "hypothesis", "nvidia-nvml-dev")
    session.run("python", "-m", "pytest", "tests/node_agent", *session.posargs)


@nox.session(venv_backend="none", default=False)
def compat_pyz(session: nox.Session) -> None:
    """Run the one file on every Python from 3.8 on that this machine has."""
    run_module(session, "pytest", "tests/compat/test_pythons.py", *session.posargs)


@nox.session(venv_backend="none", default=False)
def compat_libraries(session: nox.Session) -> None:
    """Run the probes on NVIDIA's own libraries of two drivers, which Debian has; downloads 23 MB once."""
    run_module(session, "testbeds.real_libraries")
    run_module(session, "pytest", "tests/compat/test_real_libraries.py", *session.posargs)


@nox.session(venv_backend="none", default=False)
def compat_frameworks(session: nox.Session) -> None:
    """Run jobs on frameworks that fall back to the CPU; downloads about 1 GB once.

    `-- -m slow` lets the whole program stop one after ten core-minutes.
    """
    run_module(session, "testbeds.frameworks")
    run_module(session, "pytest", "-m", "not slow", "tests/compat/test_frameworks.py", *session.posargs)


@nox.session(venv_backend="venv", reuse_venv=True, default=False)
def compat_terraform(session: nox.Session) -> None:
    """Have Terraform make the golden plans anew and compare; skipped where terraform is not on PATH."""
    session.install("pytest", "hypothesis", "nvidia-ml-py", "nvidia-nvml-dev", "tf")
    session.run("python", "-m", "pytest", "tests/compat/test_terraform.py", *session.posargs)


@nox.session(venv_backend="venv", reuse_venv=True, default=False)
@nox.parametrize("azure_cli", OLD_CLIS)
def compat_cli(session: nox.Session, azure_cli: str) -> None:
    """Run the tests on the oldest azure-cli that the extension's metadata admits."""
    session.install(f"azure-cli=={azure_cli}", "--editable", ".[dev]")
    session.run("python", "-m", "pytest", "-n", "auto", "-m", "core or az", *session.posargs)
