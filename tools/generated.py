"""Files that the code writes: rewritten, or with `--check` compared and named where they are stale."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def run_generator(
    program: str, description: str | None, build: Callable[[], Mapping[Path, str]], arguments: list[str] | None = None
) -> int:
    """Write what `build` returns, or compare it; return the exit code, 1 for a difference under `--check`."""
    parser = argparse.ArgumentParser(prog=f"python -m {program}", description=(description or "").split("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare, write nothing, exit 1 on a difference")
    only_compare = parser.parse_args(arguments).check
    files = build()
    stale = [path for path, text in files.items() if not path.exists() or path.read_text("utf-8") != text]
    for path in stale:
        name = path.relative_to(ROOT)
        if only_compare:
            print(f"{name} is not what the code says; run: python -m {program}", file=sys.stderr)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(files[path], encoding="utf-8")
            print(f"wrote {name}")
    return 1 if stale and only_compare else 0
