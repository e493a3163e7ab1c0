"""What the tests of this folder start from: a GPU job in which all is well, and how findings are told."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from aigpu_contract.labels import DEFAULT_TAINT, Taint
from azext_aigpu.cluster.jobs.documents import parse_documents
from azext_aigpu.cluster.jobs.guard import Wanted
from azext_aigpu.cluster.jobs.inject import Injected, inject
from azext_aigpu.cluster.jobs.review import Reviewed, review_workloads
from azext_aigpu.cluster.jobs.workloads import Workload, list_workloads

GOLDEN = Path(__file__).parents[4] / "tests" / "golden" / "jobs"
IMAGE = "registry.example.com/aigpu-agent:0.1.0"
WANTED = Wanted(image=IMAGE)
GPU = {"limits": {"nvidia.com/gpu": 1}}
PLAIN = ["python", "train.py"]
"""The command of a container before it is guarded."""

WRAPPED = ["python3", "/aigpu/aigpu-preflight.pyz", "exec", "--", "python", "train.py"]
SELECTOR = {"hardware": "gpu"}
TOLERATION = {"key": "sku", "operator": "Exists"}


class _Dumper(yaml.SafeDumper):
    """Writes no anchors."""

    def ignore_aliases(self, _: Any) -> bool:
        return True


def a_container(**fields: Any) -> dict[str, Any]:
    """A container in which all is well; None takes a field out."""
    whole = {"name": "main", "image": "train:1", "command": WRAPPED, "resources": GPU, **fields}
    return {key: value for key, value in whole.items() if value is not None}


def plain(**fields: Any) -> dict[str, Any]:
    """A container before it is guarded."""
    return a_container(**{"command": PLAIN, **fields})


def a_pod(*containers: Mapping[str, Any], annotations: Mapping[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    """A pod template on a GPU pool; None takes a field of the spec out."""
    whole = {
        "restartPolicy": "Never",
        "nodeSelector": SELECTOR,
        "tolerations": [TOLERATION],
        "containers": list(containers) or [a_container()],
        **spec,
    }
    metadata = {"metadata": {"annotations": dict(annotations)}} if annotations else {}
    return {**metadata, "spec": {key: value for key, value in whole.items() if value is not None}}


def a_job(pod: Mapping[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    """A Job with this pod."""
    return an_object("batch/v1", "Job", {**spec, "template": pod or a_pod()})


def an_object(version: str, kind: str, spec: Any, name: str = "train") -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec}


def dump(*objects: Mapping[str, Any]) -> str:
    """Return a manifest of these objects as kubectl would write it."""
    plain = json.loads(json.dumps(objects))
    return yaml.dump_all(plain, Dumper=_Dumper, sort_keys=False, default_flow_style=False)


def workloads_of(*objects: Mapping[str, Any]) -> list[Workload]:
    return [one for document in parse_documents(dump(*objects), "job.yaml") for one in list_workloads(document)]


def review(
    *objects: Mapping[str, Any], taint: Taint = DEFAULT_TAINT, pools: Iterable[str] | None = None
) -> tuple[Reviewed, ...]:
    return review_workloads(workloads_of(*objects), taint, None if pools is None else frozenset(pools))


def told(
    *objects: Mapping[str, Any], taint: Taint = DEFAULT_TAINT, pools: Iterable[str] | None = None
) -> dict[str, str]:
    """Return what is said about one object: the reason of each finding, and its status."""
    (reviewed,) = review(*objects, taint=taint, pools=pools)
    return {finding.reason: finding.status.name for finding in reviewed.findings}


def guard(text: str, wanted: Wanted = WANTED) -> Injected:
    """Guard a manifest, and hold that a second run changes nothing."""
    injected = inject(text, "job.yaml", wanted)
    if injected.guarded:
        assert inject(injected.text, "job.yaml", wanted).text == injected.text
    return injected


def guard_one(thing: Mapping[str, Any], wanted: Wanted = WANTED) -> dict[str, Any]:
    """Return one object with its guard."""
    injected = guard(dump(thing), wanted)
    assert not injected.refused, injected.refused
    (data,) = yaml.safe_load_all(injected.text)
    return dict(data)


def refusal_of(*objects: Mapping[str, Any], wanted: Wanted = WANTED) -> tuple[str, str]:
    """Return why the one refused object of a manifest cannot be guarded, and the next step."""
    text = dump(*objects)
    injected = guard(text, wanted)
    assert injected.text == text
    assert not injected.guarded
    (refused,) = injected.refused
    return refused.refusal.problem, refused.refusal.next_step


def with_(**fields: Any) -> Wanted:
    """What a guard is wanted to be, beside the image."""
    return dataclasses.replace(WANTED, **fields)


def pod_of(job: Mapping[str, Any]) -> dict[str, Any]:
    return dict(job["spec"]["template"]["spec"])


def main_of(job: Mapping[str, Any]) -> dict[str, Any]:
    return dict(pod_of(job)["containers"][0])
