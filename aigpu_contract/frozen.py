"""Frozen dataclasses for programs that must start at once: declared, compared and printed as those of `dataclasses`.

`dataclasses` imports `inspect`, and writes and compiles six methods for every class: that was a quarter of the time
from the start of a preflight to its end. Here the methods stand written, once for all classes. For type checkers a
class is one of `dataclasses`, and so it is for its functions: `replace`, `fields`, `asdict`.

Left out is what the portable part has no use for, and a class that has it is refused: `field`, so that a default is
shared and must be immutable; ordering; `__post_init__`; `ClassVar`; methods of a class's own in the place of those made
here; a base or a subclass that `dataclasses` made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Dict, Iterable, Mapping, NoReturn, Tuple, TypeVar

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


def _replace(value: R, /, **changes: Any) -> R:
    """Return a copy of a frozen dataclass with some of its fields changed."""
    state = vars(value)
    return type(value)(**{**{name: state[name] for name in field_names(value)}, **changes})


def _freeze(made: C) -> C:
    fields: Dict[str, None] = {}
    for base in made.__mro__[:0:-1]:
        if "__dataclass_fields__" in vars(base) and "__frozen_fields__" not in vars(base):
            raise TypeError(f"{made.__name__} cannot build on {base.__name__}, which dataclasses made")
        fields.update(vars(base).get("__frozen_fields__", {}))
    # Without `from __future__ import annotations` Python 3.14 evaluates them here, so all names in them must be known.
    # With a class that adds no fields, Python 3.9 and older give those of its base here: they are in the list already.
    annotations = getattr(made, "__annotations__", {})
    fields.update(dict.fromkeys(annotations))
    defaults = {name: getattr(made, name) for name in fields if hasattr(made, name)}
    _check_class(made, annotations)
    _check_defaults(made, fields, defaults)
    attributes: Dict[str, Any] = {
        "__frozen_fields__": fields,
        "__frozen_defaults__": defaults,
        "__match_args__": tuple(fields),
        "__dataclass_fields__": _StandardFields(),
        **_METHODS,
    }
    for name, attribute in attributes.items():
        setattr(made, name, attribute)
    return made


def _check_class(made: type, annotations: Mapping[str, object]) -> None:
    """Raise TypeError for what would be lost without a word: a method that is written over, a field that is none."""
    own = [name for name in (*_METHODS, "__post_init__") if name in vars(made)]
    if own:
        raise TypeError(f"{made.__name__}.{own[0]} would have no effect: dataclasses makes such classes")
    told = " ".join(map(str, annotations.values()))
    for word in ("ClassVar", "InitVar", "KW_ONLY"):
        if word in told:
            raise TypeError(f"{word} in {made.__name__} stands for no field: dataclasses makes such classes")


def _check_defaults(made: type, fields: Iterable[str], defaults: Mapping[str, object]) -> None:
    """Raise TypeError for a default that could be changed, and for a field without one behind a field that has one."""
    behind = ""
    for name in fields:
        if name not in defaults and behind:
            raise TypeError(f"{made.__name__}.{name} has no default and stands behind {behind}, which has one")
        if name in defaults:
            behind = name
            if isinstance(defaults[name], (dict, list, set)):
                raise TypeError(f"the default of {made.__name__}.{name} would be shared, and could be changed")


class _StandardFields:
    """`__dataclass_fields__`, by which the functions of `dataclasses` know a class; made when they ask for it."""

    def __get__(self, instance: object, owner: type) -> Dict[str, Any]:
        import dataclasses  # noqa: PLC0415 (what this module is there to avoid)

        alike = dataclasses.make_dataclass(owner.__name__, field_names(owner), frozen=True)
        fields = {field.name: field for field in dataclasses.fields(alike)}
        type.__setattr__(owner, "__dataclass_fields__", fields)
        return fields


# ---- the methods of every class ----


def _init(self: Any, /, *values: object, **named: object) -> None:
    fields = self.__frozen_fields__
    state = self.__dict__
    # Most are made of all their fields, by place or by name; for several fields that takes no longer than the standard.
    if not named and len(values) == len(fields):
        state.update(zip(fields, values))
    elif not values and named.keys() == fields.keys():
        state.update(named)
    else:
        given = dict(zip(fields, values), **named)
        told = {**self.__frozen_defaults__, **given}
        if len(given) < len(values) + len(named) or told.keys() != fields.keys():
            raise TypeError(_misfit(self, values, named))
        state.update(told)


def _misfit(self: Any, values: Tuple[object, ...], named: Mapping[str, object]) -> str:
    told = ", ".join([*map(repr, values), *(f"{name}={value!r}" for name, value in named.items())])
    return f"{type(self).__name__} takes {', '.join(self.__frozen_fields__)}, and was given {told or 'nothing'}"


def _values(self: object) -> Tuple[object, ...]:
    state = vars(self)
    return tuple(state[name] for name in field_names(self))


def _repr(self: object) -> str:
    fields = ", ".join(f"{name}={value!r}" for name, value in zip(field_names(self), _values(self)))
    return f"{type(self).__qualname__}({fields})"


def _eq(self: object, other: object) -> Any:
    return _values(self) == _values(other) if type(other) is type(self) else NotImplemented


def _hash(self: object) -> int:
    return hash(_values(self))


def _refuse(self: object, name: str, *_: object) -> NoReturn:
    from dataclasses import FrozenInstanceError  # noqa: PLC0415 (as above)

    raise FrozenInstanceError(f"{type(self).__name__} is frozen: {name!r} stays as it is")


_METHODS: Mapping[str, Any] = {
    "__init__": _init,
    "__repr__": _repr,
    "__eq__": _eq,
    "__hash__": _hash,
    "__setattr__": _refuse,
    "__delattr__": _refuse,
}


if TYPE_CHECKING:
    from dataclasses import dataclass, replace
else:
    dataclass, replace = _dataclass, _replace
