"""`python -m testbeds.frameworks [NAME ...]`: make the environments, all or those named, and say where they are."""

from __future__ import annotations

import sys

from testbeds.frameworks.environments import FRAMEWORKS, Framework
from testbeds.frameworks.installing import Unavailable, install


def main() -> int:
    """Return the exit status: 1 where one could not be had, with the reason."""
    known = {one.name: one for one in FRAMEWORKS}
    unknown = [name for name in sys.argv[1:] if name not in known]
    if unknown:
        print(f"{unknown[0]!r} is none of {', '.join(known)}", file=sys.stderr)
        return 2
    return max([_install(known[name]) for name in sys.argv[1:] or known])


def _install(framework: Framework) -> int:
    try:
        print(install(framework).directory)
    except Unavailable as problem:
        print(f"{framework.name} was not installed: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
