from __future__ import annotations

import platform
from pathlib import Path

import pytest

from node_agent.facts import Wheel
from node_agent.probes import wheels
from node_agent.probes.wheels import TORCH_ARCHITECTURES, read_wheels


def put(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        file = folder / name
        if name.endswith("-info"):
            file.mkdir(parents=True)
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)


def read(folder: Path, files: dict[str, str]) -> tuple[Wheel, ...]:
    put(folder, files)
    return read_wheels([str(folder)])


def torch(version: str, cuda: str | None, hip: str | None = None) -> dict[str, str]:
    return {
        "torch/version.py": "from typing import Optional\n\n__all__ = ['__version__', 'cuda', 'hip']\n"
        f"__version__ = {version!r}\ndebug = False\ncuda: Optional[str] = {cuda!r}\nhip: Optional[str] = {hip!r}\n",
    }


TF_INFO = (
    "import collections\n\nbuild_info = collections.OrderedDict([('cpu_compiler', 'clang-18'), "
    "('cuda_compute_capabilities', ['sm_60', 'sm_70', 'sm_80', 'sm_89', 'compute_90']), "
    "('cuda_version', '12.5.1'), ('cudnn_version', '9'), ('is_cuda_build', True), ('is_rocm_build', False)])\n"
)
TF_CPU = "import collections\n\nbuild_info = collections.OrderedDict([('is_cuda_build', False)])\n"
TF_FILE = "tensorflow/python/platform/build_info.py"
ORT_FILE = "onnxruntime/capi/build_and_package_info.py"
ORT_GPU = "package_name = 'onnxruntime-gpu'\n__version__ = '1.31.1'\ncuda_version = '13.0'\ncudart_version = 13000\n"
ORT_CPU = "package_name = 'onnxruntime'\n__version__ = '1.32.0'\n"


