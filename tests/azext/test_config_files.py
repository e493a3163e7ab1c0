from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from azext_aigpu import config_files
from azext_aigpu.usage import UsageError

JSON_READERS = [
    pytest.param(config_files.read_kubelet_config, "--kubelet-config", id="kubelet"),
    pytest.param(config_files.read_linux_os_config, "--linux-os-config", id="linux"),
    pytest.param(config_files.read_localdns_config, "--localdns-config", id="localdns"),
]


def write(directory: Path, data: Any) -> str:
    path = directory / "config.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return str(path)


def test_kubelet_settings_go_out_under_the_names_of_the_api(tmp_path: Path) -> None:
    path = write(tmp_path, {"cpuManagerPolicy": "static", "cpu_cfs_quota": True, "allowed_unsafe_sysctls": ["net.*"]})

    assert config_files.read_kubelet_config(path) == {
        "cpuManagerPolicy": "static",
        "cpuCfsQuota": True,
        "allowedUnsafeSysctls": ["net.*"],
    }


def test_linux_settings_and_their_sysctls_go_out_under_the_names_of_the_api(tmp_path: Path) -> None:
    path = write(tmp_path, {"swap_file_size_mb": 1500, "sysctls": {"net_ipv4_tcp_tw_reuse": True, "vmMaxMapCount": 1}})

    assert config_files.read_linux_os_config(path) == {
        "swapFileSizeMB": 1500,
        "sysctls": {"netIpv4TcpTwReuse": True, "vmMaxMapCount": 1},
    }


def test_linux_settings_need_no_sysctls(tmp_path: Path) -> None:
    path = write(tmp_path, {"transparentHugePageEnabled": "madvise"})

    assert config_files.read_linux_os_config(path) == {"transparentHugePageEnabled": "madvise"}


def test_a_name_that_is_not_known_is_kept_because_the_api_may_know_it(tmp_path: Path) -> None:
    assert config_files.read_kubelet_config(write(tmp_path, {"newSetting": 1})) == {"newSetting": 1}


def test_dns_overrides_are_found_in_any_case_and_zones_are_kept(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        {
            "mode": "Required",
            "kubednsoverrides": {"_tcp.cluster.local": {"forward_destination": "ClusterCoreDNS"}, "gone": None},
            "vnet_dns_overrides": {".": {"queryLogging": "Error"}},
        },
    )

    assert config_files.read_localdns_config(path) == {
        "mode": "Required",
        "kubeDNSOverrides": {"_tcp.cluster.local": {"forwardDestination": "ClusterCoreDNS"}},
        "vnetDNSOverrides": {".": {"queryLogging": "Error"}},
    }


def test_the_message_of_the_day_goes_out_in_base64(tmp_path: Path) -> None:
    path = tmp_path / "motd"
    path.write_text("GPU node: jobs only\nörtlich\n", encoding="utf-8")

    assert base64.b64decode(config_files.read_message(str(path))).decode("utf-8") == "GPU node: jobs only\nörtlich\n"


@pytest.mark.parametrize(("read", "option"), JSON_READERS)
@pytest.mark.parametrize(
    "content",
    [
        pytest.param("{", id="not-json"),
        pytest.param("[1]", id="a-list"),
        pytest.param("null", id="null"),
        pytest.param('{"a":' * 100_000, id="too-deep"),
    ],
)
def test_a_file_that_holds_no_object_is_told_with_its_path(
    tmp_path: Path, read: Callable[[str], Any], option: str, content: str
) -> None:
    path = write(tmp_path, content)

    with pytest.raises(UsageError) as caught:
        read(path)

    assert caught.value.message.startswith(option)
    assert path in caught.value.message


@pytest.mark.parametrize(
    "overrides",
    [pytest.param([], id="no-object"), pytest.param({".": "ClusterCoreDNS"}, id="zone-without-object")],
)
def test_dns_overrides_of_another_shape_are_told(tmp_path: Path, overrides: Any) -> None:
    with pytest.raises(UsageError, match="kubeDNSOverrides"):
        config_files.read_localdns_config(write(tmp_path, {"kubeDNSOverrides": overrides}))


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda path: path / "absent.json", id="absent"),
        pytest.param(lambda path: path, id="a-folder"),
    ],
)
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        config_files.read_message(str(make(tmp_path)))


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    path = tmp_path / "motd"
    path.write_bytes(b"\xff\xfe\x00x")

    with pytest.raises(UsageError, match="not text in UTF-8"):
        config_files.read_message(str(path))
