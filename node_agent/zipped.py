"""Imports from the one file at half the cost.

Python's own importer for zip files compiles a module to learn the name of its file, and compiles it again to run it.
"""

from __future__ import annotations

import os
import sys
import zipimport


class OnceCompiling(zipimport.zipimporter):
    """Python's importer, which tells the name of a module's file without compiling the module."""

    def get_filename(self, fullname: str) -> str:
        """Return the path of the module below the zip file. Raises ZipImportError where the file does not hold it."""
        end = os.sep + "__init__.py" if self.is_package(fullname) else ".py"
        return self.archive + os.sep + self.prefix + fullname.rpartition(".")[2] + end


def compile_once() -> None:
    """Import with it what is imported from now on, if this module itself came out of a zip file."""
    loader: object = __spec__.loader
    if isinstance(loader, zipimport.zipimporter):
        sys.path_hooks.insert(0, OnceCompiling)
        sys.path_importer_cache.clear()
