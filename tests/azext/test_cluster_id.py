"""A cluster is named by its whole id, and by nothing that would lead a request elsewhere."""

from __future__ import annotations

import pytest

from azext_aigpu.cluster_id import ClusterId, parse_cluster_id
from tests.azext.specs.given import SUBSCRIPTION, cluster


def test_an_id_is_read_and_written_back() -> None:
    assert parse_cluster_id(cluster()) == ClusterId(SUBSCRIPTION, "rg-train", "aks-train")
    assert str(parse_cluster_id(cluster() + "/")) == cluster()


def test_two_spellings_have_one_key() -> None:
    other = cluster().replace("resourceGroups", "resourcegroups").replace("rg-train", "RG-Train")

    assert parse_cluster_id(other).key == parse_cluster_id(cluster()).key


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("aks-train", id="name"),
        pytest.param(cluster().replace(SUBSCRIPTION, "production"), id="subscription-by-name"),
        pytest.param(cluster().replace("rg-train", ".."), id="dots"),
        pytest.param(cluster().replace("rg-train", "a/../b"), id="path"),
        pytest.param(cluster() + "/agentPools/gpu", id="pool"),
        pytest.param(cluster() + "?api-version=1", id="query"),
        pytest.param("https://example.com" + cluster(), id="host"),
        pytest.param(cluster().replace("rg-train", "rg%2Ftrain"), id="escaped"),
        pytest.param(cluster() + "\nx", id="two-lines"),
        pytest.param(cluster().replace("rg-train", "rg\u0661"), id="digit-of-another-script"),
    ],
)
def test_what_is_no_cluster_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="wanted is the whole id of an AKS cluster"):
        parse_cluster_id(text)
