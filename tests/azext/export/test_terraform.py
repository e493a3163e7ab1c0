"""The Terraform that is exported: it parses, it is formatted, our own reader takes it for the same pool."""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from azext_aigpu import body
from azext_aigpu.export.hcl import Block, quote, render_blocks, render_value
from azext_aigpu.export.pool import build_clone
from azext_aigpu.export.terraform import ATTRIBUTES, build_resource, list_notes, write_lines, write_terraform
from azext_aigpu.foreign.azurerm import POOL
from azext_aigpu.foreign.pool_fields import canonical, typed
from azext_aigpu.foreign.resources import ForeignPool
from azext_aigpu.foreign.terraform import read_terraform_plan
from azext_aigpu.spec import wire_fields
from azext_aigpu.specs.fields import spec_key
from tests.azext.export.documents import BODIES, CLUSTER, LIMITS, exported, read_hcl

TERRAFORM = shutil.which("terraform")


def read_back(text: str) -> ForeignPool:
    """Return the pool in Terraform's source, by way of the plan that Terraform would make of it."""
    (resource,) = [one[POOL]["gpu"] for one in read_hcl(text)["resource"]]
    change = {"actions": ["create"], "after": resource, "after_unknown": {}}
    entry = {"address": f"{POOL}.gpu", "mode": "managed", "type": POOL, "name": "gpu", "change": change}
    plan = read_terraform_plan({"format_version": "1.2", "resource_changes": [entry]}, "plan.json")
    (pool,) = plan.items
    assert isinstance(pool, ForeignPool)
    return pool


@pytest.mark.parametrize("name", BODIES)
def test_our_own_reader_takes_it_for_the_same_pool(name: str) -> None:
    export = exported(BODIES[name])

    pool = read_back(write_terraform(export))

    same, gaps = typed(canonical(export.properties))
    assert pool.gaps == gaps == ()
    # azurerm knows nothing of DRANET, and the notes say so.
    same.pop("networkProfile", None)
    assert _spec(pool.properties) == _spec(same)
    assert pool.place.name == "gpu"


