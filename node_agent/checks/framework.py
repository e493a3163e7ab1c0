"""The frameworks installed for the job's interpreter can use this GPU with this driver. Nothing of them is imported."""

from __future__ import annotations

from typing import Iterator, List, Mapping, Optional, Sequence, Tuple

from aigpu_contract.cuda import Version, highest_cuda, parse_cuda_version, render_version
from aigpu_contract.finding import Finding
from aigpu_contract.reading import Known, Unknown
from node_agent import modes
from node_agent.checks.devices import nvml_devices
from node_agent.checks.driver_version import driver_version
from node_agent.checks.findings import Words, job_fault, merge, not_applicable, passed, unclear, warning
from node_agent.checks.wheel_table import architectures, runs_on
from node_agent.expected import Expected
from node_agent.facts import Facts, Interpreter, Wheel

ID = "framework"
MODES: Tuple[str, ...] = (modes.EXEC,)

_ALIASES: Mapping[str, str] = {"pytorch": "torch"}


def check(facts: Facts, expected: Expected) -> Iterator[Finding]:
    """Judge the frameworks that were named, else all: a program without any is no fault."""
    if isinstance(facts.interpreter, Unknown):
        yield _no_interpreter(facts.interpreter, expected)
        return
    interpreter = facts.interpreter.value
    named = [_ALIASES.get(name.lower(), name.lower()) for name in expected.frameworks]
    missing = [name for name in named if name not in {wheel.framework for wheel in interpreter.wheels}]
    if missing:
        yield _not_installed(missing, interpreter, expected)
        return
    wheels = [wheel for wheel in interpreter.wheels if not named or wheel.framework in named]
    if not wheels:
        yield not_applicable(ID, f"no framework is installed for {interpreter.path}")
        return
    groups = [[wheel for wheel in wheels if wheel.framework == name] for name in named] or [wheels]
    found = [finding for group in groups for finding in _judge_builds(group, interpreter, expected, bool(named))]
    found += [finding for wheel in wheels if _has_cuda(wheel) for finding in _judge_wheel(wheel, facts, expected)]
    yield from merge(found) or [passed(ID, "the frameworks can use this GPU", _list(wheels))]


def _no_interpreter(reading: Unknown, expected: Expected) -> Finding:
    """Return a warning, since most commands that are no Python are not meant to be; a doubt where one was named."""
    words = Words(
        "the command's Python could not be found, so its frameworks were not looked at",
        seen=reading.reason,
        wanted="a command that starts a Python, directly or by its shebang",
        next_step="nothing to do for a program without Python; else write the interpreter out: aigpu-preflight exec -- "
        "python3 train.py",
    )
    return unclear(ID, "InterpreterUnknown", words) if expected.frameworks else warning(ID, "InterpreterUnknown", words)


def _not_installed(missing: List[str], interpreter: Interpreter, expected: Expected) -> Finding:
    words = Words(
        f"{', '.join(missing)} is not installed for the command's Python",
        seen=f"{interpreter.path}: {_list(interpreter.wheels) or 'no framework'}",
        wanted=", ".join(missing),
        next_step=f"{interpreter.path} -m pip list; start the job with the Python that has it",
    )
    return job_fault(expected, ID, "FrameworkNotInstalled", words)


def _has_cuda(wheel: Wheel) -> bool:
    return not wheel.problem and wheel.cuda is not None and wheel.cuda_libraries is not False


def _judge_builds(
    wheels: List[Wheel], interpreter: Interpreter, expected: Expected, is_named: bool
) -> Iterator[Finding]:
    unreadable = [wheel for wheel in wheels if wheel.problem]
    without = [wheel for wheel in wheels if not wheel.problem and not _has_cuda(wheel)]
    usable = len(wheels) - len(unreadable) - len(without)
    if without and not usable and not unreadable:
        yield _without_cuda(without, interpreter, expected)
    elif without:
        yield _beside(without, wheels)
    if unreadable:
        yield _unreadable(unreadable, is_named and not usable)


def _without_cuda(without: List[Wheel], interpreter: Interpreter, expected: Expected) -> Finding:
    words = Words(
        "no framework of the job has CUDA: it would compute on the CPU and not say so",
        seen=f"{interpreter.path}: {_list(without)}",
        wanted="a CUDA build, with its CUDA libraries",
        next_step=f"{interpreter.path} -m pip install the CUDA build: torch from download.pytorch.org/whl/cu126 or "
        "newer, jax[cuda12], tensorflow[and-cuda], onnxruntime-gpu",
    )
    return job_fault(expected, ID, "FrameworkWithoutCUDA", words)


