"""The end of every check: findings to people, SARIF to its file, and the exit code after azure-cli has printed."""

from __future__ import annotations

import json
from typing import Any

from azext_aigpu.audit.report import Report, render_report
from azext_aigpu.exit_code import end_with
from azext_aigpu.handlers.session import Session
from azext_aigpu.text_files import write_text


def conclude(session: Session, report: Report, sarif: str | None) -> dict[str, Any]:
    """Return the report for azure-cli to print, and see that `az` then ends with the report's exit code."""
    session.say(render_report(report))
    if sarif is not None:
        _write_sarif(report, sarif)
    end_with(session.cli_ctx, report.exit_code)
    return report.to_json()


def _write_sarif(report: Report, path: str) -> None:
    from azext_aigpu.audit.sarif import build_sarif

    text = json.dumps(build_sarif(report), indent=1, ensure_ascii=True) + "\n"
    write_text(path, text, "--sarif")
