"""Writes the pages of `docs/reference` that the code knows better than we do.

    python -m tools.docs            rewrite them
    python -m tools.docs --check    exit 1 and name each page that is not what the code says

Generated are: the commands (out of the loaded command table and its help), the index of the rules, the reasons,
the fields of specs and their JSON Schema.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from tools.docs_commands import build_commands_page
from tools.docs_lists import build_reasons_page, build_rules_page
from tools.docs_spec import build_schema_text, build_spec_page
from tools.generated import ROOT, run_generator

REFERENCE = ROOT / "docs" / "reference"


def build_pages() -> dict[Path, str]:
    """Return every generated page and its text."""
    return {
        REFERENCE / "commands.md": build_commands_page(),
        REFERENCE / "rules" / "README.md": build_rules_page(),
        REFERENCE / "reasons.md": build_reasons_page(),
        REFERENCE / "spec.md": build_spec_page(),
        REFERENCE / "gpunodepool.schema.json": build_schema_text(),
    }


def _build() -> dict[Path, str]:
    # azure-cli writes into its configuration folder when it is imported.
    with tempfile.TemporaryDirectory(prefix="aigpu-docs-") as directory:
        os.environ["AZURE_CONFIG_DIR"] = directory
        os.environ["AZURE_CORE_COLLECT_TELEMETRY"] = "no"
        return build_pages()


if __name__ == "__main__":
    sys.exit(run_generator("tools.docs", __doc__, _build))