@pytest.mark.parametrize(
    ("files", "found"),
    [
        pytest.param({}, [], id="no framework"),
        pytest.param({"numpy-2.1.0.dist-info": ""}, [], id="other packages"),
        pytest.param(torch("2.13.0+cpu", None), [("torch", "torch", "2.13.0+cpu", None)], id="torch for the CPU"),
        pytest.param(torch("2.13.0+cu130", "13.0"), [("torch", "torch", "2.13.0+cu130", (13, 0))], id="torch for CUDA"),
        pytest.param(
            torch("2.9.1+rocm6.4", None, "6.4"), [("torch", "torch", "2.9.1+rocm6.4", None)], id="torch for AMD"
        ),
        pytest.param(
            {"jax-0.10.2.dist-info": "", "jaxlib-0.10.2.dist-info": ""},
            [("jax", "jax", "0.10.2", None)],
            id="plain jax",
        ),
        pytest.param(
            {
                "jax-0.10.2.dist-info": "",
                "jax_cuda13_plugin-0.10.2.dist-info": "",
                "jax_cuda13_pjrt-0.10.2.dist-info": "",
            },
            [("jax", "jax-cuda13-plugin", "0.10.2", (13,))],
            id="jax with the plugin",
        ),
        pytest.param(
            {"jax-0.4.20.dist-info": "", "jaxlib-0.4.20+cuda12.cudnn89.dist-info": ""},
            [("jax", "jaxlib", "0.4.20", (12,))],
            id="jax before plugins",
        ),
        pytest.param(
            {"tensorflow-2.21.0.dist-info": "", TF_FILE: TF_INFO},
            [("tensorflow", "tensorflow", "2.21.0", (12, 5, 1))],
            id="tensorflow",
        ),
        pytest.param(
            {"tensorflow_cpu-2.21.0.dist-info": "", TF_FILE: TF_CPU},
            [("tensorflow", "tensorflow-cpu", "2.21.0", None)],
            id="tensorflow-cpu",
        ),
        pytest.param(
            {"onnxruntime-1.32.0.dist-info": "", ORT_FILE: ORT_CPU},
            [("onnxruntime", "onnxruntime", "1.32.0", None)],
            id="onnxruntime",
        ),
        pytest.param(
            {"onnxruntime_gpu-1.31.1.dist-info": "", ORT_FILE: ORT_GPU},
            [("onnxruntime", "onnxruntime-gpu", "1.31.1", (13, 0))],
            id="onnxruntime-gpu",
        ),
        pytest.param(
            {"onnxruntime-1.32.0.dist-info": "", "onnxruntime_gpu-1.31.1.dist-info": "", ORT_FILE: ORT_CPU},
            [("onnxruntime", "onnxruntime", "1.32.0", None), ("onnxruntime", "onnxruntime-gpu", "1.31.1", None)],
            id="onnxruntime written over onnxruntime-gpu",
        ),
        pytest.param(
            {"onnxruntime-1.32.0.dist-info": "", "onnxruntime_gpu-1.31.1.dist-info": "", ORT_FILE: ORT_GPU},
            [("onnxruntime", "onnxruntime", "1.32.0", None), ("onnxruntime", "onnxruntime-gpu", "1.31.1", (13, 0))],
            id="onnxruntime-gpu written over onnxruntime",
        ),
        pytest.param({"cupy_cuda12x-14.2.0.dist-info": ""}, [("cupy", "cupy-cuda12x", "14.2.0", (12,))], id="cupy"),
        pytest.param(
            {"cupy_cuda110-10.6.0.dist-info": ""}, [("cupy", "cupy-cuda110", "10.6.0", (11,))], id="an older cupy"
        ),
        pytest.param(
            {"xgboost-3.4.1.dist-info/METADATA": "Name: xgboost\nRequires-Dist: nvidia-nccl-cu13>=2.28\n"},
            [("xgboost", "xgboost", "3.4.1", (13,))],
            id="xgboost",
        ),
        pytest.param(
            {"xgboost_cpu-3.2.0.dist-info": ""}, [("xgboost", "xgboost-cpu", "3.2.0", None)], id="xgboost-cpu"
        ),
        pytest.param(
            {"jax-0.4.30-py3.11.egg-info": "Name: jax\n"}, [("jax", "jax", "0.4.30", None)], id="a conda package"
        ),
    ],
)
def test_a_framework_is_read_with_the_cuda_it_was_built_for(
    files: dict[str, str], found: list[tuple[object, ...]], tmp_path: Path
) -> None:
    read_ = read(tmp_path, files)
    assert [(one.framework, one.distribution, one.version, one.cuda) for one in read_] == found
    assert not [one.problem for one in read_ if one.problem]


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"torch/version.py": "__version__ = '2.8.0'\n"}, id="torch without the word cuda"),
        pytest.param({"torch/version.py": "cuda = compute()\n"}, id="torch that computes it"),
        pytest.param({"torch/version.py": "cuda = 'latest'\n"}, id="torch with a strange word"),
        pytest.param({"torch/version.py": "cuda = \n"}, id="torch that is no Python"),
        pytest.param({"tensorflow-2.21.0.dist-info": ""}, id="tensorflow without build_info"),
        pytest.param(
            {"tensorflow-2.21.0.dist-info": "", TF_FILE: "build_info = read()\n"}, id="tensorflow that computes"
        ),
        pytest.param(
            {"tensorflow-2.21.0.dist-info": "", TF_FILE: "build_info = {'is_cuda_build': True}\n"},
            id="tensorflow without its version",
        ),
        pytest.param({"onnxruntime_gpu-1.31.1.dist-info": ""}, id="onnxruntime-gpu without its file"),
        pytest.param(
            {"onnxruntime_gpu-1.31.1.dist-info": "", ORT_FILE: "package_name = 'onnxruntime-gpu'\n"},
            id="onnxruntime-gpu without its version",
        ),
        pytest.param({"xgboost-2.0.0.dist-info/METADATA": "Name: xgboost\n"}, id="xgboost with its own libraries"),
    ],
)
def test_what_cannot_be_read_is_a_problem_and_not_a_build_for_the_cpu(files: dict[str, str], tmp_path: Path) -> None:
    [wheel] = read(tmp_path, files)
    assert wheel.cuda is None
    assert wheel.problem


