"""A process that is gone before any of its writes leaves a true state, and its successor ends where it would have."""

from __future__ import annotations

from pathlib import Path

import pytest

from aigpu_contract.labels import PROOF_ANNOTATION
from node_agent.daemon.node import parse_node
from node_agent.facts import Facts
from tests.node_agent import healthy
from tests.node_agent.daemon.bench import BOOT, HELD, LOST, OTHER_BOOT, TOO_OLD_ROWS, Bench
from tests.node_agent.daemon.fake_kube import CrashError, FakeKube, crash_at, node_body
from tests.node_agent.daemon.test_taints import FOREIGN

MOST_WRITES = 12

STORIES = {
    "a new node is proven": [healthy.healthy()] * 4,
    "a new node fails": [TOO_OLD_ROWS] * 4,
    "a new node is held, then proven": [HELD, HELD, healthy.healthy(), healthy.healthy()],
    "a proven node fails": [healthy.healthy(), TOO_OLD_ROWS, TOO_OLD_ROWS, TOO_OLD_ROWS],
    "a proven node loses a GPU and gets it back": [healthy.healthy(), LOST, healthy.healthy(), healthy.healthy()],
    "a node fails and is proven": [LOST, LOST, healthy.healthy(), healthy.healthy()],
}
"""What each round sees."""

Story = list[Facts]


def fresh(folder: Path) -> Bench:
    kube = FakeKube(node_body())
    kube.node["spec"]["taints"] = [dict(taint) for taint in FOREIGN]
    return Bench(folder, kube, mode="taint")


def end_of(made: Bench) -> tuple[str, list[str]]:
    return made.kube.status, made.kube.taint_keys


def assert_true_state(made: Bench) -> None:
    """A True has its proof of this boot beside it, whenever one looks; the taints of others stand as they did."""
    node = parse_node(made.kube.node)
    if node.condition is not None and node.condition.status == "True":
        assert node.proof is not None
        assert node.proof.boot_id == BOOT
    assert [one for one in made.kube.node["spec"]["taints"] if one in FOREIGN] == FOREIGN


def turn_or_crash(made: Bench) -> None:
    """Run a round; where the process is gone in the middle, look at what it left, and run one of its successor."""
    try:
        made.turn()
    except CrashError:
        made.kube.before = lambda _: None
        assert_true_state(made)
        made.start()
        made.turn()
    assert_true_state(made)


@pytest.mark.parametrize("write", range(MOST_WRITES))
@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_a_kill_before_any_write_leaves_a_true_state(tmp_path: Path, story: Story, write: int) -> None:
    undisturbed, killed = fresh(tmp_path / "undisturbed"), fresh(tmp_path / "killed")
    killed.kube.before = crash_at(write)
    for facts in [*story, story[-1], story[-1]]:
        undisturbed.facts = killed.facts = facts
        undisturbed.turn()
        turn_or_crash(killed)
    assert end_of(killed) == end_of(undisturbed)


@pytest.mark.parametrize("write", range(4))
def test_a_kill_and_a_reboot_leave_no_true_of_the_boot_before(tmp_path: Path, write: int) -> None:
    made = fresh(tmp_path)
    made.turn()
    made.boot(OTHER_BOOT)
    made.facts = HELD
    made.start()
    made.kube.before = crash_at(write)
    with pytest.raises(CrashError):
        made.turn(20)
    made.kube.before = lambda _: None
    assert write == 0 or not made.kube.status.startswith("True")
    made.start()
    made.turn()
    assert made.kube.status == "Unknown GPUBusy"


def test_between_two_agents_that_die_at_once_a_proof_is_not_made_up(tmp_path: Path) -> None:
    made = fresh(tmp_path)
    made.facts = HELD
    for _ in range(5):
        made.start()
        made.turn()
    assert PROOF_ANNOTATION not in made.kube.node["metadata"]["annotations"]
    assert made.kube.status == "Unknown GPUBusy"
