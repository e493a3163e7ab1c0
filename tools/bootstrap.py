"""Make the one `.venv` that every target of the Makefile uses: `python3 tools/bootstrap.py`.

Does nothing when `.venv` fits already. uv installs, since it takes seconds where pip takes minutes; pip is the way
out where uv cannot be had. Standard library only, and written so that a Python too old for the project can still
parse it and say so.
"""

import ast
import hashlib
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path

OLDEST = (3, 10)
NEWER_PYTHONS = ["python3.13", "python3.12", "python3.11", "python3.10", "python3.14"]

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
STAMP = VENV / "aigpu-bootstrap"

UV = "uv>=0.13"
PROJECT = ["--editable", ".[dev]"]
SIZE = "about 500 MB"
DURATION = "5 s to 2 min, by network and cache"

# pip's setting -> the environment variable through which uv takes the same, and what separates its values.
UV_SETTINGS = {
    "index-url": ("UV_DEFAULT_INDEX", " "),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "no-index": ("UV_NO_INDEX", " "),
    "cert": ("SSL_CERT_FILE", " "),
}


def main() -> int:
    """Return the exit status: 0 when `.venv` is ready, 1 when something is missing on this machine."""
    problem = python_problem() or venv_problem()
    if problem:
        print(problem, file=sys.stderr)
        return 1
    key = environment_key()
    if STAMP.is_file() and STAMP.read_text("utf-8") == key and VENV_PYTHON.exists():
        return 0
    if not shutil.which("gcc"):
        print(gcc_notice(), file=sys.stderr)
    try:
        make_venv()
    except subprocess.CalledProcessError as error:
        print(failure(error), file=sys.stderr)
        return 1
    STAMP.write_text(key, "utf-8")
    return 0


def python_problem() -> str:
    """Say what is wrong with the running Python; an empty string when nothing is."""
    if sys.version_info >= OLDEST:
        return ""
    problem = f"aigpu needs Python 3.10 or newer, as azure-cli does; {sys.executable} is {platform.python_version()}."
    found = next((name for name in NEWER_PYTHONS if runs(name)), None)
    if found:
        return f"{problem}\n{found} is on this machine: add PYTHON={found} to the make command."
    return (
        f"{problem}\nInstall one (Debian, Ubuntu: sudo apt install python3 python3-venv; macOS: brew install python)"
        " and name it: make test PYTHON=/path/to/python3."
    )


def runs(program: str) -> bool:
    """Tell whether the program is there and starts; version managers put names on PATH that do not."""
    if not shutil.which(program):
        return False
    return subprocess.run([program, "-c", ""], stderr=subprocess.DEVNULL, check=False).returncode == 0


def venv_problem() -> str:
    """Say what is missing to make a virtual environment; Debian and Ubuntu split it off Python."""
    if importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip"):
        return ""
    package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    return (
        f"{sys.executable} cannot make a virtual environment: its module ensurepip is missing.\n"
        f"Install it (Debian, Ubuntu: sudo apt install {package}), then run the same make command again."
    )


def gcc_notice() -> str:
    """Say what gcc will be needed for; not an error, as everything here today works without."""
    return (
        "gcc was not found. Nothing needs it today; the node agent's tests will, to build stand-ins for NVIDIA's"
        " libraries.\nInstall it when convenient (Debian, Ubuntu: sudo apt install gcc libc6-dev;"
        " macOS: xcode-select --install)."
    )


def environment_key() -> str:
    """Name everything that an existing `.venv` must agree with; its scripts hold absolute paths, hence ROOT."""
    parts = [platform.python_version(), sys.base_prefix, str(ROOT), (ROOT / "setup.py").read_text("utf-8"), UV]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def make_venv() -> None:
    """Make `.venv` anew and install the project with everything that its tests need.

    Raises subprocess.CalledProcessError when neither uv nor pip could install it.
    """
    print(
        f"Making .venv with Python {platform.python_version()}: azure-cli and the test tools, {SIZE}, {DURATION}.",
        flush=True,
    )
    started = time.monotonic()
    # The interpreter behind an activated virtual environment: `--clear` may be about to delete the environment's own.
    python = str(Path(sys.executable).resolve()) if sys.prefix != sys.base_prefix else sys.executable
    subprocess.run([python, "-m", "venv", "--clear", str(VENV)], check=True)
    install()
    print(f".venv is ready ({time.monotonic() - started:.0f} s).", flush=True)


def install() -> None:
    """Install with uv, else with pip. Raises subprocess.CalledProcessError when pip fails too."""
    pip = [str(VENV_PYTHON), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    try:
        subprocess.run([*pip, UV], cwd=ROOT, check=True)
        environment = {**os.environ, "VIRTUAL_ENV": str(VENV), **uv_settings(read_pip_settings(), dict(os.environ))}
        subprocess.run(
            [str(VENV / "bin" / "uv"), "pip", "install", "--quiet", *PROJECT], cwd=ROOT, env=environment, check=True
        )
    except subprocess.CalledProcessError:
        print("uv could not install the project; trying pip, which takes 1 to 5 min.", file=sys.stderr, flush=True)
        subprocess.run([*pip, *PROJECT], cwd=ROOT, check=True)


def read_pip_settings() -> "dict[str, str]":
    """Ask pip for its settings, from its files and the environment alike."""
    command = [str(VENV_PYTHON), "-m", "pip", "config", "list"]
    return parse_pip_settings(
        subprocess.run(command, check=True, stdout=subprocess.PIPE, universal_newlines=True).stdout
    )


def parse_pip_settings(listing: str) -> "dict[str, str]":
    """Read `pip config list`: for each setting the value that `pip install` would use."""
    found = {}
    for section in ("global", "install", ":env:"):  # a later one wins, as in pip
        for line in listing.splitlines():
            name, separator, value = line.partition("=")
            if separator and name.startswith(f"{section}."):
                found[name[len(section) + 1 :]] = str(ast.literal_eval(value))
    return found


def uv_settings(pip: "dict[str, str]", environment: "dict[str, str]") -> "dict[str, str]":
    """Say the user's pip settings in uv's words; what the environment says to uv already stays."""
    wanted = {
        variable: separator.join(pip[name].split())
        for name, (variable, separator) in UV_SETTINGS.items()
        if pip.get(name)
    }
    # The machine's own certificates, and the best version from any index: pip's ways, not uv's.
    wanted.update(UV_SYSTEM_CERTS="1", UV_INDEX_STRATEGY="unsafe-best-match")
    return {name: value for name, value in wanted.items() if name not in environment}


def failure(error: "subprocess.CalledProcessError") -> str:
    """Say which step failed; its own output stands above."""
    step = " ".join(str(part) for part in error.cmd)
    return (
        f"Making .venv failed: exit status {error.returncode} of\n  {step}\n"
        "Its output above says why; most often the package index cannot be reached (pip config list shows which one).\n"
        "Run the same make command again afterwards: it starts over."
    )


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("Stopped; the next make starts over.")