def _beside(without: List[Wheel], wheels: List[Wheel]) -> Finding:
    words = Words(
        "a build without CUDA stands beside one with it; which of them the job uses cannot be seen from here",
        seen=_list(wheels),
        wanted="only builds with CUDA",
        next_step=f"pip uninstall {' '.join(wheel.distribution for wheel in without)}, or name the one that counts: "
        "--framework NAME",
    )
    return warning(ID, "CPUFrameworkBeside", words)


def _unreadable(unreadable: List[Wheel], is_needed: bool) -> Finding:
    words = Words(
        "what a framework was built for could not be read",
        seen=", ".join(f"{wheel.distribution} {wheel.version}: {wheel.problem}" for wheel in unreadable),
        wanted="a version file that can be read without running the framework",
        next_step="pip install --force-reinstall it, or ask it: python -c 'import torch; print(torch.version.cuda)'",
    )
    return unclear(ID, "FrameworkUnreadable", words) if is_needed else warning(ID, "FrameworkUnreadable", words)


def _judge_wheel(wheel: Wheel, facts: Facts, expected: Expected) -> Iterator[Finding]:
    driver = _cuda_of_driver(facts)
    if driver is not None and wheel.cuda and wheel.cuda[0] > driver[0]:
        yield _driver_too_old(wheel, driver, facts, expected)
    for capability in _capabilities(facts):
        if runs_on(wheel, capability) is False:
            yield _wrong_architecture(wheel, capability, expected)


def _cuda_of_driver(facts: Facts) -> Optional[Version]:
    """Return the CUDA version of the libcuda that the job will load, else what the driver's branch reports."""
    if isinstance(facts.cuda, Known) and facts.cuda.value.driver_version:
        return parse_cuda_version(facts.cuda.value.driver_version)
    version = driver_version(facts)
    return None if version is None else highest_cuda(version)


def _driver_too_old(wheel: Wheel, driver: Version, facts: Facts, expected: Expected) -> Finding:
    version = driver_version(facts)
    words = Words(
        "a framework is built for a newer CUDA than this driver has: it would warn once and compute on the CPU",
        seen=f"{_describe(wheel)}; the driver{'' if version is None else ' ' + render_version(version)} has CUDA "
        + render_version(driver),
        wanted=f"a build for CUDA {driver[0]} or older, or a driver with CUDA {wheel.cuda[0] if wheel.cuda else ''}",
        next_step=f"pip install a build for CUDA {driver[0]} (torch: --index-url "
        "https://download.pytorch.org/whl/cu126), or take a pool with a newer driver",
    )
    return job_fault(expected, ID, "DriverTooOldForFramework", words)


def _capabilities(facts: Facts) -> Tuple[Tuple[int, int], ...]:
    cuda = facts.cuda.value.devices if isinstance(facts.cuda, Known) else ()
    told = [device.compute_capability for device in cuda] or [
        device.compute_capability for device in nvml_devices(facts)
    ]
    return tuple(sorted({capability for capability in told if capability is not None}))


def _wrong_architecture(wheel: Wheel, capability: Tuple[int, int], expected: Expected) -> Finding:
    words = Words(
        "a framework holds no code for this GPU: is_available() says yes, and the first kernel fails",
        seen=f"{_describe(wheel)}: {' '.join(architectures(wheel)) or 'by its toolkit'}; the GPU is "
        f"{capability[0]}.{capability[1]}",
        wanted=f"sm_{capability[0]}{capability[1]}, or an older one of the same major, or PTX",
        next_step="take a release or an index with code for this GPU (V100: torch from "
        "https://download.pytorch.org/whl/cu126), or a pool with newer GPUs",
    )
    return job_fault(expected, ID, "ArchitectureNotInFramework", words)


def _describe(wheel: Wheel) -> str:
    build = "no CUDA" if wheel.cuda is None else f"CUDA {'.'.join(map(str, wheel.cuda))}"
    without = ", its CUDA libraries missing" if wheel.cuda_libraries is False else ""
    return f"{wheel.distribution} {wheel.version} ({build}{without})"


def _list(wheels: Sequence[Wheel]) -> str:
    return ", ".join(_describe(wheel) for wheel in wheels)
