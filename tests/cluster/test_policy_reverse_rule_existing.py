"""The policy `aigpu-gpu-pods` on a real API server: objects that are older than it can be kept and taken away."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from azext_aigpu.cluster.admission import reverse_policy
from testbeds.cluster.client import JSON_MERGE
from testbeds.cluster.cluster import Cluster, wait_until
from tests.cluster.policies import POOLS, Guarded, guarded, operators
from tests.cluster.workloads import CPU_ONLY, VOID, asking, deployment, job, path_of, pod, pytorch_job, story, with_env

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module", autouse=True)
def served(cluster: Cluster) -> Iterator[None]:
    """The kinds of the operators stay from test to test: kubectl remembers which there are."""
    with operators(cluster):
        yield


class TestObjectsFromBefore:
    """What stood in the cluster before the rule was enforced can still be kept and taken away."""

    @pytest.fixture
    def existing(self, cluster: Cluster) -> Iterator[Guarded]:
        with guarded(cluster, POOLS, enforce=False) as found:
            found.create(deployment(story(), replicas=0), dry_run=False)
            found.create(pytorch_job(worker=story()), dry_run=False)
            self.enforce(found)
            yield found

    def enforce(self, found: Guarded) -> None:
        name = f"{reverse_policy.NAME}-{found.namespace}"
        path = f"/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings/{name}"
        found.cluster.admin.patch(path, {"spec": {"validationActions": ["Deny", "Audit"]}}, JSON_MERGE)
        wait_until(lambda: found.create(pod(story())).status == 403, "the policy is not enforced")

    @pytest.mark.parametrize(
        "arguments",
        [
            ("label", "deployment/train", "team=vision"),
            ("annotate", "deployment/train", "note=kept"),
            ("scale", "deployment/train", "--replicas=0"),
            ("rollout", "restart", "deployment/train"),
            ("label", "pytorchjobs.kubeflow.org/train", "team=vision"),
            ("annotate", "pytorchjobs.kubeflow.org/train", "note=kept"),
            ("delete", "deployment/train", "--cascade=foreground", "--timeout=20s"),
            ("delete", "pytorchjobs.kubeflow.org/train", "--cascade=foreground", "--timeout=20s"),
        ],
        ids=lambda arguments: "-".join(arguments[:2]).replace("/", "-"),
    )
    def test_kubectl_still_works(self, existing: Guarded, arguments: tuple[str, ...]) -> None:
        done = existing.cluster.kubectl(*arguments, "-n", existing.namespace)

        assert done.returncode == 0, done.stderr

    def test_a_finalizer_comes_off(self, existing: Guarded) -> None:
        path = path_of({"kind": "PyTorchJob"}, existing.namespace) + "/train"
        admin = existing.cluster.admin
        admin.patch(path, {"metadata": {"finalizers": ["example.com/clean-up"]}}, JSON_MERGE)
        admin.delete(path)
        admin.patch(path, {"metadata": {"finalizers": []}}, JSON_MERGE)

        wait_until(lambda: admin.send("GET", path).status == 404, "it is still there")

    def test_a_changed_template_is_judged(self, existing: Guarded) -> None:
        image = ("set", "image", "deployment/train", "train=registry.example.com/train:2")

        done = existing.cluster.kubectl(*image, "-n", existing.namespace)

        assert done.returncode == 1
        assert "asks for no GPU" in done.stderr

    def test_taking_the_reason_away_is_judged(self, existing: Guarded) -> None:
        cpu_only = job(with_env(story(), VOID), CPU_ONLY, name="launcher")
        cpu_only["spec"]["suspend"] = True
        assert existing.create(cpu_only, dry_run=False).status == 201
        path = path_of(cpu_only, existing.namespace) + "/launcher"

        without = {"spec": {"template": {"metadata": {"annotations": {"aigpu.io/cpu-only": None}}}}}

        assert existing.cluster.admin.send("PATCH", path, without, JSON_MERGE).status == 403

    def test_it_can_be_put_right(self, existing: Guarded) -> None:
        path = path_of(deployment(story()), existing.namespace) + "/train"

        mended = {"spec": {"template": {"spec": {"containers": asking()["containers"]}}}}

        assert existing.cluster.admin.send("PATCH", path, mended, JSON_MERGE).status == 200
