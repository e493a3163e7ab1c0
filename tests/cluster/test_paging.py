"""Lists read page by page from an API server that goes on changing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from azext_aigpu.cluster.kubectl import Kubectl
from azext_aigpu.cluster.paging import read_list
from testbeds.cluster import Cluster
from testbeds.cluster.assets import find_kubectl

Make = Callable[[str, Mapping[str, Any]], Any]


@pytest.mark.cluster
@pytest.mark.parametrize("page", [1, 3, 1000])
def test_every_page_shows_the_cluster_as_the_first_one_did(
    cluster: Cluster, namespace: str, make: Make, page: int
) -> None:
    kubectl = Kubectl(str(find_kubectl()), str(cluster.kubeconfig()))
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    for number in range(0, 10, 2):
        make(path, {"metadata": {"name": f"m-{number}"}})

    def name_of(item: Mapping[str, Any]) -> str | None:
        name = str(item["metadata"]["name"])
        if name == "m-0":  # those between are made once the list has begun
            for number in range(1, 10, 2):
                make(path, {"metadata": {"name": f"m-{number}"}})
        return name if name.startswith("m-") else None

    assert read_list(kubectl, path, name_of, page) == [f"m-{number}" for number in range(0, 10, 2)]
    assert len(read_list(kubectl, path, name_of_any, page)) == 10


def name_of_any(item: Mapping[str, Any]) -> str | None:
    name = str(item["metadata"]["name"])
    return name if name.startswith("m-") else None
