"""Which Python a command runs, and where that Python finds its packages; none of the command's code is run."""

from __future__ import annotations

import os
import re
from typing import List, Mapping, Optional, Sequence, Tuple

from aigpu_contract.reading import Known, Reading, Unknown
from node_agent.facts import Interpreter
from node_agent.probes.child import Child
from node_agent.probes.wheels import read_wheels

DEEPEST = 8
SHELLS = ("ash", "bash", "busybox", "dash", "ksh", "sh", "zsh")
CHOOSERS = ("conda", "hatch", "mamba", "micromamba", "nox", "pdm", "pipenv", "pixi", "poetry", "rye", "tox", "uv")
"""Programs that choose an environment of their own: the Python of their first line is not the job's."""

PREFIXES: Mapping[str, Tuple[str, ...]] = {
    "dumb-init": ("-r", "--rewrite"),
    "env": ("-u", "--unset", "-C", "--chdir"),
    "nice": ("-n", "--adjustment"),
    "nohup": (),
    "setsid": (),
    "stdbuf": ("-e", "-i", "-o"),
    "timeout": ("-s", "--signal", "-k", "--kill-after"),
    "tini": ("-e", "-p"),
}
"""Programs that run the command behind their options, and those of their options that take a value of their own."""

_PYTHON = re.compile(r"(python|pypy)[0-9.]*t?")
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
# pip writes this second line where the path is too long or has a blank: sh runs it, Python takes it for a string.
_LONG_SHEBANG = re.compile(r"^'''exec' (\"[^\"]+\"|\S+) \"\$0\" \"\$@\"$")

# Runs in the other Python, which may be old: only what every Python 3 has. Without `site`, so that neither .pth files
# nor sitecustomize run; what `site` would have added is computed by its own functions, which run nothing.
PROGRAM = """
import json, os, platform, site, sys
home = os.path.dirname(os.path.abspath(sys.executable))
places = [place for place in (home, os.path.dirname(home)) if os.path.isfile(os.path.join(place, "pyvenv.cfg"))]
own, outer = [], True
for place in places[-1:]:
    own = [place]
    with open(os.path.join(place, "pyvenv.cfg")) as file:
        text = file.read().replace(" ", "").lower()
    outer = "include-system-site-packages=true" in text
system = [sys.base_prefix, sys.base_exec_prefix] if places else [sys.prefix, sys.exec_prefix]
paths = ([site.getusersitepackages()] if outer else []) + site.getsitepackages(own + (system if outer else []))
facts = {"path": sys.executable, "version": platform.python_version(), "paths": paths}
print("python " + json.dumps(facts))
print("end null")
"""


def command(path: str) -> List[str]:
    """Return the command line that asks the interpreter at `path` for its version and its package folders."""
    return [path, "-I", "-S", "-c", PROGRAM]


def read_interpreter(child: Child, environ: Mapping[str, str]) -> Reading[Interpreter]:
    """Return the interpreter with the frameworks found for it, also those that the job's PYTHONPATH adds."""
    failure = child.finish()
    reading = child.reading("python")
    if failure is not None or isinstance(reading, Unknown):
        return failure or reading
    paths = [folder for folder in environ.get("PYTHONPATH", "").split(os.pathsep) if folder]
    wheels = read_wheels(paths + list(reading.value["paths"]), environ.get("LD_LIBRARY_PATH", ""))
    return Known(Interpreter(str(reading.value["path"]), str(reading.value["version"]), wheels))


def resolve(arguments: Sequence[str], environ: Mapping[str, str]) -> Reading[str]:
    """Return the path of the Python that `arguments` run: named itself, by `env`, or by the first line of a script."""
    line = list(arguments)
    search = environ.get("PATH", os.defpath)
    for _ in range(DEEPEST):
        path = _find(line[0], search) if line else None
        if path is None:
            return Unknown(f"{line[0]} is no executable file" if line else "the command names no program")
        name = os.path.basename(line[0])
        if _PYTHON.fullmatch(name):
            return Known(path)
        if name in SHELLS or name in CHOOSERS:
            return Unknown(f"{name} decides by itself which Python it runs")
        if name in PREFIXES:
            search = _assigned_path(line) or search
            line = _behind(name, line[1:])
            continue
        first = _read_shebang(path)
        if isinstance(first, Unknown):
            return first
        line = first.value
    return Unknown(f"{arguments[0]} leads to no Python after {DEEPEST} steps")


def _find(program: str, search: str) -> Optional[str]:
    """Return the executable file that a shell would run for `program`; links stay, as a venv is told by its own."""
    if "/" in program:
        places = [program]
    else:
        places = [os.path.join(folder or ".", program) for folder in search.split(os.pathsep)]
    found = [place for place in places if os.path.isfile(place) and os.access(place, os.X_OK)]
    return os.path.abspath(found[0]) if found else None


def _behind(name: str, arguments: Sequence[str]) -> List[str]:
    """Return the command behind the options of a program that only runs another one."""
    rest = list(arguments)
    while rest and (rest[0].startswith("-") or (name == "env" and _ASSIGNMENT.match(rest[0]))):
        word = rest.pop(0)
        if word == "--":
            break
        if name == "env" and word.startswith("-S"):  # one argument with blanks, as a #! line gives it
            return _behind(name, (word[2:] or " ".join(rest[:1])).split() + (rest if word[2:] else rest[1:]))
        if word in PREFIXES[name]:
            rest = rest[1:]
    return rest[1:] if name == "timeout" else rest


def _assigned_path(line: Sequence[str]) -> Optional[str]:
    assigned = [word[len("PATH=") :] for word in line if word.startswith("PATH=")]
    return assigned[0] if os.path.basename(line[0]) == "env" and assigned else None


def _read_shebang(path: str) -> Reading[List[str]]:
    """Return what the kernel runs for the script at `path`, without the script itself."""
    try:
        with open(path, "rb") as file:
            head = file.read(4096)
    except OSError as error:
        return Unknown(f"{path} cannot be read: {error.strerror}")
    lines = head.decode("utf-8", "replace").splitlines()
    if not head.startswith(b"#!"):
        return Unknown(f"{path} is no Python and no script that names one")
    interpreter, _, argument = lines[0][2:].strip().partition(" ")
    long_form = _LONG_SHEBANG.match(lines[1]) if len(lines) > 1 else None
    if long_form and os.path.basename(interpreter) in SHELLS:
        return Known([long_form.group(1).strip('"')])
    return Known([interpreter] + ([argument.strip()] if argument.strip() else []))
