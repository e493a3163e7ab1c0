"""What `az aigpu pipeline show` writes: one script, and a thin wrapper of it for each code host. Nothing is run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Document:
    """One document: its file beside this one, and what to do with it."""

    name: str
    next_step: str


DOCUMENTS: Mapping[str, Document] = {
    "script": Document(
        "aigpu-gate.sh", "Commit it as aigpu-gate.sh; the wrappers run it: --format github | azure-pipelines"
    ),
    "github": Document("github.yaml", "Commit it as .github/workflows/aigpu.yaml, and set what its head names."),
    "azure-pipelines": Document(
        "azure-pipelines.yaml", "Commit it as aigpu-pipelines.yaml, and set what its head names."
    ),
}


def read_document(name: str) -> str:
    """Return the text of a document of `DOCUMENTS`."""
    return (HERE / DOCUMENTS[name].name).read_text("utf-8")
