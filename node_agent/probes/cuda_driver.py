"""The calls of the CUDA driver that a proof needs, through ctypes: no package, and any Python can do it.

Codes are the CUresult values of cuda.h. Every value that a call fills is set before the call: a driver that refuses
leaves it untouched, and one that answers success without filling it must not pass for a device.
"""

from __future__ import annotations

import ctypes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

SYMBOL_NOT_FOUND = 500
"""CUDA_ERROR_NOT_FOUND, given for a function that the library does not have."""
UNKNOWN = 999
CAPABILITY_MAJOR = 75
CAPABILITY_MINOR = 76
UNSET = -1


class Refused(Exception):  # noqa: N818 (it reads as what happened)
    """A call of the driver gave another code than success."""

    def __init__(self, call: str, code: int) -> None:
        super().__init__(f"{call} gave {code}")
        self.call = call
        self.code = code


class Driver:
    """libcuda, loaded. Every method but `version` raises `Refused`."""

    def __init__(self, library: ctypes.CDLL, step: Callable[[str], None]) -> None:
        self._library = library
        self._step = step
        self._prefix = ""

    def about(self, what: str) -> None:
        """Say which device the next calls are about; a hang or crash is reported with it."""
        self._prefix = what + ": " if what else ""

    def call(self, name: str, *arguments: object) -> None:
        """Call `name` of the library."""
        function = getattr(self._library, name, None)
        if function is None:
            raise Refused(name, SYMBOL_NOT_FOUND)
        self._step(self._prefix + name)
        code = function(*arguments)
        if code != 0:
            raise Refused(name, code)

    def call_newest(self, names: tuple[str, ...], *arguments: object) -> None:
        """Call the first of `names` that the library has."""
        known = [name for name in names if hasattr(self._library, name)]
        self.call(known[0] if known else names[-1], *arguments)

    def version(self) -> int | None:
        """Return the CUDA version of the driver, 1000 x major + 10 x minor; answered even before cuInit.

        None where even that is refused: cuInit then gives the code that matters.
        """
        try:
            return self._filled("cuDriverGetVersion")
        except Refused:
            return None

    def start(self) -> None:
        """Initialize the driver in this process."""
        self.call("cuInit", ctypes.c_uint(0))

    def count(self) -> int:
        """Return the number of devices."""
        return self._filled("cuDeviceGetCount")

    def device(self, ordinal: int) -> int:
        """Return the handle of the device of this number."""
        return self._filled("cuDeviceGet", ctypes.c_int(ordinal))

    def name(self, device: int) -> str:
        """Return the name of the device."""
        buffer = ctypes.create_string_buffer(256)
        self.call("cuDeviceGetName", buffer, ctypes.c_int(255), ctypes.c_int(device))
        return buffer.value.decode("utf-8", "replace")

    def uuid(self, device: int) -> str:
        """Return the UUID without a prefix; of a MIG device its own, where the driver knows (CUDA 11.4 and newer)."""
        buffer = (ctypes.c_ubyte * 16)()
        self.call_newest(("cuDeviceGetUuid_v2", "cuDeviceGetUuid"), buffer, ctypes.c_int(device))
        digits = bytes(buffer).hex()
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    def capability(self, device: int) -> tuple[int, int]:
        """Return the compute capability as major and minor."""
        return self._attribute(CAPABILITY_MAJOR, device), self._attribute(CAPABILITY_MINOR, device)

    def memory_mib(self, device: int) -> int:
        """Return the memory of the device in MiB."""
        size = ctypes.c_size_t(0)
        self.call_newest(("cuDeviceTotalMem_v2", "cuDeviceTotalMem"), ctypes.byref(size), ctypes.c_int(device))
        return size.value >> 20

    def _attribute(self, attribute: int, device: int) -> int:
        return self._filled("cuDeviceGetAttribute", ctypes.c_int(attribute), ctypes.c_int(device))

    def _filled(self, name: str, *arguments: object) -> int:
        value = ctypes.c_int(UNSET)
        self.call(name, ctypes.byref(value), *arguments)
        if value.value == UNSET:
            raise Refused(name, UNKNOWN)
        return value.value
