"""`az aigpu node` and `az aigpu scan` on the real azure-cli-core, with a kubectl that answers out of a book."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from azext_aigpu.cluster.fleet import LEASES_A_PAGE
from azext_aigpu.cluster.paging import PAGE
from tests.azext.cluster.fake_kubectl import FakeKubectl
from tests.azext.cluster.given import CPU, INTENT, NOW, job, lease, node, pod, proven, said, written
from tests.azext.core.harness import Result, load_command, run_offline

pytestmark = pytest.mark.core

ALL = f"?limit={PAGE}"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/aigpu-system/leases"
EXAMPLES = [("aigpu node list", 3), ("aigpu node show", 2), ("aigpu scan", 3)]
FORBIDDEN = 'Error from server (Forbidden): x is forbidden: User "u" cannot list resource "x" in API group ""'
STALE = {"renewTime": "2026-11-26T10:00:00.000000Z"}


@pytest.fixture
def fake(tmp_path: Path) -> FakeKubectl:
    """A cluster of two proven nodes and nothing else."""
    program = FakeKubectl(tmp_path)
    program.answers("auth whoami -o json", {"metadata": {"creationTimestamp": written(NOW)}})
    return program


def serve(fake: FakeKubectl, *nodes: dict[str, Any], leases: Any = None, jobs: Any = (), pods: Any = ()) -> None:
    def listed(items: Any) -> dict[str, Any]:
        return {"metadata": {}, "items": list(items)}

    names = [one["metadata"]["name"] for one in nodes]
    fake.answers(f"get --raw /api/v1/nodes{ALL}", listed(nodes))
    for one in nodes:
        name = one["metadata"]["name"]
        fake.answers(f"get --raw /api/v1/nodes/{name}", one)
        fake.answers(f"get --raw {LEASES}/{name}", lease(name))
    fake.answers(
        f"get --raw {LEASES}?limit={LEASES_A_PAGE}",
        listed([lease(name) for name in names] if leases is None else leases),
    )
    groups = [{"name": name, "versions": [{"version": "v1"}]} for name in ("apps", "batch")]
    fake.answers("get --raw /apis", {"groups": groups})
    fake.answers(f"get --raw /api/v1/pods{ALL}", listed(pods))
    for path in ("apps/v1/deployments", "apps/v1/statefulsets", "batch/v1/cronjobs"):
        fake.answers(f"get --raw /apis/{path}{ALL}", listed(()))
    fake.answers(f"get --raw /apis/batch/v1/jobs{ALL}", listed(jobs))


def az(fake: FakeKubectl, *arguments: str, **variables: str) -> Result:
    return run_offline("aigpu", *arguments, env={"AZURE_AIGPU_KUBECTL": str(fake.path), **variables})


def test_the_fleet_is_listed_with_its_verdicts(fake: FakeKubectl) -> None:
    bad = proven("gpu-1", gpu_ready=said("False", "GPULost", "GPU 0 does not answer"))
    serve(fake, proven("gpu-0"), bad, node("gpu-2"), node("cpu-0", size=CPU, labels={}, taints=(), offers={}))

    result = az(fake, "node", "list")

    assert result.exit_code == 0, result.stderr
    assert [(row["name"], row["ready"], row["reason"]) for row in result.data] == [
        ("gpu-0", "True", "Passed"),
        ("gpu-1", "False", "GPULost"),
        ("gpu-2", "Unknown", "NoAgent"),
    ]
    assert "3 GPU nodes: 1 True, 1 False, 1 Unknown." in result.stderr
    assert "pool gpu: 3 x Standard_NC24ads_A100_v4; now $11.02/h, at most UNKNOWN" in result.stderr


@pytest.mark.parametrize(
    ("leases", "code"),
    [(None, 0), ([lease("gpu-0")], 4), ([lease("gpu-0"), lease("gpu-1", None, **STALE)], 4)],
    ids=["all heard", "one never heard", "one silent"],
)
def test_check_ends_with_4_unless_every_node_is_true(fake: FakeKubectl, leases: Any, code: int) -> None:
    serve(fake, proven("gpu-0"), proven("gpu-1"), leases=leases)

    result = az(fake, "node", "list", "--check")

    assert result.exit_code == code
    assert len(result.data) == 2  # the list is printed all the same


def test_check_ends_with_5_where_the_leases_cannot_be_read(fake: FakeKubectl) -> None:
    fake.fails(f"get --raw {LEASES}?limit={LEASES_A_PAGE}", FORBIDDEN)
    serve(fake, proven("gpu-0"))

    result = az(fake, "node", "list", "--check")

    assert result.exit_code == 5
    assert result.data[0]["reason"] == "HeartbeatUnreadable"
    assert "may not list x" in result.stderr


def test_check_ends_with_5_where_there_is_no_gpu_node(fake: FakeKubectl) -> None:
    serve(fake, node("cpu-0", size=CPU, labels={}, taints=(), offers={}))

    result = az(fake, "node", "list", "--check")

    assert (result.exit_code, result.data) == (5, [])
    assert "Of 1 node none is meant to have GPUs" in result.stderr


def test_a_pool_that_is_named_is_a_gpu_pool(fake: FakeKubectl) -> None:
    serve(fake, node("x-0", pool="train", size=CPU, labels={}, taints=(), offers={}))

    assert az(fake, "node", "list").data == []
    assert az(fake, "node", "list", "--gpu-pools", "train").data[0]["reason"] == "IntentMissing"


def test_drivers_that_differ_are_told(fake: FakeKubectl) -> None:
    serve(fake, proven("gpu-0"), proven("gpu-1", labels={**INTENT, "aigpu.io/driver": "550.54.15"}))

    assert "driver-skew" in az(fake, "node", "list").stderr


def test_a_table_has_the_three_counts(fake: FakeKubectl) -> None:
    serve(fake, proven("gpu-0"), node("gpu-1", offers={}))

    lines = az(fake, "node", "list", "-o", "table").stdout.splitlines()

    assert "1/1/1" in lines[2]
    assert "1/?/0" in lines[3]
    assert "Unknown NoAgent" in lines[3]


def test_one_node_is_shown(fake: FakeKubectl) -> None:
    serve(fake, proven("gpu-0"))

    result = az(fake, "node", "show", "-n", "gpu-0", "--check")

    assert (result.exit_code, result.data["ready"]) == (0, "True")


def test_a_node_that_is_not_there_ends_with_3(fake: FakeKubectl) -> None:
    fake.fails("get --raw /api/v1/nodes/nope", 'Error from server (NotFound): nodes "nope" not found')

    result = az(fake, "node", "show", "-n", "nope")

    assert (result.exit_code, result.stdout) == (3, "")
    assert 'nodes "nope" not found' in result.stderr


@pytest.mark.parametrize("command", [("node", "list"), ("node", "show", "-n", "x"), ("scan",)], ids=" ".join)
def test_without_kubectl_it_is_said_how_to_get_it(fake: FakeKubectl, tmp_path: Path, command: tuple[str, ...]) -> None:
    result = az(fake, *command, AZURE_AIGPU_KUBECTL=str(tmp_path / "none"))

    assert (result.exit_code, result.stdout) == (1, "")
    assert "az aks install-cli" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("command", [("node", "list"), ("scan",)], ids=" ".join)
def test_a_cluster_that_does_not_answer_ends_with_1(fake: FakeKubectl, command: tuple[str, ...]) -> None:
    fake.fails(f"get --raw /api/v1/nodes{ALL}", "Unable to connect to the server: dial tcp: no such host")

    result = az(fake, *command)

    assert (result.exit_code, result.stdout) == (1, "")
    assert "no such host" in result.stderr


@pytest.mark.parametrize("written", ["{home}/mine", "~/mine"], ids=["whole", "from home"])
def test_the_kubeconfig_and_the_context_that_are_named_are_used(
    fake: FakeKubectl, tmp_path: Path, written: str
) -> None:
    serve(fake, proven("gpu-0"))
    (tmp_path / "mine").touch()
    path = written.format(home=tmp_path)

    az(fake, "node", "list", "--kubeconfig", path, "--context", "prod", HOME=str(tmp_path))

    assert {tuple(call["argv"][:2]) for call in fake.calls} == {(f"--kubeconfig={tmp_path}/mine", "--context=prod")}


@pytest.mark.parametrize(
    "command",
    ["scan", "node list", "node show -n gpu-0", "agent status", "agent install --image a.io/b:1", "agent uninstall -y"],
)
def test_a_kubeconfig_that_is_not_there_is_bad_usage(fake: FakeKubectl, command: str) -> None:
    result = az(fake, *command.split(), "--kubeconfig", "/nowhere/config")

    assert (result.exit_code, result.stdout, fake.calls) == (2, "", [])
    assert "--kubeconfig: /nowhere/config cannot be read: No such file or directory." in result.stderr
    assert "az aks get-credentials" in result.stderr


def test_a_context_that_is_not_there_ends_a_scan(fake: FakeKubectl) -> None:
    fake.fails(f"get --raw /api/v1/nodes{ALL}", 'error: context "prd" does not exist')
    serve(fake, proven("gpu-0"))

    result = az(fake, "scan", "--context", "prd")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "kubectl config get-contexts" in result.stderr


def test_a_node_that_is_not_there_ends_with_3_and_the_way_to_those_that_are(fake: FakeKubectl) -> None:
    serve(fake, proven("gpu-0"))

    result = az(fake, "node", "show", "-n", "gpu-9")

    assert (result.exit_code, result.stdout) == (3, "")
    assert "az aigpu node list --all" in result.stderr


@pytest.mark.parametrize("command", ["scan", "node list"])
def test_a_name_that_no_pool_can_have_is_bad_usage(fake: FakeKubectl, command: str) -> None:
    result = az(fake, *command.split(), "--gpu-pools", "gpu,Train_")

    assert (result.exit_code, result.stdout, fake.calls) == (2, "", [])
    assert "--gpu-pools: 'Train_' is not a name of a node pool." in result.stderr


def test_the_story_is_scanned(fake: FakeKubectl) -> None:
    wrong = node("gpu-0", size=CPU, offers={})
    serve(fake, wrong, pods=[pod(owner=("Job", "train"))], jobs=[job("train")])

    result = az(fake, "scan")

    assert result.exit_code == 4
    assert result.data["verdict"] == "FAIL"
    assert [(one["reason"], one["what"]) for one in result.data["findings"]] == [
        ("CPUOnlyPodOnGPUNode", "Job team-a/train"),
        ("NoGPUOnGPUPool", "Node pool gpu"),
    ]
    assert result.data["cost"] == {"currency": "USD", "hourly": 0.768, "soFar": 55.3, "unknown": 0}
    assert [(one["name"], one["hourNow"], one["hourMost"]) for one in result.data["pools"]] == [("gpu", 0.768, None)]
    assert "pool gpu: 1 x Standard_D16s_v5; now $0.77/h, at most UNKNOWN" in result.stderr
    assert "Enforcing would refuse 1 of these" in result.stderr


def test_a_clean_cluster_ends_with_0_and_says_what_it_saw(fake: FakeKubectl) -> None:
    asking = {"name": "m", "resources": {"limits": {"nvidia.com/gpu": "1"}}}
    serve(fake, proven("gpu-0"), pods=[pod("good", asking)])

    result = az(fake, "scan")

    assert (result.exit_code, result.data["findings"]) == (0, [])
    assert "Scanned 1 node; GPU pools: gpu. Nothing found." in result.stderr


def test_a_scan_that_could_not_read_everything_ends_with_5(fake: FakeKubectl) -> None:
    fake.fails(f"get --raw /api/v1/pods{ALL}", FORBIDDEN)
    serve(fake, proven("gpu-0"))

    result = az(fake, "scan", "-o", "table")

    assert result.exit_code == 5
    assert "KindUnreadable" in result.stdout


@pytest.mark.parametrize(
    ("command", "number"),
    [pytest.param(name, one, id=f"{name} {one + 1}") for name, count in EXAMPLES for one in range(count)],
)
def test_an_example_of_the_help_runs_as_it_stands(fake: FakeKubectl, command: str, number: int) -> None:
    from knack.help_files import helps

    load_command(command)
    asking = {"name": "m", "resources": {"limits": {"nvidia.com/gpu": "1"}}}
    serve(fake, proven("aks-gpu-0"), pods=[pod("good", asking, on="aks-gpu-0")])
    texts = [item["text"] for item in yaml.safe_load(helps[command])["examples"]]
    assert len(texts) == dict(EXAMPLES)[command]

    result = az(fake, *shlex.split(texts[number])[2:])

    assert result.exit_code == 0, result.stderr
