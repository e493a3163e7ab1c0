from __future__ import annotations

import pytest

from tools import cluster_tests
from tools.cluster_tests import Ran, build_page, file_of, parse_report

REPORT = """<testsuites><testsuite name="pytest" time="12.4">
<properties><property name="server" value="v1.36.2"/><property name="parts" value="etcd, kube-apiserver"/></properties>
<testcase classname="tests.cluster.api_contract.test_taints.TestTaints" name="test_a[standin]"/>
<testcase classname="tests.cluster.api_contract.test_taints.TestTaints" name="test_a[real]"/>
<testcase classname="tests.cluster.test_rbac" name="test_b"/>
<testcase classname="tests.cluster.test_rbac" name="test_c"><skipped message="no scheduler"/></testcase>
</testsuite></testsuites>"""


def test_a_report_is_counted_by_where_its_tests_ran() -> None:
    assert parse_report(REPORT) == Ran(
        server="v1.36.2",
        parts="etcd, kube-apiserver",
        on_server={"tests/cluster/api_contract/test_taints.py": 1, "tests/cluster/test_rbac.py": 1},
        on_standin=1,
        skipped=1,
        seconds=12.4,
    )


@pytest.mark.parametrize(
    ("classname", "file"),
    [
        ("tests.cluster.test_rbac", "tests/cluster/test_rbac.py"),
        ("tests.cluster.test_rbac.TestRights", "tests/cluster/test_rbac.py"),
        ("tests.node_agent.daemon.test_loop.TestA.TestB", "tests/node_agent/daemon/test_loop.py"),
    ],
)
def test_the_file_is_found_in_the_class_name(classname: str, file: str) -> None:
    assert file_of(classname) == file


def test_the_page_says_what_was_run_and_on_what() -> None:
    page = build_page(parse_report(REPORT), "2026-11-26")
    for line in (
        "| date | 2026-11-26 |",
        "| Kubernetes | v1.36.2: etcd, kube-apiserver |",
        "| passed on it | 2 |",
        "| of which the stand-in passes too | 1 |",
        "| skipped | 1 |",
        "| `tests/cluster/test_rbac.py` | 1 |",
    ):
        assert line in page.splitlines()


def test_without_a_cluster_it_stops_at_once_and_says_how_to_get_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("KUBEBUILDER_ASSETS", "AIGPU_TEST_KUBECONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(cluster_tests, "run_tests", lambda _: pytest.fail("it ran the tests"))
    assert cluster_tests.main([]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "tools/control_plane.sh" in said.err
    assert "docs/how-to/test-on-a-cluster.md" in said.err
