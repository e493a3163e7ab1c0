"""Starts aigpu-preflight out of the one file that it is packed in, as `__main__.py`; never imported.

Any Python can read this file, so as to be told when it is too old.
"""

import os
import sys

NEEDED = (3, 8)


def refuse(problem):
    # type: (str) -> None
    """End with 78, which blames the image: another node would not help."""
    here = "this is Python {} at {}".format(sys.version.split()[0], sys.executable)
    wanted = "Python {}.{} or newer with zlib is needed".format(*NEEDED)
    advice = "Put one into the image, or name it: /path/to/python3 {} ...".format(sys.argv[0])
    sys.stderr.write("aigpu-preflight: {}: {}, and {}. {}\n".format(problem, here, wanted, advice))
    sys.exit(78)


def isolate():
    # type: () -> None
    """Cut the search path to this file and the standard library.

    A job's PYTHONPATH and packages must not stand in for what judges them. The environment stays as it is, for the job.
    """
    library = os.path.realpath(os.path.dirname(os.__file__))
    kept = [
        path for path in sys.path[1:] if os.path.basename(path) == "lib-dynload" or os.path.realpath(path) == library
    ]
    if kept:
        sys.path[1:] = kept


def run():
    # type: () -> None
    """Hand over to the program, if this Python can run it."""
    if sys.version_info < NEEDED:
        refuse("the Python of this image is too old")
    try:
        import zlib  # noqa: F401, PLC0415 (what is packed beside this file is compressed)
    except ImportError:
        refuse("the Python of this image lacks zlib")
    isolate()
    from node_agent.zipped import compile_once  # noqa: PLC0415

    compile_once()
    from node_agent.preflight.program import main  # noqa: PLC0415

    main()


if __name__ == "__main__":
    run()
