"""The contract's own frozen dataclasses behave as those of the standard library: each test runs on both."""

from __future__ import annotations

import copy
import dataclasses
import subprocess
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from aigpu_contract import frozen
from node_agent.preflight.bundle import PACKAGES
from tools.wheel import ROOT


def declare(library: ModuleType) -> SimpleNamespace:
    dataclass: Any = library.dataclass

    @dataclass(frozen=True)
    class Device:
        index: int
        name: str = "T4"
        errors: tuple[int, ...] = ()

        @property
        def label(self) -> str:
            return f"GPU {self.index}"

    @dataclass(frozen=True)
    class Other:
        index: int
        name: str = "T4"
        errors: tuple[int, ...] = ()

    @dataclass(frozen=True)
    class Crashed(Device):
        signal: str = "SIGSEGV"

    @dataclass(frozen=True)
    class Bare(Device):
        pass

    return SimpleNamespace(Device=Device, Other=Other, Crashed=Crashed, Bare=Bare, replace=library.replace)


@pytest.fixture(params=[dataclasses, frozen], ids=["standard", "ours"])
def made(request: pytest.FixtureRequest) -> SimpleNamespace:
    return declare(request.param)


def test_fields_are_given_by_place_or_by_name_and_have_defaults(made: SimpleNamespace) -> None:
    device = made.Device(0, errors=(999,))
    assert (device.index, device.name, device.errors, device.label) == (0, "T4", (999,), "GPU 0")
    assert vars(made.Crashed(1, signal="SIGBUS")) == {"index": 1, "name": "T4", "errors": (), "signal": "SIGBUS"}


@pytest.mark.parametrize(
    ("values", "named"),
    [
        pytest.param((), {}, id="one-missing"),
        pytest.param((0, "T4", (), 1), {}, id="one-too-many"),
        pytest.param((0,), {"index": 1}, id="one-twice"),
        pytest.param((0,), {"serial": 1}, id="one-that-is-no-field"),
        pytest.param((0,), {"label": "x"}, id="one-that-is-a-property"),
    ],
)
def test_other_arguments_than_the_fields_are_refused(
    values: tuple[object, ...], named: dict[str, object], made: SimpleNamespace
) -> None:
    with pytest.raises(TypeError):
        made.Device(*values, **named)


def test_values_are_compared_and_classes_told_apart(made: SimpleNamespace) -> None:
    device = made.Device(0)
    assert device == made.Device(0, "T4")
    assert hash(device) == hash(made.Device(0, "T4"))
    assert device not in (made.Device(1), made.Other(0), made.Bare(0), (0, "T4", ()), None)
    assert len({device, made.Device(name="T4", index=0), made.Device(1)}) == 2


def test_what_cannot_be_hashed_inside_cannot_be_hashed_outside(made: SimpleNamespace) -> None:
    with pytest.raises(TypeError):
        hash(made.Device(0, errors=[]))


def test_it_is_printed_as_it_is_written(made: SimpleNamespace) -> None:
    assert repr(made.Device(errors=(1,), index=0)).endswith("Device(index=0, name='T4', errors=(1,))")


@pytest.mark.parametrize("name", ["index", "serial"])
def test_nothing_of_it_can_be_changed(name: str, made: SimpleNamespace) -> None:
    device = made.Device(0)
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(device, name, 1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        delattr(device, name)
    assert device == made.Device(0)


def test_a_copy_may_differ_in_some_fields(made: SimpleNamespace) -> None:
    crashed = made.Crashed(0, signal="SIGBUS")
    for replace in (made.replace, dataclasses.replace):
        assert replace(crashed, name="H100") == made.Crashed(0, "H100", signal="SIGBUS")
        with pytest.raises(TypeError):
            replace(crashed, serial=1)
    assert copy.deepcopy(crashed) == copy.copy(crashed) == crashed


def test_the_standard_functions_take_it(made: SimpleNamespace) -> None:
    bare = made.Bare(0)
    assert dataclasses.is_dataclass(bare)
    assert [field.name for field in dataclasses.fields(made.Crashed)] == ["index", "name", "errors", "signal"]
    assert dataclasses.asdict(made.Device(bare)) == {
        "index": {"index": 0, "name": "T4", "errors": ()},
        "name": "T4",
        "errors": (),
    }


def test_its_fields_can_be_matched_by_their_places(made: SimpleNamespace) -> None:
    assert made.Crashed.__match_args__ == ("index", "name", "errors", "signal")


@pytest.mark.parametrize("library", [dataclasses, frozen], ids=["standard", "ours"])
def test_a_default_that_could_be_changed_is_refused(library: ModuleType) -> None:
    with pytest.raises((TypeError, ValueError), match=r"mutable default|would be shared"):
        library.dataclass(frozen=True)(type("Wrong", (), {"__annotations__": {"names": list}, "names": []}))


def test_classes_that_are_not_frozen_are_not_made() -> None:
    with pytest.raises(TypeError, match="only frozen"):
        frozen.dataclass(frozen=False)


def test_only_its_instances_and_classes_have_field_names() -> None:
    made = declare(frozen)
    assert frozen.field_names(made.Device(0)) == frozen.field_names(made.Bare) == ("index", "name", "errors")
    assert frozen.field_names((0, "T4")) == ()


def test_the_portable_part_starts_without_the_standard_one() -> None:
    modules = [
        ".".join([*package.split("/"), file.stem])
        for package in PACKAGES
        for file in sorted((ROOT / package).glob("*.py"))
        if not file.stem.startswith("__") and file.stem != "pyz_main"
    ]
    program = (
        f"import importlib, sys; sys.path.append({str(ROOT)!r})\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        "print(sorted({'dataclasses', 'inspect'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=True)
    assert (len(modules) > 90, done.stdout) == (True, "[]\n")
