"""The variables that decide which GPUs a container and CUDA see, read as the toolkit and the driver read them. Pure.

CUDA_VISIBLE_DEVICES: CUDA reads the list up to the first entry that names no device (NVIDIA's CUDA Programming Guide,
environment variables), and shows none where the same is named twice, as PyTorch's own count of devices has it
(torch/cuda/__init__.py). NVIDIA_VISIBLE_DEVICES: NVIDIA's container toolkit splits at commas, drops empty entries, and
leaves a container alone where nothing is left or one entry is `void`; with `none` it brings the libraries and no GPU.
"""

from __future__ import annotations

import re
from typing import Optional, Tuple

from aigpu_contract.frozen import dataclass

VOID = "void"
"""With it NVIDIA's runtime leaves a container alone; CDI writes it too, beside a GPU that was given."""

NONE = "none"
CUDA_DEVICE = r"[0-9]+|GPU-[0-9A-Fa-f-]+|MIG-\S+"
"""What an entry of CUDA_VISIBLE_DEVICES looks like that may name a device: an index, the beginning of a UUID."""

_CUDA_DEVICE = re.compile(CUDA_DEVICE, re.ASCII)


@dataclass(frozen=True)
class VisibleToCuda:
    """CUDA_VISIBLE_DEVICES as CUDA reads it: the entries before the first that names no device, and that one.

    `repeated` is an entry that names a device once more: with it CUDA shows none, and `devices` is empty.
    """

    text: str
    devices: Tuple[str, ...]
    rejected: Optional[str]
    repeated: Optional[str] = None

    @property
    def hides_all(self) -> bool:
        """Return whether CUDA counts no device."""
        return not self.devices

    @property
    def says_none(self) -> bool:
        """Return whether it is empty or begins with -1, as one writes who wants no device."""
        return self.hides_all and self.repeated is None and self.rejected in (None, "-1")


def parse_visible_to_cuda(text: str, gpus: Optional[int] = None) -> VisibleToCuda:
    """Return what CUDA makes of the text. `gpus` is how many the container has, None where nobody knows."""
    entries = [entry.strip() for entry in text.split(",")] if text.strip() else []
    named = set()
    for place, entry in enumerate(entries):
        index = int(entry) if entry.isascii() and entry.isdecimal() else None
        if not _CUDA_DEVICE.fullmatch(entry) or (index is not None and gpus is not None and index >= gpus):
            return VisibleToCuda(text, tuple(entries[:place]), entry)
        device = entry if index is None else index
        if device in named:
            return VisibleToCuda(text, (), None, repeated=entry)
        named.add(device)
    return VisibleToCuda(text, tuple(entries), None)


def gives_no_gpu(text: str) -> bool:
    """Return whether NVIDIA's container toolkit gives no GPU for this value of NVIDIA_VISIBLE_DEVICES."""
    entries = {entry.strip() for entry in text.split(",")} - {""}
    return not entries or VOID in entries or entries == {NONE}
