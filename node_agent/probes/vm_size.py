"""The size of the virtual machine: from the node's label, given by the caller, and from Azure's metadata service."""

from __future__ import annotations

import http.client
import re

from aigpu_contract.reading import Known, Reading, Unknown

METADATA_HOST = "169.254.169.254"
"""Link-local, plain HTTP, never through a proxy; the header `Metadata: true` is required
(learn.microsoft.com, Azure Instance Metadata Service)."""

PATH = "/metadata/instance/compute/vmSize?api-version=2021-02-01&format=text"
_SIZE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{2,79}")


def read_vm_size_metadata(host: str, timeout_s: float) -> Reading[str]:
    """Ask the metadata service at `host` (`address` or `address:port`). Clusters often block it: Unknown."""
    connection = http.client.HTTPConnection(host, timeout=timeout_s)
    try:
        connection.request("GET", PATH, headers={"Metadata": "true"})
        response = connection.getresponse()
        text = response.read(1024).decode("utf-8", "replace").strip()
    except (OSError, http.client.HTTPException) as error:
        return Unknown(f"the metadata service at {host} gave no answer: {error!r}")
    finally:
        connection.close()
    if response.status != 200:
        return Unknown(f"the metadata service at {host} answered HTTP {response.status}")
    return Known(text) if _SIZE.fullmatch(text) else Unknown("the metadata service answered what is no VM size")
