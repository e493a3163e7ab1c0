"""`pipeline show`: the documents as they are, in the folders that their hosts read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from azext_aigpu.pipeline import DOCUMENTS, read_document
from tests.azext.core.harness import run_offline

pytestmark = pytest.mark.core

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "from-pull-request-to-pool.md"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_show_writes_it_as_it_is(name: str, tmp_path: Path) -> None:
    shown = run_offline("aigpu", "pipeline", "show", "--format", name)
    path = tmp_path / "document"
    written = run_offline("aigpu", "pipeline", "show", "--format", name, "--file", str(path))

    assert (shown.exit_code, shown.stdout) == (0, read_document(name))
    assert (written.exit_code, written.stdout) == (0, "")
    assert path.read_text("utf-8") == read_document(name)
    assert "Commit it as" in written.stderr


def test_the_page_about_it_writes_every_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    commands = re.findall(r"^az (aigpu pipeline show .*)$", PAGE.read_text("utf-8"), re.MULTILINE)

    results = [run_offline(*command.split()) for command in commands]

    assert [result.exit_code for result in results] == [0] * len(DOCUMENTS)
    written = {path.read_text("utf-8") for path in tmp_path.iterdir()}
    assert written == {read_document(name) for name in DOCUMENTS}


def test_another_format_is_bad_usage() -> None:
    result = run_offline("aigpu", "pipeline", "show", "--format", "jenkins")

    assert result.exit_code == 2
    assert "azure-pipelines" in result.stderr
