"""A kubectl that answers out of a book: a real process, told in advance what each command line prints."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from azext_aigpu.cluster.kubectl import Kubectl

_PROGRAM = """#!{python}
import json, sys, time
from pathlib import Path

folder = Path({folder!r})
given = sys.stdin.read()
words = [word for word in sys.argv[1:] if not word.startswith(("--kubeconfig=", "--context="))]
with open(folder / "calls", "a") as calls:
    calls.write(json.dumps({{"argv": sys.argv[1:], "stdin": given}}) + "\\n")
line = " ".join(words)
pages = json.loads((folder / "book").read_text()).get(line)
if pages is None:
    sys.exit("Error from server (NotFound): the server could not find the requested resource")
# Several answers to one command line come one after the other; the last one stays.
counter = folder / ("count-" + line.replace("/", "|"))
with open(counter, "a") as file:
    file.write(".")
page = pages[min(counter.stat().st_size, len(pages)) - 1]
sys.stderr.write(page["stderr"])
sys.stderr.flush()
sys.stdout.write(page["stdout"])
sys.stdout.flush()
time.sleep(page["seconds"])
sys.exit(page["code"])
"""


class FakeKubectl:
    """Writes the program and its book; `kubectl` runs it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._book: dict[str, list[dict[str, Any]]] = {}
        self.path = folder / "kubectl"
        self.path.write_text(_PROGRAM.format(python=sys.executable, folder=str(folder)), encoding="utf-8")
        self.path.chmod(0o755)
        self._write()

    @property
    def kubectl(self) -> Kubectl:
        """The wrapper around this program."""
        return Kubectl(str(self.path))

    def answers(
        self, command: str, stdout: object = "", *, stderr: str = "", code: int = 0, seconds: float = 0
    ) -> None:
        """Have `kubectl COMMAND` print this; data is printed as JSON. Called again, it adds the next answer."""
        text = stdout if isinstance(stdout, str) else json.dumps(stdout)
        page = {"stdout": text, "stderr": stderr, "code": code, "seconds": seconds}
        self._book.setdefault(command, []).append(page)
        self._write()

    def fails(self, command: str, stderr: str) -> None:
        """Have `kubectl COMMAND` end with 1 and say this."""
        self.answers(command, stderr=stderr, code=1)

    @property
    def calls(self) -> list[Mapping[str, Any]]:
        """Every call so far: `argv` without the program, and `stdin`."""
        log = self.folder / "calls"
        return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []

    @property
    def commands(self) -> Sequence[str]:
        """The command lines of the calls so far."""
        return [" ".join(call["argv"]) for call in self.calls]

    def _write(self) -> None:
        (self.folder / "book").write_text(json.dumps(self._book), encoding="utf-8")
