"""The API server's clock, so that ages are right on a machine whose own clock is not.

`kubectl get --raw` shows no Date header. A SelfSubjectReview (`kubectl auth whoami`, Kubernetes 1.28 and later) carries
the time at which the server made it, to the second, and everybody who is signed in may ask for one.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from dataclasses import dataclass

from aigpu_contract.reading import Known, Reading, Unknown
from azext_aigpu.cluster.kubectl import Kubectl, KubectlError
from azext_aigpu.cluster.moments import Moment, parse_moment


@dataclass(frozen=True)
class Clock:
    """The moment that ages count from; `doubt` is why it is this machine's and not the server's, empty where it is."""

    now: Moment
    doubt: str = ""

    @property
    def warning(self) -> str:
        """Return what people are told of a clock that is not the server's."""
        return f"Ages count from this machine's clock, which may be wrong: {self.doubt}." if self.doubt else ""


def read_clock(kubectl: Kubectl, local: Callable[[], Moment] = lambda: Moment.now(datetime.timezone.utc)) -> Clock:
    """Return the server's clock, or this machine's and why where the server's cannot be told."""
    try:
        answer = kubectl.run("auth", "whoami", "-o", "json", timeout_s=30)
    except KubectlError as error:
        if error.kind in ("missing", "unreachable", "unauthorized"):
            raise
        return Clock(local(), _tidy(error.text))
    moment = _read_created(answer)
    return Clock(moment.value) if isinstance(moment, Known) else Clock(local(), _tidy(moment.reason))


def _read_created(answer: str) -> Reading[Moment]:
    try:
        moment = parse_moment(json.loads(answer)["metadata"]["creationTimestamp"])
    except (ValueError, KeyError, TypeError):
        moment = None
    return Unknown("the answer to kubectl auth whoami carries no time") if moment is None else Known(moment)


def _tidy(reason: str) -> str:
    return reason.rstrip(".")
