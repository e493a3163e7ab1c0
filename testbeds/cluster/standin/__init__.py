"""A small API server for where no real one is: what tests/cluster/api_contract/ holds, and nothing more."""

from __future__ import annotations

from testbeds.cluster.standin.exchange import Recorded
from testbeds.cluster.standin.faults import Drop, Fault
from testbeds.cluster.standin.server import StandIn

__all__ = ["Drop", "Fault", "Recorded", "StandIn"]
