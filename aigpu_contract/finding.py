"""One thing that a rule or a check has to say, in the same shape everywhere."""

from __future__ import annotations

import enum
from typing import Any, Dict, Mapping, Tuple

from aigpu_contract.frozen import dataclass


class Status(enum.IntEnum):
    """How good a finding is. The order is the meaning: the worst one decides, and UNKNOWN is worse than WARN."""

    SKIPPED = 0
    PASS = 1
    WARN = 2
    UNKNOWN = 3
    FAIL = 4


class Blame(enum.Enum):
    """Whose fault a FAIL is: it decides between retrying elsewhere and giving up."""

    NONE = "none"
    NODE = "node"
    JOB = "job"


@dataclass(frozen=True)
class Finding:
    """What is wrong, the value seen, the value wanted and what to do next.

    `id` is the rule or check in kebab-case, `reason` a name from `aigpu_contract.reasons`.
    """

    id: str
    reason: str
    status: Status
    problem: str
    seen: str = ""
    wanted: str = ""
    next_step: str = ""
    blame: Blame = Blame.NONE
    evidence: Tuple[Tuple[str, str], ...] = ()

    def to_json(self) -> Dict[str, Any]:
        """Return the finding as JSON data with camelCase keys, empty texts left out."""
        texts: Mapping[str, str] = {
            "problem": self.problem,
            "seen": self.seen,
            "wanted": self.wanted,
            "nextStep": self.next_step,
        }
        data: Dict[str, Any] = {"id": self.id, "reason": self.reason, "status": self.status.name}
        data.update({key: text for key, text in texts.items() if text})
        if self.blame is not Blame.NONE:
            data["blame"] = self.blame.value
        if self.evidence:
            data["evidence"] = dict(self.evidence)
        return data
