"""Build `aigpu-preflight.pyz`: `python -m tools.preflight_pyz DIRECTORY`.

Prints its path, size, and two digests. That of the file is the same for the same sources wherever zlib is the usual
one; that of the contents is the same everywhere.
"""

from __future__ import annotations

import hashlib
import sys
import zipfile
import zlib
from pathlib import Path

from node_agent.preflight.bundle import write_bundle
from node_agent.preflight.install import NAME


def build_pyz(directory: Path) -> Path:
    """Write the file into the directory and return its path. Raises OSError."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / NAME
    write_bundle(str(path))
    return path


def digest_contents(path: Path) -> str:
    """Return a SHA-256 over the names and contents of the members, whatever compressed them."""
    digest = hashlib.sha256()
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            digest.update(f"{member.filename}\0{member.file_size}\0".encode() + archive.read(member))
    return digest.hexdigest()


def main() -> int:
    """Return the exit status: 1 when it could not be built, with the reason."""
    try:
        path = build_pyz(Path(sys.argv[1] if len(sys.argv) > 1 else "dist"))
    except OSError as error:
        print(f"aigpu-preflight.pyz could not be built: {error}", file=sys.stderr)
        return 1
    content = path.read_bytes()
    print(path)
    print(f"{len(content)} bytes, sha256 {hashlib.sha256(content).hexdigest()}")
    print(f"contents sha256 {digest_contents(path)}, compressed by zlib {zlib.ZLIB_RUNTIME_VERSION}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