def test_nothing_of_a_framework_is_run(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    evil = f"open({str(mark)!r}, 'w')\n__version__ = '2.8.0'\ncuda = '12.8'\n"
    [wheel] = read(tmp_path, {"torch/version.py": evil, "torch/__init__.py": evil})
    assert wheel.cuda == (12, 8)
    assert not mark.exists()


@pytest.mark.parametrize(
    ("version", "cuda", "least"),
    [
        ("2.13.0+cu130", "13.0", "sm_75"),
        ("2.10.0+cu128", "12.8", "sm_70"),
        ("2.13.0+cu126", "12.6", None),
        ("2.9.0a0+145a3a7bda.nv25.10", "13.0", None),
        ("2.13.0+cpu", None, None),
    ],
)
def test_architectures_are_told_for_pytorchs_own_builds_only(
    version: str, cuda: str | None, least: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    [wheel] = read(tmp_path, torch(version, cuda))
    assert wheel.architectures[:1] == ((least,) if least else ())


def test_the_architectures_of_every_row_are_those_of_nvidias_names() -> None:
    for (machine, _, _), architectures in TORCH_ARCHITECTURES.items():
        assert machine in {"x86_64", "aarch64"}
        assert all(one.startswith("sm_") and one[3:].isdigit() for one in architectures)


def test_tensorflow_says_its_own_architectures(tmp_path: Path) -> None:
    [wheel] = read(tmp_path, {"tensorflow-2.21.0.dist-info": "", TF_FILE: TF_INFO})
    assert wheel.architectures == ("sm_60", "sm_70", "sm_80", "sm_89", "compute_90")


@pytest.mark.parametrize(
    ("installed", "library", "found"),
    [
        pytest.param((), None, False, id="plain tensorflow"),
        pytest.param(("nvidia_cudnn_cu12-9.8.0.dist-info",), None, False, id="only half of them"),
        pytest.param(
            ("nvidia_cudnn_cu12-9.8.0.dist-info", "nvidia_cuda_runtime_cu12-12.5.82.dist-info"),
            None,
            True,
            id="and-cuda",
        ),
        pytest.param((), "libcudnn.so.9", True, id="an image with CUDA"),
    ],
)
def test_tensorflow_without_cuda_libraries_is_told_from_one_with(
    installed: tuple[str, ...], library: str | None, found: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wheels, "CUDNN_PLACES", ())
    put(tmp_path / "packages", {"tensorflow-2.21.0.dist-info": "", TF_FILE: TF_INFO, **dict.fromkeys(installed, "")})
    if library:
        put(tmp_path / "lib", {library: ""})
    [wheel] = read_wheels([str(tmp_path / "packages")], f"{tmp_path}/empty:{tmp_path}/lib")
    assert wheel.cuda_libraries is found


def test_of_two_installations_the_first_on_the_path_counts(tmp_path: Path) -> None:
    put(tmp_path / "first", {"cupy_cuda12x-14.2.0.dist-info": "", **torch("2.13.0+cpu", None)})
    put(tmp_path / "second", {"cupy_cuda12x-13.0.0.dist-info": "", **torch("2.8.0+cu128", "12.8")})
    found = read_wheels([f"{tmp_path}/first", f"{tmp_path}/nowhere", f"{tmp_path}/second"])
    assert [(one.framework, one.version) for one in found] == [("torch", "2.13.0+cpu"), ("cupy", "14.2.0")]


def test_folders_that_a_pth_file_names_are_searched_too(tmp_path: Path) -> None:
    put(tmp_path / "source", torch("2.14.0a0+git1", "12.8"))
    put(tmp_path / "packages", {"torch.pth": f"# editable\nimport os; raise SystemExit\n{tmp_path}/source\n"})
    assert [one.version for one in read_wheels([f"{tmp_path}/packages"])] == ["2.14.0a0+git1"]