def _spec(properties: Any) -> Any:
    return body.read_spec(properties, CLUSTER.resource_group, CLUSTER.name, "gpu", LIMITS)


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.skipif(TERRAFORM is None, reason="terraform is not on PATH; put it there and run this file again")
def test_terraform_has_nothing_to_format(name: str, tmp_path: Path) -> None:
    export = exported(BODIES[name])
    texts = (write_terraform(export), write_terraform(build_clone(export, "westeurope")))
    for number, text in enumerate(texts):
        (tmp_path / f"{number}.tf").write_text(text, "utf-8")

    done = subprocess.run(
        [str(TERRAFORM), "fmt", "-check", "-diff"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stdout) == (0, ""), done.stderr


NEVER_EXPORTED = ("vm_set_type", "os_type", "kubernetes_version")
"""AKS's own value, the same for every pool that can be exported; the version is told apart."""


@pytest.mark.parametrize("field", [field for field, _ in wire_fields() if field not in NEVER_EXPORTED])
def test_no_field_is_lost_without_a_word(field: str) -> None:
    export = next(one for one in map(exported, BODIES.values()) if getattr(one.spec, field) not in (None, (), {}))
    nothing: Any = {"labels": {}, "tags": {}, "node_taints": ()}.get(field)
    without = dataclasses.replace(export, spec=dataclasses.replace(export.spec, **{field: nothing}))

    written = build_resource(export) != build_resource(without)

    assert written or any(f"Left out: {spec_key(field)}:" in note for note in list_notes(export))


def test_a_pool_that_exists_is_imported() -> None:
    (block,) = read_hcl(write_terraform(exported(BODIES["add-gpu"])))["import"]

    assert block == {"to": f"${{{POOL}.gpu}}", "id": f"{CLUSTER}/agentPools/gpu"}


def test_a_clone_asks_for_its_cluster() -> None:
    text = write_terraform(build_clone(exported(BODIES["add-gpu"]), "westeurope"))

    found = read_hcl(text)
    assert "import" not in found
    assert found["variable"][0]["kubernetes_cluster_id"]["type"] == "string"
    assert found["resource"][0][POOL]["gpu"]["kubernetes_cluster_id"] == "${var.kubernetes_cluster_id}"
    assert "# Fill in: variable kubernetes_cluster_id" in text


def test_every_attribute_belongs_to_a_field() -> None:
    assert set(ATTRIBUTES) <= {path for _, path in wire_fields()}


def test_lines_for_somebodys_own_resource_parse() -> None:
    text = write_lines({"team": "vision", "aigpu.io/gpu-count": "1"}, ["sku=gpu:NoSchedule"])

    assert read_hcl(text) == {
        "node_taints": ["sku=gpu:NoSchedule"],
        "node_labels": {"team": "vision", "aigpu.io/gpu-count": "1"},
    }


class TestSettings:
    def block(self, **properties: Any) -> tuple[Any, tuple[str, ...]]:
        export = exported({"vmSize": "Standard_NC4as_T4_v3", "count": 1, **properties})
        (resource,) = read_hcl(write_terraform(export))["resource"]
        return resource[POOL]["gpu"], list_notes(export)

    def test_sysctls_have_the_names_of_the_provider(self) -> None:
        sysctls = {"netCoreSomaxconn": 4096, "netIpv4TcpkeepaliveIntvl": 30, "netIpv4IpLocalPortRange": "1024 60999"}

        pool, _ = self.block(linuxOSConfig={"sysctls": sysctls, "swapFileSizeMB": 1500})

        (found,) = pool["linux_os_config"]
        assert found["swap_file_size_mb"] == 1500
        assert found["sysctl_config"] == [
            {
                "net_core_somaxconn": 4096,
                "net_ipv4_tcp_keepalive_intvl": 30,
                "net_ipv4_ip_local_port_range_min": 1024,
                "net_ipv4_ip_local_port_range_max": 60999,
            }
        ]

    @pytest.mark.parametrize("ports", ["", "1024", "a b", "1 2 3"], ids=["empty", "one", "letters", "three"])
    def test_a_range_that_is_none_is_left_out_and_told(self, ports: str) -> None:
        pool, notes = self.block(linuxOSConfig={"sysctls": {"netIpv4IpLocalPortRange": ports}})

        assert "sysctl_config" not in str(pool)
        assert any("netIpv4IpLocalPortRange" in note for note in notes)

    def test_a_setting_of_the_kubelet_without_an_attribute_is_told(self) -> None:
        pool, notes = self.block(kubeletConfig={"failSwapOn": False, "cpuManagerPolicy": "static"})

        assert pool["kubelet_config"] == [{"cpu_manager_policy": "static"}]
        assert any(note.startswith("Left out: kubeletConfig.failSwapOn: False;") for note in notes)


class TestHcl:
    @pytest.mark.parametrize(
        "text",
        [
            'a "quoted" one',
            "back\\slash",
            "two\nlines\ttab",
            "${var.secret}",
            "%{if true}",
            "$${x}",
            "Ä 漢",
            "\u2028\x07",
        ],
        ids=["quotes", "backslash", "newline", "interpolation", "directive", "twice", "unicode", "control"],
    )
    def test_a_text_stays_what_it_is(self, text: str) -> None:
        assert read_hcl(f"a = {quote(text)}\n") == {"a": text}

    @pytest.mark.parametrize(
        ("value", "written"),
        [(True, "true"), (1.25, "1.25"), (-1.0, "-1"), (0.00001, "0.00001"), ([], "[]"), (("a", 1), '["a", 1]')],
        ids=str,
    )
    def test_a_value_takes_one_line(self, value: Any, written: str) -> None:
        assert render_value(value) == written

    def test_blocks_stand_apart(self) -> None:
        inner = Block("b", (), {"x": 1})

        assert render_blocks([Block("a", ("n",), {}, (inner, inner))]) == (
            'a "n" {\n  b {\n    x = 1\n  }\n\n  b {\n    x = 1\n  }\n}\n'
        )
