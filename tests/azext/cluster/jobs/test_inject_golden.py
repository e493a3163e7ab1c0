"""Manifests before and after, byte for byte, and what of a text stays as it was."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from azext_aigpu.cluster.jobs.guard import Wanted
from azext_aigpu.cluster.jobs.inject import inject
from tests.azext.cluster.jobs.given import GOLDEN, IMAGE, a_job, a_pod, dump, guard, guard_one, plain, pod_of, with_

OPTIONS = {"pod": {"gpus": 1, "gpu_deadline": "45m"}}
"""The golden manifests that are guarded with more than the image."""

NAMES = sorted(path.name.partition(".")[0] for path in GOLDEN.glob("*.before.yaml"))


def text_of(name: str, part: str) -> str:
    return (GOLDEN / f"{name}.{part}.yaml").read_bytes().decode("utf-8")


def read(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(text_of(name, "before")))


def test_there_is_one_for_every_kind_that_is_changed() -> None:
    kinds = {data.get("kind") for name in NAMES for data in read(name)}
    assert kinds >= {"Pod", "Job", "CronJob", "PyTorchJob", "TrainJob", "List"}


@pytest.mark.parametrize("name", NAMES)
def test_a_manifest_is_guarded_as_it_was_reviewed(name: str) -> None:
    before, after = (text_of(name, part) for part in ("before", "after"))

    assert guard(before, with_(**OPTIONS.get(name, {}))).text == after


@pytest.mark.parametrize("name", NAMES)
def test_a_guarded_manifest_stays_as_it_is_without_any_option(name: str) -> None:
    after = text_of(name, "after")

    assert inject(after, name, Wanted()).text == after


@pytest.mark.parametrize("name", NAMES)
def test_every_line_of_before_is_there_but_for_the_values_that_changed(name: str) -> None:
    before, after = (text_of(name, part).splitlines() for part in ("before", "after"))
    changed = ("command: [", "{}", "[]", "image: registry.example.com/aigpu-agent:0.0.9")

    assert [line for line in before if line not in after and not any(part in line for part in changed)] == []


def test_windows_line_ends_stay() -> None:
    text = dump(a_job(a_pod(plain()))).replace("\n", "\r\n")
    guarded = guard(text).text

    assert guarded.count("\r\n") == guarded.count("\n")
    assert guarded.replace("\r\n", "\n") == guard(text.replace("\r\n", "\n")).text


def test_the_image_of_a_newer_version_is_written_over_the_older() -> None:
    job = guard_one(a_job(a_pod(plain())))
    newer = guard_one(job, with_(image="registry.example.com/aigpu-agent:0.2.0"))

    assert pod_of(newer)["initContainers"][0]["image"].endswith(":0.2.0")
    assert pod_of(guard_one(newer, Wanted()))["initContainers"][0]["image"].endswith(":0.2.0")
    assert IMAGE not in dump(newer)
