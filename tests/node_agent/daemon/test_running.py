"""The time between rounds."""

from __future__ import annotations

from dataclasses import dataclass, field
from io import StringIO

import pytest

from node_agent.daemon.clocks import ServerTime
from node_agent.daemon.loop import Agent
from node_agent.daemon.reporters.log import Log
from node_agent.daemon.running import LEAST_BETWEEN_S, Turning
from node_agent.daemon.settings import Settings

pytest.importorskip("lightkube")


@dataclass
class Rounds:
    """In place of an agent: ends after so many rounds, and takes no time for any."""

    left: int
    outage: bool = False
    pauses: list[float] = field(default_factory=list)

    def turn(self) -> str | None:
        self.left -= 1
        return None if self.left else "it is over"


@pytest.mark.parametrize(("interval", "least"), [(60.0, LEAST_BETWEEN_S), (2.0, 1.0)])
def test_a_storm_of_xids_makes_no_storm_of_rounds(interval: float, least: float) -> None:
    rounds = Rounds(6)
    agent: Agent = rounds  # type: ignore[assignment]
    turning = Turning(Settings("gpu-0", interval_s=interval), agent, lambda _: None, rounds.pauses.append)
    assert turning.run(Log(ServerTime(), StringIO())) == 0
    assert len(rounds.pauses) == 5
    assert all(least - 0.5 < pause <= least for pause in rounds.pauses)
