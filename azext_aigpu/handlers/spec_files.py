"""Reads the spec files that a command is given, with what is laid over them."""

from __future__ import annotations

from collections.abc import Sequence

from azext_aigpu.input_files import STDIN, name_of
from azext_aigpu.spec import Limits
from azext_aigpu.specs.parse import Text, Wanted, parse_specs
from azext_aigpu.text_files import read_text
from azext_aigpu.usage import UsageError


def read_specs(files: Sequence[str], overlays: Sequence[str], limits: Limits, option: str) -> tuple[Wanted, ...]:
    """Return the pools that the files ask for. Raises UsageError with all that is wrong; `option` names the files."""
    if [*files, *overlays].count(STDIN) > 1:
        raise UsageError("Standard input was named twice, and it can be read once.", "Put one of them into a file.")
    texts = [_read(path, option) for path in files]
    return parse_specs(texts, [_read(path, "--overlay") for path in overlays], limits)


def _read(path: str, option: str) -> Text:
    return Text(name_of(path), read_text(path, option))
