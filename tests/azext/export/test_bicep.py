"""The Bicep that is exported has the request's body, field by field; it is read back by a reader of our own."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azext_aigpu.export.bicep import API_VERSION, render_value, write_bicep, write_lines
from azext_aigpu.export.pool import build_clone
from tests.azext.export.documents import BODIES, exported, read_bicep

KIND = "Microsoft.ContainerService/managedClusters"
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
DATA = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**6) | st.sampled_from([0.5, -1.0, 1.25]) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("name", BODIES)
def test_it_has_the_body_of_the_request_field_by_field(name: str) -> None:
    export = exported(BODIES[name])

    found = read_bicep(write_bicep(export))

    assert found["pool"]["type"] == f"{KIND}/agentPools@{API_VERSION}"
    assert (found["pool"]["parent"], found["pool"]["name"]) == ("cluster", "gpu")
    assert found["pool"]["properties"] == export.properties
    assert found["cluster"] == {"type": f"{KIND}@{API_VERSION}", "name": "aks-train"}


@given(DATA)
def test_any_value_comes_back(value: Any) -> None:
    text = f"resource a 'b' = {{\n  it: {render_value(value, '  ')}\n}}\n"

    assert read_bicep(text)["a"]["it"] == value


def test_a_clone_has_a_parameter_for_its_cluster() -> None:
    text = write_bicep(build_clone(exported(BODIES["add-gpu"]), "westeurope"))

    assert re.search(r"^param clusterName string$", text, re.MULTILINE)
    assert read_bicep(text)["cluster"]["name"] == "clusterName"
    assert "// Fill in: parameter clusterName" in text


def test_nothing_in_a_text_is_taken_for_an_expression() -> None:
    assert render_value("${listKeys()} it's") == "'\\${listKeys()} it\\'s'"


def test_lines_for_somebodys_own_resource_are_properties() -> None:
    text = write_lines({"gpu-type": "nvidia"}, ["sku=gpu:NoSchedule"])

    assert read_bicep(f"resource a 'b' = {{\n{text}}}\n")["a"] == {
        "type": "b",
        "nodeLabels": {"gpu-type": "nvidia"},
        "nodeTaints": ["sku=gpu:NoSchedule"],
    }
