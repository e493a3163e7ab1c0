"""Reads the files that options name, and brings their content into the form in which the API takes it.

JSON files may be written with the API's own names or in snake_case: azure-cli 2.81 took both, newer ones send what
stands there as it stands. Unknown names are kept, as the API may know more of them than this version does.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Any

from azext_aigpu.input_files import decode_text, read_input
from azext_aigpu.usage import UsageError

MOST_BYTES = 1024 * 1024
_UNDERSCORE = re.compile(r"_([a-z0-9])")
_IRREGULAR = {"swapFileSizeMb": "swapFileSizeMB"}
_DNS_OVERRIDES = ("kubeDNSOverrides", "vnetDNSOverrides")


def read_kubelet_config(path: str) -> dict[str, Any]:
    """Return the object of the file for `--kubelet-config`, under the API's names. Raises UsageError."""
    return _rename(_read_object(path, "--kubelet-config"))


def read_linux_os_config(path: str) -> dict[str, Any]:
    """Return the object of the file for `--linux-os-config`, under the API's names. Raises UsageError."""
    config = _rename(_read_object(path, "--linux-os-config"))
    if isinstance(config.get("sysctls"), Mapping):
        config["sysctls"] = _rename(config["sysctls"])
    return config


def read_localdns_config(path: str) -> dict[str, Any]:
    """Return the object of the file for `--localdns-config`, under the API's names. Raises UsageError.

    As in `az aks nodepool`, the two groups of overrides are found in any case; the DNS zones in them are kept as they
    are, and a zone that is null is left out.
    """
    option = "--localdns-config"
    config = _read_object(path, option)
    groups = {name.lower(): name for name in _DNS_OVERRIDES}
    named = {groups.get(key.replace("_", "").lower(), _camel(key)): value for key, value in config.items()}
    for group in _DNS_OVERRIDES:
        if group in named:
            zones = _as_object(named[group], f"{option}: {group} in {path}")
            named[group] = {
                zone: _rename(_as_object(override, f"{option}: {group} '{zone}' in {path}"))
                for zone, override in zones.items()
                if override is not None
            }
    return named


def read_message(path: str) -> str:
    """Return the file for `--message-of-the-day` in base64, as the API takes it. Raises UsageError."""
    return base64.b64encode(_read(path, "--message-of-the-day").encode("utf-8")).decode("ascii")


def _read_object(path: str, option: str) -> dict[str, Any]:
    text = _read(path, option)
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        why = "its values are nested too deep" if isinstance(error, RecursionError) else str(error)
        raise UsageError(
            f"{option}: {path} is not JSON: {why}.", "Give the path of a file with one JSON object."
        ) from error
    return dict(_as_object(data, f"{option}: {path}"))


def _read(path: str, option: str) -> str:
    content = read_input(path, option, MOST_BYTES, "Give the path of a file that is there.")
    return decode_text(content, path, option).removeprefix("\ufeff").replace("\r\n", "\n")  # as az aks reads them


def _as_object(data: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        raise UsageError(
            f"{what} is {json.dumps(data)[:60]}, not a JSON object.", 'Wanted is an object: {"name": value}.'
        )
    return data


def _rename(data: Mapping[str, Any]) -> dict[str, Any]:
    return {_camel(key): value for key, value in data.items()}


def _camel(key: str) -> str:
    name = _UNDERSCORE.sub(lambda match: match.group(1).upper(), key)
    return _IRREGULAR.get(name, name)
