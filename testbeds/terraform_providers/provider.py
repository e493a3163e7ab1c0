"""The program that Terraform starts as a provider: `python provider.py azurerm 4`."""

# The package `tf` and what it brings have no types.
# mypy: disable-error-code="import-not-found,import-untyped,misc"

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

import msgpack
import tf.provider
import tf.runner
from tf.gen import tfplugin_pb2 as pb
from tf.gen import tfplugin_pb2_grpc as rpc

from testbeds.terraform_providers.schemas import DYNAMIC, LIST, MAP, NUMBER, SET, Resource, resources_of

UNKNOWN = msgpack.ExtType(0, b"\x00")
"""How Terraform's protocol writes a value that is known after apply."""

_COMPUTED = ("c", "oc", "sc")
_MADE: Mapping[str, Any] = {"os_sku": "Ubuntu", "os_disk_size_gb": 128, "max_pods": 30, "orchestrator_version": "1.34"}
_EMPTY: Mapping[str, Any] = {NUMBER: 1, MAP: {}, LIST: [], SET: [], DYNAMIC: None}
_REPLACES = ("vm_size", "kubernetes_cluster_id", "name", "size", "location")


class Servicer(rpc.ProviderServicer):
    """Terraform's provider protocol, version 6: what planning and a pretended apply need of it."""

    def __init__(self, app: App) -> None:
        self._resources = app.resources

    def GetProviderSchema(self, _request: Any, _context: Any) -> Any:
        """The attributes of every resource."""
        features = pb.Schema.NestedBlock(type_name="features", nesting=_LISTED, block=pb.Schema.Block())
        own = pb.Schema.Block(block_types=[features])
        schemas = {name: pb.Schema(version=0, block=_block(*parts)) for name, parts in self._resources.items()}
        return pb.GetProviderSchema.Response(provider=pb.Schema(block=own), resource_schemas=schemas)

    def GetMetadata(self, _request: Any, _context: Any) -> Any:
        """The names of the resources."""
        listed = [pb.GetMetadata.ResourceMetadata(type_name=name) for name in self._resources]
        return pb.GetMetadata.Response(server_capabilities=pb.ServerCapabilities(), resources=listed)

    def ValidateProviderConfig(self, _request: Any, _context: Any) -> Any:
        """Anything goes."""
        return pb.ValidateProviderConfig.Response()

    def ConfigureProvider(self, _request: Any, _context: Any) -> Any:
        """Nothing to configure."""
        return pb.ConfigureProvider.Response()

    def ValidateResourceConfig(self, _request: Any, _context: Any) -> Any:
        """Anything goes that has the right types, which Terraform sees to."""
        return pb.ValidateResourceConfig.Response()

    def UpgradeResourceState(self, request: Any, _context: Any) -> Any:
        """The state as it is."""
        return pb.UpgradeResourceState.Response(upgraded_state=pb.DynamicValue(json=request.raw_state.json))

    def ReadResource(self, request: Any, _context: Any) -> Any:
        """The state as it is: nobody changes what is only pretended."""
        return pb.ReadResource.Response(new_state=request.current_state)

    def StopProvider(self, _request: Any, _context: Any) -> Any:
        """Nothing runs."""
        return pb.StopProvider.Response()

    def PlanResourceChange(self, request: Any, _context: Any) -> Any:
        """What was asked for; computed attributes that nobody gave are unknown, as the providers' SDK plans them."""
        prior, wanted = _unpack(request.prior_state), _unpack(request.proposed_new_state)
        planned = _planned(wanted, *self._resources[request.type_name])
        answer = pb.PlanResourceChange.Response(planned_state=_pack(planned), legacy_type_system=True)
        for name in _REPLACES if prior is not None and planned is not None else ():
            if prior.get(name) != planned.get(name):
                answer.requires_replace.append(pb.AttributePath(steps=[pb.AttributePath.Step(attribute_name=name)]))
        return answer

    def ApplyResourceChange(self, request: Any, _context: Any) -> Any:
        """The plan as state, with something in place of what Azure would fill in."""
        made = _settled(_unpack(request.planned_state), *self._resources[request.type_name])
        return pb.ApplyResourceChange.Response(new_state=_pack(made), legacy_type_system=True)


class App:
    """What the package `tf` takes for a provider."""

    def __init__(self, resources: Mapping[str, Resource]) -> None:
        self.resources = resources

    def full_name(self) -> str:
        """The provider's name, for messages."""
        return "stand-in"


_LISTED = pb.Schema.NestedBlock.NestingMode.LIST


def _block(attributes: Mapping[str, tuple[str, str]], blocks: Mapping[str, Any]) -> Any:
    block = pb.Schema.Block()
    for name, (kind, how) in sorted(attributes.items()):
        block.attributes.append(
            pb.Schema.Attribute(
                name=name,
                type=kind.encode(),
                required=how == "r",
                optional=how in ("o", "oc", "s"),
                computed=how in _COMPUTED,
                sensitive=how in ("s", "sc"),
            )
        )
    for name, inner in sorted(blocks.items()):
        block.block_types.append(pb.Schema.NestedBlock(type_name=name, nesting=_LISTED, block=_block(*_parts(inner))))
    return block


def _parts(inner: Any) -> Resource:
    return inner if isinstance(inner, tuple) else (inner, {})


def _planned(value: Any, attributes: Mapping[str, tuple[str, str]], blocks: Mapping[str, Any]) -> Any:
    if not isinstance(value, dict):
        return value
    planned = {}
    for name, item in value.items():
        if name in blocks:
            planned[name] = [_planned(one, *_parts(blocks[name])) for one in item or []]
        else:
            planned[name] = UNKNOWN if item is None and attributes[name][1] in _COMPUTED else item
    return planned


def _settled(value: Any, attributes: Mapping[str, tuple[str, str]], blocks: Mapping[str, Any]) -> Any:
    if not isinstance(value, dict):
        return value
    made = {}
    for name, item in value.items():
        if name in blocks:
            made[name] = [_settled(one, *_parts(blocks[name])) for one in item or []]
        elif isinstance(item, msgpack.ExtType):
            made[name] = _MADE.get(name, _EMPTY.get(attributes[name][0], "made-by-azure"))
        else:
            made[name] = item
    return made


def _unpack(value: Any) -> Any:
    if not value.msgpack:
        return json.loads(value.json or b"null")
    return msgpack.unpackb(value.msgpack, ext_hook=msgpack.ExtType, strict_map_key=False)


def _pack(value: Any) -> Any:
    return pb.DynamicValue(msgpack=msgpack.packb(value))


def main() -> None:
    """Serve one provider until Terraform ends it."""
    provider, major = sys.argv[1:3]
    # The package's own servicer wants a class a resource, and knows no blocks that are lists.
    tf.provider.ProviderServicer = Servicer
    tf.runner.run_provider(App(resources_of(provider, int(major))))


if __name__ == "__main__":
    main()
