"""The API servers that tests run on, and what a test makes on them.

`cluster` is a real one, one a test session (under pytest-xdist one a worker). `api` is the stand-in and then the real
one: a test that asks for it runs twice. `make` and `make_node` work on whichever of the two the test asks for.
"""

from __future__ import annotations

import os
import subprocess
import uuid
from collections.abc import Callable, Generator, Iterator
from typing import Any, Protocol

import pytest

from testbeds.cluster import Access, Cluster, FakeNode, FakeNodes, NoClusterError, StandIn, add_bare_node, open_cluster
from testbeds.cluster.assets import FOLDER_VARIABLE, KUBECONFIG_VARIABLE
from testbeds.nvidia_stub import Libraries, build

REQUIRE = "AIGPU_REQUIRE_CLUSTER"

Server = Cluster | StandIn


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Make a failure of a skip for want of programs, where AIGPU_REQUIRE_CLUSTER=1 says so.

    Such a skip names KUBEBUILDER_ASSETS in its reason. A running cluster may lack what it lacks.
    """
    report = yield
    is_required = os.environ.get(REQUIRE) == "1" and not os.environ.get(KUBECONFIG_VARIABLE)
    if report.skipped and is_required and item.get_closest_marker("cluster"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
        if any(name in reason for name in (FOLDER_VARIABLE, "kube-controller-manager")):
            report.outcome = "failed"
            report.longrepr = f"{REQUIRE}=1 makes this a failure: {reason}"
    return report


class MakeNode(Protocol):
    """Makes a node that nothing but the test changes any more, and returns its name; the fields are FakeNode's."""

    def __call__(self, name: str = "", **fields: Any) -> str: ...


class AsServiceAccount(Protocol):
    """Gives access as a service account of the test's namespace, made where it is not there.

    With `node`, by the token of a pod on that node: it carries the node's name, as the agent's token does.
    """

    def __call__(self, name: str, node: str | None = None) -> Access: ...


@pytest.fixture(scope="session")
def cluster(record_testsuite_property: Callable[[str, object], None]) -> Iterator[Cluster]:
    """A real API server. Without one the test is skipped."""
    try:
        opened = open_cluster()
    except NoClusterError as error:
        pytest.skip(str(error))
    with opened as real:
        record_testsuite_property("server", real.version)
        record_testsuite_property("parts", ", ".join(real.parts))
        yield real


@pytest.fixture(params=["standin", pytest.param("real", marks=pytest.mark.cluster)])
def api(request: pytest.FixtureRequest) -> Iterator[Server]:
    """The stand-in, then a real API server."""
    if request.param == "real":
        yield request.getfixturevalue("cluster")
    else:
        with StandIn() as standin:
            yield standin


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Server:
    """The server that the test asks for."""
    found: Server = request.getfixturevalue("api" if "api" in request.fixturenames else "cluster")
    return found


@pytest.fixture
def make(server: Server) -> Iterator[Callable[[str, dict[str, Any]], dict[str, Any]]]:
    """Creates an object in a collection, and returns what the server answered; it is deleted after the test."""
    made: list[str] = []

    def create(collection: str, body: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = server.admin.post(collection, body)
        made.append(f"{collection}/{answer['metadata']['name']}")
        return answer

    yield create
    for path in reversed(made):
        server.admin.delete(path, {"gracePeriodSeconds": 0})


@pytest.fixture
def make_node(server: Server) -> Iterator[MakeNode]:
    """Nodes without a kubelet: their conditions and Leases are the test's own."""
    made: list[str] = []

    def add(name: str = "", **fields: Any) -> str:
        node = FakeNode(name or f"node-{uuid.uuid4().hex[:8]}", **fields)
        made.append(node.name)
        add_bare_node(server, node)
        return node.name

    yield add
    for name in made:
        server.admin.delete(f"/api/v1/nodes/{name}")


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    """A namespace of the real cluster, for this test alone."""
    with cluster.namespace() as name:
        yield name


@pytest.fixture(scope="session")
def libraries(pytestconfig: pytest.Config) -> Libraries:
    """NVIDIA's libraries, played by stubs; compiled once."""
    cache = pytestconfig.cache
    assert cache is not None
    return build(cache.mkdir("nvidia-stub"))


@pytest.fixture
def kubelets(cluster: Cluster) -> Iterator[FakeNodes]:
    """Nodes with fake kubelets: they stay Ready, and pods run on them."""
    with FakeNodes(cluster) as nodes:
        yield nodes


@pytest.fixture
def kubectl(cluster: Cluster) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs kubectl: `kubectl("apply", "-f", "-", stdin=text)`, as the administrator or as another `access`."""
    return cluster.kubectl


@pytest.fixture
def as_service_account(cluster: Cluster, namespace: str, make: Callable[..., Any]) -> AsServiceAccount:
    """Access with the rights of a service account, and no more."""

    def access(name: str, node: str | None = None) -> Access:
        accounts = f"/api/v1/namespaces/{namespace}/serviceaccounts"
        cluster.admin.send("POST", accounts, {"metadata": {"name": name}})
        if node is None:
            return cluster.as_service_account(namespace, name)
        spec = {"serviceAccountName": name, "nodeName": node, "containers": [{"name": "main", "image": "none"}]}
        pod = make(f"/api/v1/namespaces/{namespace}/pods", {"metadata": {"generateName": "bound-"}, "spec": spec})
        return cluster.as_service_account(namespace, name, pod=pod["metadata"]["name"])

    return access
