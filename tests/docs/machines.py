"""A pretended machine for somebody who follows a page: its programs, in front of what a shell has besides."""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import shlex
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

from testbeds.nvidia_stub import Libraries, StubNode
from testbeds.nvidia_stub.node import Node

# Where to look is not to be read in a page; `explain` looks nowhere.
_PROGRAM = """#!/bin/sh
case "$1" in
  explain) exec {program} "$@" ;;
  facts) shift; exec {program} facts --root {root} "$@" ;;
  *) verb=$1; shift; exec {program} "$verb" --root {root} --metadata {metadata} "$@" ;;
esac
"""


class _Metadata(http.server.BaseHTTPRequestHandler):
    """Azure's instance metadata service, as far as it tells the size."""

    size = ""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.size.encode())

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@contextlib.contextmanager
def machine(
    node: Node, size: str, labels: Mapping[str, str], folder: Path, libraries: Libraries
) -> Iterator[dict[str, str]]:
    """The environment of a shell on a machine of this size; `kubectl get node` gives these labels of it."""
    with StubNode(node, folder / "machine", libraries) as stub, _metadata_service(size) as metadata:
        programs = folder / "bin"
        programs.mkdir()
        for name in ("aigpu-agent", "aigpu-preflight"):
            program = shlex.quote(str(Path(sys.executable).with_name(name)))
            text = _PROGRAM.format(program=program, root=shlex.quote(str(stub.root)), metadata=metadata)
            _write_program(programs / name, text)
        _write_program(programs / "kubectl", f"#!/bin/sh\necho {shlex.quote(json.dumps(dict(labels)))}\n")
        _write_program(programs / "torchrun", f'#!/bin/sh\nshift 2\nexec {sys.executable} "$@"\n')
        (programs / "python3").symlink_to(sys.executable)
        environment = stub.environment()
        yield {**environment, "PATH": f"{programs}{os.pathsep}{environment['PATH']}"}


@contextlib.contextmanager
def _metadata_service(size: str) -> Iterator[str]:
    handler = type("Metadata", (_Metadata,), {"size": size})
    with http.server.HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def _write_program(place: Path, text: str) -> None:
    place.write_text(text, encoding="utf-8")
    place.chmod(0o755)
