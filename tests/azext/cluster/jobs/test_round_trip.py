"""Whatever a job looks like: the guard is added, everything else stays, and a second run adds nothing."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from azext_aigpu.cluster.jobs.inject import inject
from azext_aigpu.cluster.jobs.layout import Layout
from tests.azext.cluster.jobs.given import GPU, WANTED

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cn"]), max_size=12)
WORDS = st.from_regex(r"[a-z][a-z0-9]{0,6}", fullmatch=True)
LABELS = st.dictionaries(WORDS, TEXTS, max_size=3)
LAYOUTS = st.builds(Layout, step=st.sampled_from([2, 4]), dash=st.sampled_from([0, 2, 4]))
COMMENTS = st.lists(st.sampled_from(["", "", "", "# a comment: [x", "#", "# {"]), min_size=1, max_size=9)


@st.composite
def containers(draw: st.DrawFn) -> dict[str, Any]:
    """One container with a GPU, its keys in any order."""
    optional: dict[str, Any] = {
        "args": draw(st.lists(TEXTS, max_size=3)),
        "env": draw(st.lists(st.fixed_dictionaries({"name": WORDS, "value": TEXTS}), max_size=2)),
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
        "workingDir": draw(TEXTS),
        "ports": [],
        "lifecycle": None,
    }
    kept = {key: value for key, value in optional.items() if draw(st.booleans())}
    command = ["python", *draw(st.lists(TEXTS, max_size=3))]
    pairs = list({"name": "main", "image": draw(WORDS), "command": command, "resources": GPU, **kept}.items())
    return dict(draw(st.permutations(pairs)))


@st.composite
def jobs(draw: st.DrawFn) -> dict[str, Any]:
    """A Job of one GPU container, with or without what the guard adds to."""
    optional: dict[str, Any] = {
        "tolerations": draw(st.sampled_from([[], None, [{"key": "other", "operator": "Exists"}]])),
        "nodeSelector": draw(st.sampled_from([{}, None, {"zone": "1"}])),
        "volumes": draw(st.sampled_from([[], None, [{"name": "data", "emptyDir": {}}]])),
        "initContainers": draw(st.sampled_from([[], None, [{"name": "fetch", "image": "x"}]])),
        "securityContext": {"fsGroup": 1},
    }
    kept = {key: value for key, value in optional.items() if draw(st.booleans())}
    spec = {"restartPolicy": "Never", "containers": [draw(containers())], **kept}
    template = {"metadata": {"labels": draw(LABELS)}, "spec": dict(draw(st.permutations(list(spec.items()))))}
    job = {"template": template, "backoffLimit": 2, "ttlSecondsAfterFinished": None}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "train", "annotations": draw(LABELS)},
        "spec": dict(draw(st.permutations(list(job.items())))),
    }


def write(job: dict[str, Any], layout: Layout, comments: list[str], newline: str) -> str:
    """Return the job as text, with comments above some lines, each as deep as the line below it."""
    lines = []
    for number, line in enumerate(layout.mapping(job, 0)):
        comment = comments[number % len(comments)]
        if comment:
            lines.append(" " * (len(line) - len(line.lstrip(" "))) + comment)
        lines.append(line)
    return newline.join(lines) + newline


def without_guard(job: dict[str, Any]) -> dict[str, Any]:
    """Return what of a guarded job is the user's; what is empty counts as absent."""
    rest: dict[str, Any] = yaml.safe_load(yaml.safe_dump(job))
    spec = rest["spec"]["template"]["spec"]
    (main,) = spec["containers"]
    main["command"] = main["command"][main["command"].index("--") + 1 :] if "--" in main["command"] else main["command"]
    for holder, key, ours in (
        (spec, "initContainers", "aigpu-preflight"),
        (spec, "volumes", "aigpu"),
        (main, "volumeMounts", "aigpu"),
    ):
        holder[key] = [one for one in holder.get(key) or [] if one["name"] != ours]
    spec["tolerations"] = [one for one in spec.get("tolerations") or [] if one["key"] != "sku"]
    spec["nodeSelector"] = {key: value for key, value in (spec.get("nodeSelector") or {}).items() if key != "hardware"}
    rest["spec"].pop("podFailurePolicy", None)
    for holder in (spec, main):
        for key in [key for key, value in holder.items() if not value]:
            del holder[key]
    return rest


def is_within(few: list[str], many: list[str]) -> bool:
    """Return whether all of `few` stand among `many`, in their order."""
    rest = iter(many)
    return all(any(line == other for other in rest) for line in few)


@given(job=jobs(), layout=LAYOUTS, comments=COMMENTS, newline=st.sampled_from(["\n", "\r\n"]), ended=st.booleans())
def test_a_job_keeps_all_that_is_not_the_guard(
    job: dict[str, Any], layout: Layout, comments: list[str], newline: str, ended: bool
) -> None:
    text = write(job, layout, comments, newline)
    text = text if ended else text.removesuffix(newline)
    assert yaml.safe_load(text) == job

    guarded = inject(text, "job.yaml", WANTED)

    assert [one.title for one in guarded.guarded] == ["Job train"]
    assert inject(guarded.text, "job.yaml", WANTED).text == guarded.text
    if "--" not in job["spec"]["template"]["spec"]["containers"][0]["command"]:
        assert without_guard(yaml.safe_load(guarded.text)) == without_guard(job)
    # The command, which got words in front, and values that were empty are the only lines that are another now.
    kept = [line for line in text.split(newline) if not line.rstrip().endswith(("]", "{}", "null"))]
    assert is_within(kept, guarded.text.split(newline))
