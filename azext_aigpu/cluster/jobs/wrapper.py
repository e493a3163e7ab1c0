"""What `job inject` writes into a pod, by name, and how it is known again. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aigpu_contract.verdict import EXIT_JOB, EXIT_USAGE

INIT_CONTAINER = "aigpu-preflight"
VOLUME = "aigpu"
MOUNT_PATH = "/aigpu"
PROGRAM = "aigpu-preflight"
PYZ = f"{MOUNT_PATH}/{PROGRAM}.pyz"
EXEC = ("python3", PYZ, "exec")
CHECK = (PROGRAM, "check", "--install", MOUNT_PATH)
END = "--"

EXPECT_GPUS = "--expect-gpus"
ON_FALLBACK = "--on-fallback"
GPU_DEADLINE = "--gpu-deadline"
STOP = "stop"
WARN = "warn"

UID = 65534
"""A user without rights; the file that it leaves for the main container can be read by all."""


@dataclass(frozen=True)
class Wrapped:
    """A command that the preflight starts: its own options, those that somebody added, and the user's command."""

    options: Mapping[str, str]
    added: tuple[str, ...]
    command: tuple[str, ...]


def parse_wrapped(command: Sequence[str]) -> Wrapped | None:
    """Return the parts of a command that `job inject` wrapped, None for any other."""
    line = tuple(command)
    if line[: len(EXEC)] != EXEC or END not in line:
        return None
    end = line.index(END)
    options, added = _split(line[len(EXEC) : end], (EXPECT_GPUS, ON_FALLBACK, GPU_DEADLINE))
    return Wrapped(options, added, line[end + 1 :])


def build_wrapped(wrapped: Wrapped) -> list[str]:
    """Return the command line that checks, starts the command, and watches it."""
    return [*EXEC, *_joined(wrapped.options), *wrapped.added, END, *wrapped.command]


def build_check(expect_gpus: int | None, existing: Sequence[str] = ()) -> list[str]:
    """Return the init container's command; what somebody added to an `existing` one stays."""
    line = tuple(existing)
    _, added = _split(line[len(CHECK) :] if line[: len(CHECK)] == CHECK else (), (EXPECT_GPUS,))
    expected = {} if expect_gpus is None else {EXPECT_GPUS: str(expect_gpus)}
    return [*CHECK, *_joined(expected), *added]


def is_wrapped(container: Mapping[str, Any]) -> bool:
    """Return whether a container's command runs under the preflight, however it came there."""
    line = [*(container.get("command") or ()), *(container.get("args") or ())]
    return any(PROGRAM in str(word) for word in line) and "exec" in line


def build_security() -> dict[str, Any]:
    """Return the init container's securityContext: no rights at all, and none needed."""
    return {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        "runAsUser": UID,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def build_volume() -> dict[str, Any]:
    """Return the volume that carries the program from the init container to the main one."""
    return {"name": VOLUME, "emptyDir": {"sizeLimit": "16Mi"}}


def build_mount(read_only: bool) -> dict[str, Any]:
    """Return the mount of that volume."""
    mount: dict[str, Any] = {"name": VOLUME, "mountPath": MOUNT_PATH}
    return {**mount, "readOnly": True} if read_only else mount


def build_rule(container: str, codes: Sequence[int]) -> dict[str, Any]:
    """Return a rule of podFailurePolicy that ends the Job at once when `container` ends with one of `codes`."""
    return {
        "action": "FailJob",
        "onExitCodes": {"containerName": container, "operator": "In", "values": list(codes)},
    }


INIT_CODES = (EXIT_USAGE, EXIT_JOB)
"""Nothing that a new pod would change. 70 and 75 count against backoffLimit, as every other code does."""

MAIN_CODES = (EXIT_JOB,)


def _split(words: Sequence[str], known: Sequence[str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the known options with their values, and the other words."""
    options: dict[str, str] = {}
    added: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word in known and rest:
            options[word] = rest.pop(0)
        else:
            added.append(word)
    return options, tuple(added)


def _joined(options: Mapping[str, str]) -> list[str]:
    return [word for pair in options.items() for word in pair]
