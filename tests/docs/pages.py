"""A page of the documentation as something to run: its command blocks, and what it shows of their output.

    ```console
    $ az aigpu scan -o table          a command; it goes on in the next line behind a backslash
    Scanned 3 nodes ...               what it printed, both streams as a terminal shows them
    ...                               any number of lines
    ```

A block `sh` holds commands alone. One that no test can run says so itself, in a comment as its first line:
`# needs a subscription of yours`.
"""

from __future__ import annotations

import difflib
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
COMMAND_LANGUAGES = ("console", "sh")
MOST_SECONDS = 120
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_ELIDED = "..."
# What differs from run to run, and the word that takes its place. An age takes the blanks behind it along: it stands in
# tables, whose cells are filled up.
_VARYING = (
    (re.compile(r"\d{4}-\d\d-\d\d(T[\d:.]+Z)?"), "DAY"),
    (re.compile(r"(?<=localhost:)\d+"), "PORT"),
    (re.compile(r"(?<=-)[bcdfghjklmnpqrstvwxz2456789]{5}(?= )"), "POD"),
    (re.compile(r"(?<![\w.])(\d+[dhms])+(?!\w) *"), "AGE "),
    (re.compile(r"\$0\.0\d so far"), "$0.00 so far"),
)


@dataclass(frozen=True)
class Step:
    """A command, and what the page shows that it prints; empty where it shows nothing."""

    command: str
    shown: str = ""


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, the page's line on which it begins."""

    language: str
    text: str
    line: int

    @property
    def need(self) -> str:
        """Why no test runs it, in the words of the page; empty for one that a test runs."""
        first = self.text.partition("\n")[0]
        return first.removeprefix("# ") if first.startswith("# needs ") else ""

    @property
    def steps(self) -> list[Step]:
        """Its commands in their order."""
        text = self.text.replace("\\\n", "\\\0")
        if self.language == "sh":
            lines = [line for line in text.splitlines() if line and not line.startswith("#")]
            return [Step(line.replace("\0", "\n")) for line in lines]
        _, *parts = re.split(r"^\$ ", text, flags=re.MULTILINE)
        split = [part.partition("\n") for part in parts]
        return [Step(command.replace("\0", "\n"), shown.strip("\n")) for command, _, shown in split]


def read_blocks(page: Path, *languages: str) -> list[Block]:
    """Return the blocks of a page in these languages, by default those of commands."""
    text = page.read_text("utf-8")
    wanted = languages or COMMAND_LANGUAGES
    found = [Block(hit[1], hit[2], text.count("\n", 0, hit.start()) + 1) for hit in _FENCE.finditer(text)]
    return [block for block in found if block.language in wanted]


def read_steps(page: Path) -> list[Step]:
    """Return every command of a page that a test can run, in their order."""
    return [step for block in read_blocks(page) if not block.need for step in block.steps]


def run_step(step: Step, environment: Mapping[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command in a shell of its own; what it printed on both streams is `stdout`.

    Raises AssertionError for a traceback, and where it did not print what the page shows.
    """
    done = subprocess.run(
        ["/bin/bash", "-o", "pipefail", "-c", step.command],
        env=dict(environment),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=MOST_SECONDS,
        check=False,
    )
    assert "Traceback" not in done.stdout, done.stdout
    if step.shown and not shows(step.shown, done.stdout):
        raise AssertionError(f"$ {step.command}\n{compare(step.shown, done.stdout)}")
    return done


def shows(shown: str, printed: str) -> bool:
    """Return whether a command printed what a page shows; `...` on a line of its own is any number of lines."""
    lines = ["(?:.*\n)*?" if line.strip() == _ELIDED else re.escape(line) + "\n" for line in normalize(shown)]
    return re.fullmatch("".join(lines), "".join(line + "\n" for line in normalize(printed))) is not None


def compare(shown: str, printed: str) -> str:
    """Return the differences for people to read: what the page shows, and what was printed."""
    lines = difflib.unified_diff(normalize(shown), normalize(printed), "the page shows", "it printed", lineterm="")
    return "\n".join(lines)


def normalize(text: str) -> list[str]:
    """Return the lines of a text without what differs from run to run, and without blanks at their ends."""
    for pattern, word in _VARYING:
        text = pattern.sub(word, text)
    return [line.rstrip() for line in text.strip("\n").split("\n")]
