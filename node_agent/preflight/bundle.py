"""Packs the portable part into one file that any image's Python runs: `aigpu-preflight.pyz`.

Same sources, same bytes: names are sorted, times and permissions fixed, and nothing of this machine or Python goes in.
Only what compresses is not ours: another implementation of zlib may give other bytes of the same contents.
"""

from __future__ import annotations

import importlib.util
import io
import os
import zipfile
from typing import Iterator, List, Tuple

import aigpu_contract
from node_agent.preflight.binding import cut_binding, read_licence_header
from node_agent.preflight.install import MODE

PACKAGES = ("aigpu_contract", "node_agent", "node_agent/checks", "node_agent/preflight", "node_agent/probes")
"""The portable part. A package that is not named here does not run inside an image."""
DATA = ("aigpu_contract/skus.json",)
MAIN = "node_agent/preflight/pyz_main.py"
SHEBANG = b"#!/usr/bin/env python3\n"
LEVEL = 9
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip file can hold."""


class NotAtHand(FileNotFoundError):  # noqa: N818 (it reads as what happened)
    """Something that goes into the file is not installed beside us; the text says what to do."""


def write_bundle(path: str) -> None:
    """Write the file, executable, over what is there. Raises NotAtHand, and OSError where it cannot be written."""
    content = build_bundle(read_entries())
    with open(path, "wb") as file:
        file.write(content)
    os.chmod(path, MODE)


def read_entries() -> List[Tuple[str, bytes]]:
    """Return every member's name and content, in order. Raises NotAtHand."""
    root = os.path.dirname(os.path.dirname(os.path.abspath(aigpu_contract.__file__)))
    entries = [(name, _read(os.path.join(root, name))) for name in sorted([*_source_names(root), *DATA])]
    start = ("__main__.py", _read(os.path.join(root, MAIN)))
    return [start, ("LICENSE", _read_licence(root)), *entries, *_binding_entries(entries)]


def build_bundle(entries: List[Tuple[str, bytes]]) -> bytes:
    """Return the file's bytes: the line that names the interpreter, then a zip archive."""
    content = io.BytesIO()
    content.write(SHEBANG)
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in entries:
            member = zipfile.ZipInfo(name, EPOCH)
            member.create_system = 3  # Unix, wherever it is made
            member.external_attr = 0o100644 << 16
            # A Python without zlib must still get as far as to be told what it lacks.
            method = zipfile.ZIP_STORED if name == "__main__.py" else zipfile.ZIP_DEFLATED
            archive.writestr(member, data, method, LEVEL)
    return content.getvalue()


def _source_names(root: str) -> Iterator[str]:
    for package in PACKAGES:
        for name in os.listdir(os.path.join(root, package)):
            if name.endswith(".py") and f"{package}/{name}" != MAIN:
                yield f"{package}/{name}"


def _binding_entries(entries: List[Tuple[str, bytes]]) -> List[Tuple[str, bytes]]:
    """Return NVIDIA's binding, cut to what the sources among `entries` use, and its licence."""
    found = importlib.util.find_spec("pynvml")
    if found is None or not found.origin:
        raise NotAtHand("the module pynvml is not installed and goes into the file: pip install nvidia-ml-py")
    source = _read(found.origin).decode("utf-8")
    try:
        licence = read_licence_header(source)
    except ValueError as error:
        raise NotAtHand(str(error)) from None
    users = [content.decode("utf-8") for name, content in entries if name.endswith(".py")]
    return [("LICENSE-pynvml", licence.encode()), ("pynvml.py", cut_binding(source, users).encode())]


def _read_licence(root: str) -> bytes:
    """Return our own licence: in a checkout it lies beside the packages, installed in the metadata."""
    metadata = f"aigpu-{aigpu_contract.__version__}.dist-info"
    for place in ("LICENSE", f"{metadata}/licenses/LICENSE", f"{metadata}/LICENSE"):
        path = os.path.join(root, place)
        if os.path.isfile(path):
            return _read(path)
    raise NotAtHand(f"aigpu's licence is neither in {root} nor in {metadata} there: install aigpu again")


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()
