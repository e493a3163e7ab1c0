"""The variables that decide which GPUs a container and CUDA see, read as the toolkit and the driver read them. Pure.

CUDA_VISIBLE_DEVICES: CUDA reads the list up to the first entry that names no device (NVIDIA's CUDA Programming Guide,
environment variables). NVIDIA_VISIBLE_DEVICES: NVIDIA's container toolkit splits at commas, drops empty entries, and
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
    """CUDA_VISIBLE_DEVICES as CUDA reads it: the entries before the first that names no device, and that one."""

    text: str
    devices: Tuple[str, ...]
    rejected: Optional[str]

    @property
    def hides_all(self) -> bool:
        """Return whether CUDA counts no device."""
        return not self.devices


def parse_visible_to_cuda(text: str, gpus: Optional[int] = None) -> VisibleToCuda:
    """Return what CUDA makes of the text. `gpus` is how many the container has, None where nobody knows."""
    entries = [entry.strip() for entry in text.split(",")] if text.strip() else []
    for place, entry in enumerate(entries):
        if not _CUDA_DEVICE.fullmatch(entry) or (gpus is not None and entry.isdecimal() and int(entry) >= gpus):
            return VisibleToCuda(text, tuple(entries[:place]), entry)
    return VisibleToCuda(text, tuple(entries), None)


def gives_no_gpu(text: str) -> bool:
    """Return whether NVIDIA's container toolkit gives no GPU for this value of NVIDIA_VISIBLE_DEVICES."""
    entries = {entry.strip() for entry in text.split(",")} - {""}
    return not entries or VOID in entries or entries == {NONE}
