"""The kubeconfig that AKS gives to a user of a cluster. The one for administrators is never asked for."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from azext_aigpu.cloud.arm import Arm
from azext_aigpu.cloud.shape import as_object, as_text

PERMISSION = "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action"


def read_user_kubeconfig(arm: Arm, group: str, cluster: str) -> str:
    """Return the kubeconfig of the user who is signed in, in the form that names kubelogin.

    Raises CallFailed, and ValueError where the answer holds none.
    """
    path = arm.cluster_path(group, cluster) + "/listClusterUserCredential"
    return parse_kubeconfigs(arm.post_json(path, arm.api_version, {}, {"format": "exec"}))


def parse_kubeconfigs(data: Any) -> str:
    """Return the first kubeconfig of the answer. Raises ValueError where there is none that can be read."""
    found = as_object(data, "the answer").get("kubeconfigs")
    if not isinstance(found, list) or not found:
        raise ValueError("the answer holds no kubeconfig")
    value = as_text(as_object(found[0], "kubeconfigs[0]").get("value"), "kubeconfigs[0].value")
    try:
        return base64.b64decode(value, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ValueError("kubeconfigs[0].value is not text in Base64") from error
