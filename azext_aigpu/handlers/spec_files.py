"""Reads the spec files that a command is given, with what is laid over them."""

from __future__ import annotations

from collections.abc import Iterable

from azext_aigpu.cluster.manifest_files import name_of, read_manifest
from azext_aigpu.spec import Limits
from azext_aigpu.specs.parse import Text, Wanted, parse_specs


def read_specs(files: Iterable[str], overlays: Iterable[str], limits: Limits, option: str) -> tuple[Wanted, ...]:
    """Return the pools that the files ask for. Raises UsageError with all that is wrong; `option` names the files."""
    texts = [_read(path, option) for path in files]
    return parse_specs(texts, [_read(path, "--overlay") for path in overlays], limits)


def _read(path: str, option: str) -> Text:
    return Text(name_of(path), read_manifest(path, option))
