"""The frameworks installed for an interpreter and the CUDA that each was built for, read as text and never imported.

A broken import can then not hang the check, and reading takes milliseconds where importing takes seconds.
"""

from __future__ import annotations

import glob
import os
import platform
import re
from typing import Callable, Iterable, List, Mapping, Optional, Tuple

from aigpu_contract.cuda import Version
from aigpu_contract.frozen import replace
from node_agent.facts import Wheel
from node_agent.probes.distributions import Distribution, Installed, read_installed, read_metadata
from node_agent.probes.literals import read_literals

_UP_TO_2_7 = ("sm_50", "sm_60", "sm_70", "sm_75", "sm_80", "sm_86", "sm_90")
_UP_TO_2_10 = ("sm_70", "sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120")
_FROM_2_11 = ("sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120")
_FROM_2_11_ARM = ("sm_80", "sm_90", "sm_100", "sm_110", "sm_120")

TORCH_ARCHITECTURES: Mapping[Tuple[str, Version, Version], Tuple[str, ...]] = {
    ("x86_64", (2, 5), (12, 4)): _UP_TO_2_7,
    ("x86_64", (2, 6), (12, 4)): _UP_TO_2_7,
    ("x86_64", (2, 7), (12, 6)): _UP_TO_2_7,
    ("x86_64", (2, 8), (12, 8)): _UP_TO_2_10,
    ("x86_64", (2, 9), (12, 8)): _UP_TO_2_10,
    ("x86_64", (2, 10), (12, 8)): _UP_TO_2_10,
    ("x86_64", (2, 11), (13, 0)): _FROM_2_11,
    ("x86_64", (2, 12), (13, 0)): _FROM_2_11,
    ("x86_64", (2, 13), (13, 0)): _FROM_2_11,
    ("x86_64", (2, 14), (13, 0)): _FROM_2_11,
    ("x86_64", (2, 15), (13, 2)): _FROM_2_11,
    ("aarch64", (2, 11), (13, 0)): _FROM_2_11_ARM,
    ("aarch64", (2, 15), (13, 2)): _FROM_2_11_ARM,
}
"""What PyTorch's own wheels are compiled for, by machine, release and CUDA: the strings inside the wheels on PyPI. Any
other build (an image of NVIDIA's, from source, another index) is not in it, and nothing is said of it."""

TENSORFLOW_NAMES = ("tensorflow", "tensorflow-gpu", "tensorflow-cpu", "tf-nightly")
TENSORFLOW_NEEDS = ("nvidia-cuda-runtime-cu12", "nvidia-cudnn-cu12")
CUDNN_PLACES = (
    "/usr/local/cuda*/lib64",
    "/usr/local/cuda*/targets/*/lib",
    "/usr/lib/*-linux-gnu",
    "/usr/lib64",
    "/usr/local/lib",
)
_RELEASE = re.compile(r"\d+(\.\d+)*([+]cu\d+)?")


def read_wheels(folders: Iterable[str], ld_library_path: str = "") -> Tuple[Wheel, ...]:
    """Return the frameworks found in the package folders of an interpreter.

    TensorFlow loads CUDA at run time, and runs on the CPU without a word where it finds none: so CUDA's libraries are
    looked for among the distributions, in `ld_library_path` and where images have them.
    """
    installed = read_installed(folders)
    wheels = [wheel for read in FRAMEWORKS for wheel in read(installed)]
    return tuple(
        replace(wheel, cuda_libraries=_has_cudnn(installed, ld_library_path))
        if wheel.framework == "tensorflow" and wheel.cuda is not None
        else wheel
        for wheel in wheels
    )


def _read_torch(installed: Installed) -> List[Wheel]:
    file = installed.first("torch/version.py")
    if file is None:
        return []
    values = read_literals(file)
    distribution = installed.distributions.get("torch")
    version = str(values.get("__version__") or (distribution.version if distribution else ""))
    told = values.get("cuda", "")
    cuda = _version(told)
    if told is not None and cuda is None:
        return [Wheel("torch", "torch", version, None, problem="torch/version.py does not say which CUDA it is for")]
    evidence = f"torch/version.py: cuda = {told!r}, hip = {values.get('hip')!r}"
    return [Wheel("torch", "torch", version, cuda, _torch_architectures(version, cuda), evidence)]


def _torch_architectures(version: str, cuda: Optional[Version]) -> Tuple[str, ...]:
    if cuda is None or not _RELEASE.fullmatch(version):
        return ()
    return TORCH_ARCHITECTURES.get((platform.machine(), (_version(version) or ())[:2], cuda[:2]), ())


def _read_jax(installed: Installed) -> List[Wheel]:
    found = installed.distributions
    if "jax" not in found:
        return []
    version = found["jax"].version
    plugins = [found[name] for name in sorted(found) if re.fullmatch(r"jax-cuda\d+-plugin", name)]
    if plugins:
        return [_named_for_cuda("jax", plugin, version) for plugin in plugins]
    # Before the plugins, jaxlib itself came in builds for CUDA and said so in its version: 0.4.20+cuda12.cudnn89.
    jaxlib = found["jaxlib"].version if "jaxlib" in found else ""
    built = re.search(r"[+]cuda(\d+)", jaxlib)
    if built:
        return [Wheel("jax", "jaxlib", version, (int(built.group(1)),), evidence="jaxlib " + jaxlib)]
    return [Wheel("jax", "jax", version, None, evidence="no jax-cuda plugin is installed")]


