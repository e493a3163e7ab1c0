from __future__ import annotations

import pytest

from azext_aigpu.cluster.manifests import forms
from azext_aigpu.usage import UsageError


@pytest.mark.parametrize(
    "text",
    [
        "team.azurecr.io/aigpu-agent:0.1.0",
        "localhost/aigpu:1",
        "127.0.0.1:5000/aigpu:1",
        "team.azurecr.io/a@sha256:" + "0" * 64,
    ],
)
def test_an_image_with_its_registry_is_taken(text: str) -> None:
    assert forms.parse_image(text) == text


@pytest.mark.parametrize("text", ["aigpu-agent", "aigpu-agent:0.1.0", "somebody/aigpu-agent:0.1.0"])
def test_an_image_of_docker_hub_by_omission_is_not(text: str) -> None:
    with pytest.raises(UsageError, match="names no registry"):
        forms.parse_image(text)


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (forms.parse_taint, "sku:gpu"),
        (lambda text: forms.parse_taint_keys([text]), "team=vision"),
        (lambda text: forms.parse_namespaces([text]), "Run_AI"),
    ],
    ids=["taint", "toleration", "namespace"],
)
def test_what_is_not_of_the_form_is_shown_with_an_example(parse: object, text: str) -> None:
    assert callable(parse)

    with pytest.raises(UsageError) as raised:
        parse(text)

    assert text in raised.value.message
    assert "for example" in raised.value.recommendation.lower()
