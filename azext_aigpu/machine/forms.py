"""Parses what a user types about one virtual machine into what it means. Forms only; one of them reads a file.

Every function raises `UsageError`, whose message holds the value seen, the value wanted and an example.
"""

from __future__ import annotations

import re
from pathlib import Path

from azext_aigpu.usage import UsageError

LEAST_DISK_GB = 64
MOST_DISK_GB = 4095
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,58}[A-Za-z0-9])?")
_ADMIN = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
_RESERVED = ("admin", "administrator", "root", "guest", "test", "user")
_PUBLIC_KEY = re.compile(r"(ssh-rsa|ssh-ed25519) [A-Za-z0-9+/]+={0,3}( .*)?")
_PORTS_OF_ALL = ("*", "internet", "any")


def parse_machine_name(text: str) -> str:
    """Return the name of a machine, which is the name of the host too."""
    if not _NAME.fullmatch(text):
        raise UsageError(
            f"--name: '{text}' is not a name of a Linux virtual machine.",
            "Give 1 to 60 letters, digits and hyphens that start and end with a letter or digit: --name gpu1",
        )
    return text


def parse_admin(text: str) -> str:
    """Return the name of the first user. Azure refuses some names that everybody would guess."""
    if not _ADMIN.fullmatch(text) or text in _RESERVED:
        raise UsageError(
            f"--admin-username: '{text}' cannot be the name of the first user.",
            f"Give a lower-case name other than {', '.join(_RESERVED)}, for example: --admin-username azureuser",
        )
    return text


def parse_source(text: str) -> str:
    """Return an address or a range of addresses that SSH is open to; not everybody."""
    import ipaddress  # only for this option: every command loads these forms

    wide = text.strip().lower() in _PORTS_OF_ALL
    try:
        network = None if wide else ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        network = None
    if network is None or network.prefixlen == 0:
        raise UsageError(
            f"--ssh-source: '{text}' is not an address or a range of addresses that somebody in particular has.",
            "Give the address that you come from, for example: --ssh-source 203.0.113.7/32",
        )
    return str(network)


def read_ssh_key(text: str) -> str:
    """Return the public key that `text` is, or that the file of that name holds."""
    key = text.strip()
    if not key.startswith("ssh-"):
        key = _read_file(key)
    if not _PUBLIC_KEY.fullmatch(key):
        private = "PRIVATE KEY" in key
        raise UsageError(
            "--ssh-key-values: this is " + ("a private key; it was not sent." if private else "not a public SSH key."),
            "Give the public half, RSA or Ed25519, or its file, for example: --ssh-key-values ~/.ssh/id_ed25519.pub",
        )
    return key


def _read_file(name: str) -> str:
    try:
        return Path(name).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not a text"
        raise UsageError(
            f"--ssh-key-values: '{name}' is neither a public SSH key nor a file that can be read: {reason}.",
            "Make a key with ssh-keygen -t ed25519, then for example: --ssh-key-values ~/.ssh/id_ed25519.pub",
        ) from error
