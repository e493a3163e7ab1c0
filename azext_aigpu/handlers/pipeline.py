"""`az aigpu pipeline show`: the script of a pipeline, and its wrappers for two code hosts."""

from __future__ import annotations

from typing import Any

from azext_aigpu.handlers.session import open_session
from azext_aigpu.pipeline import DOCUMENTS, read_document
from azext_aigpu.text_files import print_text, write_text


def show_pipeline(cmd: Any, format: str, file: str | None = None) -> None:  # noqa: A002  the option's name
    """Write one of the documents to stdout or a file."""
    session = open_session(cmd)
    text = read_document(format)
    if file is None:
        print_text(text)
        return
    write_text(file, text, "--file")
    session.say(f"Wrote {file}. {DOCUMENTS[format].next_step}")
