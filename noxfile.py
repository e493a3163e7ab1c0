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
        session, "pytest", "-n", "auto", "-m", "not gpu and not cluster and not slow", *coverage, *session.posargs
    )


@nox.session(venv_backend="none")
def packaging(session: nox.Session) -> None:
    """Build source archive and wheel into `dist/`, offline, and test that very wheel."""
    run_module(session, "tools.wheel", "dist")
    wheel = max((ROOT / "dist").glob("aigpu-*.whl"), key=lambda path: path.stat().st_mtime)
    run_module(session, "pytest", "tests/test_packaging.py", *session.posargs, env={"AIGPU_WHEEL": str(wheel)})


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
    """Try everything older: other Pythons for the contract, older Azure CLIs; not part of the CI. Minutes at first."""
    for python in CONTRACT_PYTHONS:
        session.notify(f"compat_contract-{python}")
    for version in OLD_CLIS:
        session.notify(f"compat_cli(azure_cli='{version}')")


# `venv`, since virtualenv makes none for Python 3.8 any more.
@nox.session(venv_backend="venv", python=CONTRACT_PYTHONS, reuse_venv=True, default=False)
def compat_contract(session: nox.Session) -> None:
    """Run the contract's tests on a Python that a training image may have; skipped where it is not installed."""
    session.install("pytest", "hypothesis", "jsonschema")
    session.run("python", "-m", "pytest", "-p", "no:cacheprovider", "tests/contract")


@nox.session(venv_backend="venv", reuse_venv=True, default=False)
@nox.parametrize("azure_cli", OLD_CLIS)
def compat_cli(session: nox.Session, azure_cli: str) -> None:
    """Run the tests on the oldest azure-cli that the extension's metadata admits."""
    session.install(f"azure-cli=={azure_cli}", "--editable", ".[dev]")
    session.run("python", "-m", "pytest", "-n", "auto", "-m", "core or az", *session.posargs)
