"""What a user declared, by flags, `AIGPU_` variables and the pool's labels, as one expectation. Pure.

Two sources that differ are a contradiction and not a matter of precedence: nobody can tell which of them was meant.
"""

from __future__ import annotations

import math
import re
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

from aigpu_contract import skus
from aigpu_contract.cuda import Version, render_version
from aigpu_contract.expectation import Expectation, is_number, parse_labels
from aigpu_contract.labels import CONTRACT_LABELS, MIN_DRIVER
from aigpu_contract.near_names import near_names
from aigpu_contract.reading import Known, Reading, Unknown
from node_agent.checks import CHECKS, intent
from node_agent.checks.next_steps import CORRECT_LABELS
from node_agent.expected import Expected

PREFIX = "AIGPU_"
FRAMEWORKS = ("cupy", "jax", "onnxruntime", "pytorch", "tensorflow", "torch", "xgboost")
_VERSION = re.compile(r"\d+(\.\d+){0,3}", re.ASCII)
Said = List[Tuple[str, str]]
"""What was declared for one option: where, and the text."""


class UnreadableError(Exception):
    """A declaration cannot be read, or two of them contradict each other; the text says which.

    `remedy` says what to correct, and where.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.remedy = remedy


def variable(option: str) -> str:
    """Return the environment variable of an option: `--expect-gpus` is `AIGPU_EXPECT_GPUS`."""
    return PREFIX + option.strip("-").replace("-", "_").upper()


def build_expected(
    given: Mapping[str, Sequence[str]],
    environ: Mapping[str, str],
    pool: Optional[Reading[Mapping[str, str]]] = None,
    correct: str = CORRECT_LABELS,
) -> Expected:
    """Return the expectation; where it cannot be read, one whose `problem` says why.

    `given` are the texts of the options by their names, `pool` the labels of the node where they were asked for, and
    `correct` what to do where these are wrong.
    """
    said = {option: _said(option, given.get(option, ()), environ) for option in _PARSERS}
    sources = [where for texts in said.values() for where, _ in texts]
    try:
        values: Dict[str, Any] = {field: _agreed(option, said[option]) for option, field in _FIELDS.items()}
        values["frameworks"] = tuple(_frameworks(said["--framework"]))
        values["waived"] = tuple(_waiver(where, text) for where, text in said["--waive"])
        if pool is not None:
            labelled = _labels(pool, correct)
            if labelled is not None:
                values = _joined(values, _of_labels(labelled, correct))
                sources.append("labels " + ", ".join(key for key in CONTRACT_LABELS if key in known_labels(pool)))
        return Expected(declared_by=", ".join(dict.fromkeys(sources)), **_of_the_size(values))
    except UnreadableError as unreadable:
        declared_by = ", ".join(dict.fromkeys(sources))
        return Expected(declared_by=declared_by, problem=str(unreadable), remedy=unreadable.remedy)


def known_labels(pool: Reading[Mapping[str, str]]) -> Mapping[str, str]:
    """Return the labels that were read, none where they could not be."""
    return pool.value if isinstance(pool, Known) else {}


def _said(option: str, texts: Sequence[str], environ: Mapping[str, str]) -> Said:
    said = [(option, text) for text in texts]
    name = variable(option)
    if name not in environ:
        return said
    parts = environ[name].split(",") if option == "--framework" else environ[name].split(";")
    # A waiver's reason is free text, and may hold a comma.
    return said + [(name, part) for part in (parts if option in _LISTS else [environ[name]])]


def _agreed(option: str, said: Said) -> Any:
    """Return the one value that every source gives, None where nobody says anything. Raises UnreadableError."""
    values = [(where, text, _read(option, where, text)) for where, text in said]
    if len({value for _, _, value in values}) > 1:
        said_so = " and ".join(f"{where} says {text}" for where, text, _ in values)
        raise UnreadableError(said_so, f"say it once: {option}, or {variable(option)}, with {_FORMS[option]}")
    return values[0][2] if values else None


def _read(option: str, where: str, text: str) -> Any:
    try:
        return _PARSERS[option](text.strip())
    except ValueError as error:
        raise UnreadableError(f"{where}={text!r}: {error}", f"give {where} {_FORMS[option]}") from None


def _labels(pool: Reading[Mapping[str, str]], correct: str) -> Optional[Expectation]:
    """Return what the labels declare, None where none of them is the contract's. Raises UnreadableError."""
    if isinstance(pool, Unknown):
        raise UnreadableError(pool.reason, correct)
    if not any(key in pool.value for key in CONTRACT_LABELS):
        return None
    reading = parse_labels(pool.value)
    if isinstance(reading, Unknown):
        raise UnreadableError(reading.reason, correct)
    return reading.value


def _of_labels(labelled: Expectation, correct: str) -> Dict[str, Any]:
    return {
        "gpus": labelled.gpu_count,
        "model": labelled.gpu_model,
        "vm_size": labelled.sku,
        "min_driver": None if labelled.min_driver is None else _labelled_driver(labelled.min_driver, correct),
        "resource": labelled.resource,
        "resource_count": labelled.resource_count,
        "mig_profile": labelled.mig_profile,
    }


def _labelled_driver(text: str, correct: str) -> Version:
    try:
        return parse_version(text.strip())
    except ValueError as error:
        raise UnreadableError(f"label {MIN_DRIVER}={text!r}: {error}", correct) from None