def _read_tensorflow(installed: Installed) -> List[Wheel]:
    names = [name for name in TENSORFLOW_NAMES if name in installed.distributions]
    if not names:
        return []
    distribution = installed.distributions[names[0]]
    file = installed.first("tensorflow/python/platform/build_info.py")
    values = read_literals(file).get("build_info") if file else None
    if not isinstance(values, dict) or "is_cuda_build" not in values:
        return [_unread("tensorflow", distribution, "tensorflow's build_info.py cannot be read")]
    cuda = _version(values.get("cuda_version")) if values["is_cuda_build"] else None
    if values["is_cuda_build"] and cuda is None:
        return [_unread("tensorflow", distribution, "tensorflow's build_info.py names no CUDA version")]
    listed = values.get("cuda_compute_capabilities")
    architectures = tuple(str(one) for one in listed) if cuda and isinstance(listed, (list, tuple)) else ()
    evidence = f"build_info.py: is_cuda_build = {values['is_cuda_build']}"
    return [Wheel("tensorflow", distribution.name, distribution.version, cuda, architectures, evidence)]


def _read_onnxruntime(installed: Installed) -> List[Wheel]:
    """Both distributions fill the same folder; whose build it is, its own file says: the one installed last."""
    file = installed.first("onnxruntime/capi/build_and_package_info.py")
    values = read_literals(file) if file else {}
    owner = str(values.get("package_name", "")).replace("_", "-").lower()
    names = [name for name in ("onnxruntime", "onnxruntime-gpu") if name in installed.distributions]
    return [_onnxruntime(installed.distributions[name], owner, values.get("cuda_version")) for name in names]


def _onnxruntime(distribution: Distribution, owner: str, told: object) -> Wheel:
    cuda = _version(told) if owner == distribution.name else None
    if distribution.name == "onnxruntime-gpu" and cuda is None and owner in ("", distribution.name):
        return _unread("onnxruntime", distribution, "onnxruntime's build information does not say which CUDA it is for")
    evidence = f"the files in onnxruntime are those of {owner or 'an unknown build'}"
    return Wheel("onnxruntime", distribution.name, distribution.version, cuda, evidence=evidence)


def _read_cupy(installed: Installed) -> List[Wheel]:
    found = installed.distributions
    names = [name for name in sorted(found) if re.fullmatch(r"cupy-cuda\d+x?", name)]
    return [_named_for_cuda("cupy", found[name], found[name].version) for name in names]


def _read_xgboost(installed: Installed) -> List[Wheel]:
    wheels = []
    cpu, either = installed.distributions.get("xgboost-cpu"), installed.distributions.get("xgboost")
    if cpu:
        wheels.append(Wheel("xgboost", cpu.name, cpu.version, None, evidence="xgboost-cpu has no CUDA code"))
    if either:
        needs = re.search(r"^Requires-Dist: nvidia-nccl-cu(\d+)", read_metadata(either), re.MULTILINE)
        if needs is None:
            wheels.append(_unread("xgboost", either, "xgboost's metadata does not say which CUDA it is for"))
        else:
            cuda = (int(needs.group(1)),)
            evidence = f"it requires nvidia-nccl-cu{needs.group(1)}"
            wheels.append(Wheel("xgboost", either.name, either.version, cuda, evidence=evidence))
    return wheels


FRAMEWORKS: Tuple[Callable[[Installed], List[Wheel]], ...] = (
    _read_torch,
    _read_jax,
    _read_tensorflow,
    _read_onnxruntime,
    _read_cupy,
    _read_xgboost,
)
"""Each reads one framework from what is installed."""


def _named_for_cuda(framework: str, distribution: Distribution, version: str) -> Wheel:
    """Return a wheel that has the CUDA major version in its name, as jax-cuda13-plugin and cupy-cuda12x have."""
    digits = re.sub(r"\D", "", distribution.name.partition("cuda")[2])
    return Wheel(framework, distribution.name, version, (int(digits[:2]),), evidence=distribution.name)


def _unread(framework: str, distribution: Distribution, problem: str) -> Wheel:
    return Wheel(framework, distribution.name, distribution.version, None, problem=problem)


def _has_cudnn(installed: Installed, ld_library_path: str) -> bool:
    if all(name in installed.distributions for name in TENSORFLOW_NEEDS):
        return True
    places = [place for place in ld_library_path.split(os.pathsep) if place] + list(CUDNN_PLACES)
    return any(glob.glob(os.path.join(place, "libcudnn.so.*")) for place in places)


def _version(value: object) -> Optional[Version]:
    """Return `12.8` or `2.9.1+cu128` as numbers, None for what is no version."""
    match = re.match(r"\d+(\.\d+)*", value) if isinstance(value, str) else None
    return tuple(int(part) for part in match.group().split(".")) if match else None
