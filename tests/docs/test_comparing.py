"""What counts as printed when a page shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import Step, read_blocks, read_steps, run_step, shows

PAGE = """\
# A page

```console
$ echo one \\
    two
one two
$ true
```

```sh
# needs a moon
launch
```

```yaml
kind: Pod
```
"""


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("one\ntwo", "one\ntwo\n"),
        ("one\n...\nfour", "one\ntwo\nthree\nfour\n"),
        ("one\n...\ntwo", "one\ntwo\n"),
        ("heard 8s ago on 2026-01-02", "heard 1h6m44s ago on 2026-11-26"),
        ("train-abcde Running", "train-abcde Running"),
    ],
    ids=["the same", "lines left out", "none left out", "ages and days", "a name"],
)
def test_it_is_shown(shown: str, printed: str) -> None:
    assert shows(shown, printed)


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("one", "one\ntwo\n"),
        ("one\n...\nfour", "one\ntwo\n"),
        ("$0.77/h", "$0.78/h"),
        ("Standard_D16s_v5", "Standard_D8s_v5"),
        ("a.c", "abc"),
    ],
    ids=["more", "the end is missing", "another price", "another size", "no pattern"],
)
def test_it_is_not_shown(shown: str, printed: str) -> None:
    assert not shows(shown, printed)


def test_commands_go_on_behind_a_backslash_and_a_block_with_a_need_is_left_out(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE, encoding="utf-8")

    assert [block.need for block in read_blocks(page)] == ["", "needs a moon"]
    assert read_steps(page) == [Step("echo one \\\n    two", "one two"), Step("true")]
    assert all(run_step(step, {"PATH": "/usr/bin:/bin"}, tmp_path).returncode == 0 for step in read_steps(page))


@pytest.mark.parametrize("command", ["echo three", "echo 'Traceback (most recent call last):'"])
def test_another_output_and_a_traceback_are_failures(command: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        run_step(Step(command, "one two"), {"PATH": "/usr/bin:/bin"}, tmp_path)
