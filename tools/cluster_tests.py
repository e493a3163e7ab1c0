"""Runs every test that needs a Kubernetes API server, and writes down what they ran on.

    python -m tools.cluster_tests                   all of them; after a success docs/reference/tested-on.md is new
    python -m tools.cluster_tests -k policy -x      with arguments for pytest the page stays as it is

KUBEBUILDER_ASSETS or AIGPU_TEST_KUBECONFIG says where the API server comes from. A test that is skipped fails.
"""

from __future__ import annotations

import collections
import datetime
import os
import platform
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from aigpu_contract import __version__
from testbeds.cluster.assets import KUBECONFIG_VARIABLE, NoClusterError, find_assets

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reference" / "tested-on.md"
REQUIRE = "AIGPU_REQUIRE_CLUSTER"
SELECTION = "(cluster or api_contract) and not gpu"
STANDIN = "[standin"


@dataclass(frozen=True)
class Ran:
    """A run that succeeded: its server, what of a control plane there was, how many tests passed in which file."""

    server: str
    parts: str
    on_server: dict[str, int]
    on_standin: int
    skipped: int
    seconds: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code: pytest's, or 1 where there is nothing to test on."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if not os.environ.get(KUBECONFIG_VARIABLE):
            find_assets()
    except NoClusterError as error:
        print(f"test-cluster: {error}", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="aigpu-cluster-tests-") as folder:
        report = Path(folder) / "report.xml"
        code = run_tests([f"--junitxml={report}", *given])
        if code == 0 and not given:
            PAGE.write_text(build_page(parse_report(report.read_text("utf-8")), today()), encoding="utf-8")
            print(f"wrote {PAGE.relative_to(ROOT)}")
    return code


def run_tests(arguments: Sequence[str]) -> int:
    """Run the tests in a process of their own and return its exit code."""
    command = [sys.executable, "-m", "pytest", "-m", SELECTION, *arguments]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, REQUIRE: "1"}, check=False).returncode


def parse_report(text: str) -> Ran:
    """Return what pytest's JUnit report says of the run."""
    suites = ET.fromstring(text)  # noqa: S314 - pytest wrote it a moment ago
    properties = {one.get("name", ""): one.get("value", "") for one in suites.iter("property")}
    on_server: collections.Counter[str] = collections.Counter()
    on_standin = skipped = 0
    for case in suites.iter("testcase"):
        if case.find("skipped") is not None:
            skipped += 1
        elif STANDIN in case.get("name", ""):
            on_standin += 1
        else:
            on_server[file_of(case.get("classname", ""))] += 1
    seconds = sum(float(suite.get("time", 0)) for suite in suites.iter("testsuite"))
    return Ran(properties.get("server", ""), properties.get("parts", ""), dict(on_server), on_standin, skipped, seconds)


def file_of(classname: str) -> str:
    """Return the test file of a JUnit class name, `tests.cluster.test_rbac.TestRights` for one."""
    parts = classname.split(".")
    depth = next((index for index, part in enumerate(parts) if part.startswith("test_")), len(parts) - 1)
    return "/".join(parts[: depth + 1]) + ".py"


def build_page(ran: Ran, date: str) -> str:
    """Return the page, as Markdown."""
    facts = {
        "date": date,
        "aigpu": __version__,
        "Kubernetes": f"{ran.server}: {ran.parts}",
        "passed on it": str(sum(ran.on_server.values())),
        "of which the stand-in passes too": str(ran.on_standin),
        "skipped": str(ran.skipped),
        "took": f"{ran.seconds:.0f} s",
        "Python and system": f"{platform.python_version()}, {platform.system()} {platform.machine()}",
    }
    lines = [
        "# What the tests ran on",
        "",
        "`make test-cluster` writes this page; [how to run it yourself](../how-to/test-on-a-cluster.md).",
        "",
        *table(("", ""), facts),
        "",
        *table(
            ("tests on the API server", "passed"), {f"`{name}`": str(n) for name, n in sorted(ran.on_server.items())}
        ),
    ]
    return "\n".join(lines) + "\n"


def table(heads: tuple[str, str], rows: dict[str, str]) -> list[str]:
    """Return the lines of a table of two columns."""
    return [f"| {heads[0]} | {heads[1]} |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows.items())]


def today() -> str:
    """Return the date in UTC."""
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d")


if __name__ == "__main__":
    sys.exit(main())
