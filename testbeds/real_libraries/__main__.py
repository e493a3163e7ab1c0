"""`python -m testbeds.real_libraries`: bring the libraries into the cache folder and say where they are."""

from __future__ import annotations

import sys

from testbeds.real_libraries.debian import Unavailable, fetch
from testbeds.real_libraries.libraries import BRANCHES


def main() -> int:
    """Return the exit status: 1 where they cannot be had, with the reason."""
    try:
        for place in fetch(dict(BRANCHES)):
            print(place)
    except Unavailable as problem:
        print(f"NVIDIA's libraries were not fetched: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