def _joined(flags: Dict[str, Any], labels: Mapping[str, Any]) -> Dict[str, Any]:
    """Return both together. Raises UnreadableError where they differ."""
    joined = dict(flags)
    for field, value in labels.items():
        ours = flags.get(field)
        if ours is None or value is None:
            joined[field] = value if ours is None else ours
        else:
            joined[field] = _narrower(field, ours, value)
    return joined


def _narrower(field: str, ours: Any, label: Any) -> Any:
    """Return the value that two sources agree on; `a100` and `a100-80gb` do. Raises UnreadableError."""
    if str(ours).lower() == str(label).lower():
        return label
    if field == "model":
        for one, other in ((label, ours), (ours, label)):
            if skus.is_model(one, other):
                return one
    where = f"for {field.replace('_', ' ')}"
    option = next(option for option, name in _FIELDS.items() if name == field)
    raise UnreadableError(
        f"the labels say {_text(label)} and the options say {_text(ours)} {where}",
        f"leave {option} and {variable(option)} out, or give what the labels say: {_text(label)}",
    )


def _text(value: Any) -> str:
    return render_version(value) if isinstance(value, tuple) else str(value)


def _of_the_size(values: Dict[str, Any]) -> Dict[str, Any]:
    """Add what the catalogue says of the VM size that was asked for: it is intent too, and no look at the machine."""
    size = skus.lookup(values["vm_size"]) if values["vm_size"] else None
    if size is None or not size.is_cuda_gpu:
        return values
    found = {"gpus": size.gpu_count, "model": size.model_id}
    return dict(values, **{field: value for field, value in found.items() if values[field] is None})


def _frameworks(said: Said) -> List[str]:
    given = [(where, text.strip().lower()) for where, text in said]
    names = ", ".join(FRAMEWORKS)
    for where, name in given:
        if name not in FRAMEWORKS:
            near = near_names(name, FRAMEWORKS)
            remedy = f"give {where} {near[0] if near else 'one of ' + names}"
            raise UnreadableError(f"{where}={name!r}: not one of {names}", remedy)
    return list(dict.fromkeys(name for _, name in given))


def _waiver(where: str, text: str) -> Tuple[str, str]:
    check, _, reason = text.strip().partition("=")
    form = f"give {where} {_FORMS['--waive']}"
    if not reason.strip():
        raise UnreadableError(f"{where}={text!r}: not of the form CHECK=REASON", form)
    if check == intent.ID:
        without = "without an intent there is nothing to prove; it cannot be waived"
        raise UnreadableError(f"{where}={text!r}: {without}", f"take {intent.ID} out of {where}, and declare the GPUs")
    ids = [one.ID for one in CHECKS if one.ID != intent.ID]
    if check not in ids:
        near = near_names(check, ids)
        wanted = f"{near[0]}=REASON" if near else f"CHECK=REASON with one of {', '.join(ids)}"
        raise UnreadableError(f"{where}={text!r}: there is no check {check!r}", f"give {where} {wanted}")
    return check, reason.strip()


def parse_gpus(text: str) -> int:
    """Return a number of GPUs. Raises ValueError; 0 is read, and the check of the intent refuses it."""
    if not is_number(text) or len(text) > 4:
        raise ValueError("not a number of GPUs")
    return int(text)


def parse_version(text: str) -> Version:
    """Return `580` or `580.105.08` or `12.4` as numbers. Raises ValueError."""
    if not _VERSION.fullmatch(text):
        raise ValueError("not a version such as 580.105.08 or 12.4")
    return tuple(int(part) for part in text.split("."))


def parse_gib(text: str) -> float:
    """Return a size in GiB. Raises ValueError."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value <= 0:
        raise ValueError("not a size in GiB above 0")
    return value


def parse_name(text: str) -> str:
    """Return a name in lower case. Raises ValueError where it is empty."""
    if not text:
        raise ValueError("empty")
    return text.lower()


def parse_vm_size(text: str) -> str:
    """Return a VM size in the catalogue's spelling, else as it is written. Raises ValueError where it is empty."""
    size = skus.lookup(text)
    return size.size if size else text if parse_name(text) else ""


_PARSERS: Dict[str, Callable[[str], Any]] = {
    "--expect-gpus": parse_gpus,
    "--expect-model": parse_name,
    "--expect-vm-size": parse_vm_size,
    "--min-driver": parse_version,
    "--min-memory-gib": parse_gib,
    "--min-cuda": parse_version,
    "--framework": parse_name,
    "--waive": str,
}
_FORMS = {
    "--expect-gpus": "a number of GPUs, such as 8",
    "--expect-model": "a model id of the catalogue, such as a100 or a100-80gb",
    "--expect-vm-size": "a VM size, such as Standard_NC24ads_A100_v4",
    "--min-driver": "a driver version, such as 570 or 580.105.08",
    "--min-memory-gib": "a size in GiB without a unit, such as 80",
    "--min-cuda": "a CUDA version, such as 12.8",
    "--waive": "CHECK=REASON, such as cuda-kernel='the GPU is shared'",
}
_LISTS = ("--framework", "--waive")
_FIELDS = {
    "--expect-gpus": "gpus",
    "--expect-model": "model",
    "--expect-vm-size": "vm_size",
    "--min-driver": "min_driver",
    "--min-memory-gib": "min_memory_gib",
    "--min-cuda": "min_cuda",
}
DECLARING_OPTIONS = tuple(_PARSERS)
"""The options that declare an intent, each also a variable."""
