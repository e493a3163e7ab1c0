"""The contract's own frozen dataclasses behave as those of the standard library: each test runs on both."""

from __future__ import annotations

import copy
import dataclasses
import functools
import pickle
import subprocess
import sys
from types import ModuleType, SimpleNamespace
from typing import Any, Generic, TypeVar

import pytest

from aigpu_contract import frozen
from aigpu_contract.finding import Finding, Status
from aigpu_contract.reading import Known
from node_agent.preflight.bundle import PACKAGES
from testbeds.pythons import PORTABLE, find_python
from tools.wheel import ROOT

T = TypeVar("T")


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

    @dataclass(frozen=True)
    class Both(Bare, Other):
        value: int = 0

    @dataclass(frozen=True)
    class Box(Generic[T]):
        value: T
        self: str = ""

        @functools.cached_property
        def shown(self) -> str:
            return f"[{self.value}]"

    classes = {made.__name__: made for made in (Device, Other, Crashed, Bare, Both, Box)}
    return SimpleNamespace(**classes, replace=library.replace, make=dataclass(frozen=True))


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


def test_a_field_may_have_any_name(made: SimpleNamespace) -> None:
    box = made.Box(value=1, self="me")
    assert made.replace(box, value=2) == made.Box(2, "me")


def test_what_an_instance_keeps_beside_its_fields_does_not_count(made: SimpleNamespace) -> None:
    box = made.Box(1)
    assert box.shown == "[1]"
    assert box == made.Box(1)
    assert made.replace(box, value=2) == made.Box(2)


def test_a_generic_one_is_made_by_its_alias_too(made: SimpleNamespace) -> None:
    assert made.Box[int](1) == made.Box(1)


def test_several_bases_give_their_fields(made: SimpleNamespace) -> None:
    assert repr(made.Both(1, value=2)).endswith("Both(index=1, name='T4', errors=(), value=2)")
    assert made.Both.__match_args__ == ("index", "name", "errors", "value")


def test_a_cycle_through_a_list_is_printed_once(made: SimpleNamespace) -> None:
    box = made.Box([])
    box.value.append(box)
    assert "..." in repr(box)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_it_can_be_pickled(protocol: int) -> None:
    finding = Known(Finding("intent", "Passed", Status.PASS, "held to it"))
    assert pickle.loads(pickle.dumps(finding, protocol)) == finding  # noqa: S301 (its own words)


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
    match Known(3):
        case Known(value):
            assert value == 3
        case _:
            pytest.fail("no match")


def test_a_field_without_a_default_behind_one_with_it_is_refused(made: SimpleNamespace) -> None:
    with pytest.raises(TypeError, match="serial"):
        made.make(type("Wrong", (made.Device,), {"__annotations__": {"serial": "str"}}))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"__annotations__": {"names": "ClassVar[int]"}, "names": 0}, id="class-variable"),
        pytest.param({"__annotations__": {"names": "InitVar[int]"}}, id="init-variable"),
        *(
            pytest.param({name: print}, id=name)
            for name in ("__post_init__", "__init__", "__repr__", "__eq__", "__hash__", "__setattr__")
        ),
    ],
)
def test_what_would_be_lost_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="dataclasses makes such classes"):
        frozen.dataclass(frozen=True)(type("Wrong", (), body))


def test_the_two_libraries_do_not_build_on_each_other() -> None:
    ours, standard = declare(frozen), declare(dataclasses)
    with pytest.raises(TypeError, match="which dataclasses made"):
        ours.make(type("Wrong", (standard.Device,), {}))
    with pytest.raises(AttributeError, match="__dataclass_params__"):
        standard.make(type("Wrong", (ours.Device,), {}))


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


ON_EVERY_PYTHON = """
import copy, dataclasses, pickle, sys
from typing import Generic, Optional, Tuple, TypeVar
sys.path.append(ROOT)
from aigpu_contract import frozen
T = TypeVar("T")

def said(library):
    @library.dataclass(frozen=True)
    class Device(Generic[T]):
        index: T
        name: Optional[str] = None

    @library.dataclass(frozen=True)
    class Bare(Device[int]):
        pass

    @library.dataclass(frozen=True)
    class Crashed(Bare):
        errors: Tuple[int, ...] = ()

    one = Crashed(0, errors=(1,))
    refused = []
    for values, named in (((), {}), ((0, "", (), 1), {}), ((0,), {"index": 1}), ((), {"serial": 1})):
        try:
            Crashed(*values, **named)
        except TypeError:
            refused.append((values, named))
    try:
        one.index = 1
    except dataclasses.FrozenInstanceError:
        refused.append("index")
    same = [Crashed(0, None, (1,)), Crashed(index=0, name=None, errors=(1,)), copy.deepcopy(one), copy.copy(one)]
    same.append(library.replace(library.replace(one, index=1), index=0))
    return (
        repr(one), vars(one), [one == other for other in same], len({one, *same}), one == Bare(0), refused,
        [field.name for field in dataclasses.fields(Bare)], dataclasses.asdict(one), Device[int](1) == Device(1),
        getattr(one, "__match_args__", ("index", "name", "errors")) == ("index", "name", "errors"),
    )

ours, standard = said(frozen), said(dataclasses)
assert ours == standard, (ours, standard)
assert ours[2] == [True] * 5 and len(ours[5]) == 5
"""


@pytest.mark.parametrize("future", ["from __future__ import annotations\n", ""], ids=["texts", "types"])
@pytest.mark.parametrize("version", PORTABLE)
def test_on_every_python_it_behaves_as_the_standard_one(version: str, future: str) -> None:
    python = find_python(version)
    if python is None:
        pytest.skip(f"Python {version} is not on the path or below PYENV_ROOT")
    program = future + ON_EVERY_PYTHON.replace("ROOT", repr(str(ROOT)))
    done = subprocess.run([python, "-I", "-c", program], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.returncode == 0
