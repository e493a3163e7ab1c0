"""Frozen dataclasses for programs that must start at once: declared, compared and printed as those of `dataclasses`.

`dataclasses` imports `inspect`, and writes and compiles six methods for every class: that was a quarter of the time
from the start of a preflight to its end. Here the methods stand written, once for all classes. For type checkers a
class is one of `dataclasses`, and so it is for its functions: `replace`, `fields`, `asdict`.

Left out is what the portable part has no use for: `field`, so that a default is shared and must be immutable; ordering;
`__post_init__`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Dict, NoReturn, Tuple, TypeVar

__all__ = ["dataclass", "field_names", "replace"]

C = TypeVar("C", bound=type)
R = TypeVar("R")


def field_names(value: object) -> Tuple[str, ...]:
    """Return the names of the fields of a frozen dataclass or of its class, none for anything else."""
    return tuple(getattr(value, "__frozen_fields__", ()))


def _dataclass(*, frozen: bool) -> Callable[[C], C]:
    """Return the decorator. Raises TypeError for classes that are not to be frozen."""
    if not frozen:
        raise TypeError("only frozen classes are made here; dataclasses makes the others")
    return _freeze


def _replace(value: R, **changes: Any) -> R:
    """Return a copy of a frozen dataclass with some of its fields changed."""
    return type(value)(**{**vars(value), **changes})


def _freeze(made: C) -> C:
    # With a class that adds no fields, Python 3.9 and older give those of its base here: they are in the list already.
    fields = dict.fromkeys((*field_names(made), *getattr(made, "__annotations__", ())))
    defaults = {name: getattr(made, name) for name in fields if hasattr(made, name)}
    mutable = [name for name, default in defaults.items() if isinstance(default, (dict, list, set))]
    if mutable:
        raise TypeError(f"the default of {made.__name__}.{mutable[0]} would be shared, and could be changed")
    attributes: Dict[str, Any] = {
        "__frozen_fields__": fields,
        "__frozen_defaults__": defaults,
        "__match_args__": tuple(fields),
        "__dataclass_fields__": _StandardFields(),
        "__init__": _init,
        "__repr__": _repr,
        "__eq__": _eq,
        "__hash__": _hash,
        "__setattr__": _refuse,
        "__delattr__": _refuse,
    }
    for name, attribute in attributes.items():
        setattr(made, name, attribute)
    return made


class _StandardFields:
    """`__dataclass_fields__`, by which the functions of `dataclasses` know a class; made when they ask for it."""

    def __get__(self, instance: object, owner: type) -> Dict[str, Any]:
        import dataclasses  # noqa: PLC0415 (what this module is there to avoid)

        alike = dataclasses.make_dataclass(owner.__name__, field_names(owner), frozen=True)
        fields = {field.name: field for field in dataclasses.fields(alike)}
        type.__setattr__(owner, "__dataclass_fields__", fields)
        return fields


# ---- the methods of every class ----


def _init(self: Any, *values: object, **named: object) -> None:
    fields = self.__frozen_fields__
    state = vars(self)
    state.update(zip(fields, values), **named)
    is_each_given_once = len(state) == len(values) + len(named)
    if len(state) < len(fields):
        for name, default in self.__frozen_defaults__.items():
            state.setdefault(name, default)
    if not is_each_given_once or state.keys() != fields.keys():
        told = ", ".join([*map(repr, values), *(f"{name}={value!r}" for name, value in named.items())])
        raise TypeError(f"{type(self).__name__} takes {', '.join(fields)}, and was given {told or 'nothing'}")


def _values(self: object) -> Tuple[object, ...]:
    state = vars(self)
    return tuple(state[name] for name in field_names(self))


def _repr(self: object) -> str:
    fields = ", ".join(f"{name}={value!r}" for name, value in zip(field_names(self), _values(self)))
    return f"{type(self).__qualname__}({fields})"


def _eq(self: object, other: object) -> Any:
    return vars(self) == vars(other) if type(other) is type(self) else NotImplemented


def _hash(self: object) -> int:
    return hash(_values(self))


def _refuse(self: object, name: str, *_: object) -> NoReturn:
    from dataclasses import FrozenInstanceError  # noqa: PLC0415 (as above)

    raise FrozenInstanceError(f"{type(self).__name__} is frozen: {name!r} stays as it is")


if TYPE_CHECKING:
    from dataclasses import dataclass, replace
else:
    dataclass, replace = _dataclass, _replace
