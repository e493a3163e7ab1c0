"""An API server that is away, that somebody else writes to, and how much is written."""

from __future__ import annotations

from tests.node_agent import healthy
from tests.node_agent.daemon.bench import LOST, TOO_OLD_ROWS
from tests.node_agent.daemon.conftest import MakeBench
from tests.node_agent.daemon.fake_kube import refuse_all


def test_an_api_server_that_is_away_ends_nothing_and_makes_no_probe_stale(bench: MakeBench) -> None:
    made = bench()
    made.turn()
    made.kube.before = refuse_all
    made.facts = TOO_OLD_ROWS
    assert made.turn(3) is None
    assert made.agent.outage
    assert made.kube.status == "True Passed"
    made.kube.before = lambda _: None
    made.turn()
    assert made.kube.status == "False RowRemapFailed"


def test_an_outage_on_a_healthy_node_leaves_no_trace(bench: MakeBench) -> None:
    made = bench()
    made.turn()
    made.kube.writes.clear()
    made.kube.before = refuse_all
    made.turn(10)
    made.kube.before = lambda _: None
    made.turn()
    assert made.kube.writes == ["patch_lease"]
    assert made.kube.status == "True Passed"


def test_a_condition_that_cannot_be_written_lets_the_lease_run_out(bench: MakeBench) -> None:
    made = bench()
    made.turn()
    made.facts = LOST
    made.kube.before = lambda name: refuse_all(name) if name == "patch_status" else None
    made.kube.writes.clear()
    made.turn(10)
    assert "patch_lease" not in made.kube.writes
    assert made.kube.status == "True Passed"


def test_without_a_first_answer_it_goes_on_asking(bench: MakeBench) -> None:
    made = bench()
    made.kube.before = refuse_all
    made.turn(2)
    made.kube.before = lambda _: None
    made.turn(2)
    assert made.kube.status == "True Passed"


def test_what_somebody_else_makes_of_the_condition_is_put_right(bench: MakeBench) -> None:
    made = bench()
    made.facts = LOST
    made.turn()
    condition = made.kube.condition
    assert condition is not None
    condition.update(status="True", reason="ByHand")
    made.turn()
    assert made.kube.status == "False GPULost"


def test_a_message_alone_is_written_at_most_every_ten_minutes(bench: MakeBench) -> None:
    made = bench()
    made.facts = LOST
    made.turn()
    made.kube.writes.clear()
    for memory in range(9):
        made.facts = healthy.with_gpu(LOST, 0, memory_mib=81920 - memory, error=15)
        made.turn()
    assert made.kube.writes.count("patch_status") <= 1
