from __future__ import annotations

from pathlib import Path

from aigpu_contract.reading import Known, Unknown
from node_agent.facts import PciDevice
from node_agent.probes.pci import read_pci


def put(root: Path, address: str, vendor: str, class_: str, driver: str | None = None) -> None:
    folder = root / "sys/bus/pci/devices" / address
    folder.mkdir(parents=True)
    for name, text in (("vendor", vendor), ("class", class_), ("device", "0x2330")):
        (folder / name).write_text(text + "\n")
    if driver:
        (root / "sys/bus/pci/drivers" / driver).mkdir(parents=True, exist_ok=True)
        (folder / "driver").symlink_to(f"../../drivers/{driver}")


def test_gpus_are_found_by_vendor_and_class_and_nothing_else_is(tmp_path: Path) -> None:
    put(tmp_path, "0002:00:00.0", "0x10de", "0x030200", "nvidia")
    put(tmp_path, "0001:00:00.0", "0x10de", "0x030000", "nouveau")
    put(tmp_path, "0003:00:00.0", "0x10de", "0x068000", "nvidia-nvswitch")
    put(tmp_path, "0004:00:00.0", "0x10de", "0x040300")
    put(tmp_path, "0005:00:00.0", "0x1002", "0x038000", "amdgpu")
    assert read_pci(str(tmp_path)) == Known(
        (PciDevice("0001:00:00.0", "0x2330", "nouveau"), PciDevice("0002:00:00.0", "0x2330", "nvidia"))
    )


def test_a_gpu_that_no_driver_took_has_none(tmp_path: Path) -> None:
    put(tmp_path, "0001:00:00.0", "0x10de", "0x030200")
    assert read_pci(str(tmp_path)) == Known((PciDevice("0001:00:00.0", "0x2330", None),))


def test_an_empty_bus_is_known_to_be_empty(tmp_path: Path) -> None:
    (tmp_path / "sys/bus/pci/devices").mkdir(parents=True)
    assert read_pci(str(tmp_path)) == Known(())


def test_no_bus_to_read_is_not_an_empty_bus(tmp_path: Path) -> None:
    reading = read_pci(str(tmp_path))
    assert isinstance(reading, Unknown)
    assert "sys/bus/pci/devices: No such file or directory" in reading.reason


def test_a_device_that_cannot_be_examined_is_not_left_out(tmp_path: Path) -> None:
    put(tmp_path, "0001:00:00.0", "0x10de", "0x030200", "nvidia")
    (tmp_path / "sys/bus/pci/devices/0001:00:00.0/vendor").unlink()
    assert isinstance(read_pci(str(tmp_path)), Unknown)
