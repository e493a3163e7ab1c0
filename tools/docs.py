"""Writes the pages of `docs/reference` that the code knows better than we do.

    python -m tools.docs            rewrite them
    python -m tools.docs --check    exit 1 and name each page that is not what the code says

Generated are: the commands (out of the loaded command table and its help), the index of the rules, the reasons.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from tools.docs_commands import build_commands_page
from tools.docs_lists import build_reasons_page, build_rules_page

REFERENCE = Path(__file__).resolve().parent.parent / "docs" / "reference"


def build_pages() -> dict[Path, str]:
    """Return every generated page and its text."""
    return {
        REFERENCE / "commands.md": build_commands_page(),
        REFERENCE / "rules" / "README.md": build_rules_page(),
        REFERENCE / "reasons.md": build_reasons_page(),
    }


def main(arguments: list[str] | None = None) -> int:
    """Run the program and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.docs", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare, write nothing, exit 1 on a difference")
    only_compare = parser.parse_args(arguments).check
    # azure-cli writes into its configuration folder when it is imported.
    with tempfile.TemporaryDirectory(prefix="aigpu-docs-") as directory:
        os.environ["AZURE_CONFIG_DIR"] = directory
        os.environ["AZURE_CORE_COLLECT_TELEMETRY"] = "no"
        pages = build_pages()
    stale = [path for path, text in pages.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        name = path.relative_to(REFERENCE.parent.parent)
        if only_compare:
            print(f"{name} is not what the code says; run: python -m tools.docs", file=sys.stderr)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(pages[path], encoding="utf-8")
            print(f"wrote {name}")
    return 1 if stale and only_compare else 0


if __name__ == "__main__":
    sys.exit(main())
