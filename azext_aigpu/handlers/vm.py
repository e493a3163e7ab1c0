"""`az aigpu vm create`: one GPU virtual machine, judged by the rules, deployed, read back and compared."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from aigpu_contract.finding import Finding, Status
from aigpu_contract.reading import Known
from aigpu_contract.rendering import render_findings
from azext_aigpu import machine, options
from azext_aigpu._errors import refuse
from azext_aigpu.cost import Cost, build_cost
from azext_aigpu.handlers.session import Session, known, open_session
from azext_aigpu.machine import MachineSpec
from azext_aigpu.machine_template import EXTENSION, build_template
from azext_aigpu.review import stopping

if TYPE_CHECKING:
    from azext_aigpu.cloud.arm import Arm
    from azext_aigpu.cloud.deployments import MadeMachine

SUCCEEDED = "Succeeded"
_FIELDS = ("gpu_model", "gpu_count", "admin", "disk_gb", "zone", "subnet_id", "ssh_source", "driver_version")


def create_vm(cmd: Any, resource_group_name: str, vm_name: str, ssh_key: str, **kwargs: Any) -> dict[str, Any]:
    """Create one machine, or refuse it and say why; with `dry_run` return the template and send nothing."""
    session = open_session(cmd, kwargs.get("max_hourly_cost"))
    spec = _build_spec(session, resource_group_name, vm_name, ssh_key, kwargs)
    strict = bool(kwargs.get("strict"))
    offline = machine.review_offline(spec)
    _refuse(spec, stopping(offline, strict), "nothing was sent to Azure")

    arm = session.connect()
    spec = _with_location(arm, spec)
    from azext_aigpu.cloud.read import read_region

    cloud = read_region(arm, session.price_feed, spec.location, (spec.size,), spot=spec.spot)
    online = machine.review_online(spec, cloud)
    cost = build_cost(machine.build_pool_spec(spec), cloud.price_of(spec.size))
    _refuse(spec, stopping(offline + online, strict), "nothing was created", cost)
    _show(session, spec, offline + online, cost)
    template = build_template(spec)
    if kwargs.get("dry_run"):
        session.say("Dry run: nothing was sent.")
        return template
    _deploy(session, arm, spec, template)
    return _read_back(session, arm, spec, cost)


def _build_spec(session: Session, group: str, name: str, ssh_key: str, given: dict[str, Any]) -> MachineSpec:
    size = options.resolve_size(given, session.limits.today)
    if size != given.get("node_vm_size"):
        session.say(f"Size {size} was found for the GPUs asked for.")
    return MachineSpec(
        name=name,
        resource_group=group,
        location=given.get("location") or "",
        size=size,
        ssh_key=ssh_key,
        limits=session.limits,
        spot=given.get("priority") == "Spot",
        spot_max_price=given.get("spot_max_price"),
        tags=given.get("tags") or {},
        waivers=given.get("waive") or {},
        **{field: given[field] for field in _FIELDS if given.get(field) is not None},
    )


def _with_location(arm: Arm, spec: MachineSpec) -> MachineSpec:
    from azext_aigpu.cloud.deployments import machine_exists, read_group_location

    home = known(read_group_location(arm, spec.resource_group))
    # A deployment would change a machine of that name, and takes no precondition: we are the only guard.
    if known(machine_exists(arm, spec.resource_group, spec.name)):
        refuse(
            f"Virtual machine '{spec.name}' is there already in '{spec.resource_group}'; nothing was sent.\n"
            f"Take another name, or delete it first: az vm delete -g {spec.resource_group} -n {spec.name}"
        )
    return dataclasses.replace(spec, location=(spec.location or home).replace(" ", "").lower())


def _refuse(spec: MachineSpec, stops: Sequence[Finding], sent: str, cost: Cost | None = None) -> None:
    if not stops:
        return
    parts = [f"Virtual machine '{spec.name}' was refused; {sent}.", render_findings(stops)]
    refuse("\n".join([*parts, *([cost.line()] if cost else [])]))


def _show(session: Session, spec: MachineSpec, findings: Sequence[Finding], cost: Cost) -> None:
    sku = spec.sku
    gpus, line = (sku.describe(), sku.aks_driver) if sku else ("unknown", "unknown")
    notes = render_findings([finding for finding in findings if finding.status is not Status.PASS])
    address = f"public address, SSH from {spec.ssh_source}" if spec.public_ip else "no public address"
    lines = [
        f"Plan: create virtual machine '{spec.name}' in {spec.location} ({spec.resource_group})",
        f"  {spec.size}: {gpus}; driver line {line} by {EXTENSION}; {spec.disk_gb} GB Premium disk; {address}",
        *([notes] if notes else []),
        cost.line(),
    ]
    session.say("\n".join(lines))


def _deploy(session: Session, arm: Arm, spec: MachineSpec, template: dict[str, Any]) -> None:
    from azext_aigpu.cloud.deployments import DeploymentPlace, deploy, validate
    from azext_aigpu.cloud.errors import CallFailed

    place = DeploymentPlace(spec.resource_group, f"aigpu-{spec.name}")
    follow = f"az deployment group show -g {spec.resource_group} -n {place.name}"
    begun = False
    progress = session.cli_ctx.get_progress_controller()
    progress.begin()
    try:
        validate(arm, place, template)
        begun = True
        for waiting in deploy(arm, place, template):
            progress.add(message=f"{waiting.state}, {waiting.seconds:.0f} s")
    except CallFailed as error:
        problem = error.problem
        head = f"Virtual machine '{spec.name}' was not created: {problem.sentence} ({problem.code})"
        left = f"What there is of it: {follow}" if begun else "Azure refused it before anything was made."
        refuse("\n".join(part for part in (head, problem.next_step, left) if part))
    except KeyboardInterrupt:
        refuse(f"Stopped watching; what Azure has begun goes on, nothing was cancelled.\nFollow it: {follow}")
    finally:
        progress.stop()


def _read_back(session: Session, arm: Arm, spec: MachineSpec, cost: Cost) -> dict[str, Any]:
    """Return the machine as Azure made it; exits 1 where it is not what was asked for."""
    from azext_aigpu.cloud.deployments import read_machine

    made = known(read_machine(arm, spec.resource_group, spec.name, EXTENSION))
    wrong = _differences(spec, made)
    if wrong:
        show = f"az vm show -g {spec.resource_group} -n {spec.name}"
        refuse(
            "\n".join(
                [
                    f"Azure reported success, but machine '{spec.name}' is not what was asked for.",
                    *wrong,
                    f"Look: {show}",
                ]
            )
        )
    prove = prove_command(spec)
    session.say(f"That its GPUs compute is not proven yet. On the machine: {prove}")
    sku = spec.sku
    own = {
        "size": spec.size,
        "gpu": sku.describe() if sku else None,
        "driver": sku.aks_driver if sku else None,
        "driverExtension": made.driver_state,
        "hourNow": float(cost.hourly_now) if isinstance(cost.price, Known) and cost.hourly_now is not None else None,
        "proveWith": prove,
    }
    return {**made.body, "aigpu": own}


def _differences(spec: MachineSpec, made: MadeMachine) -> list[str]:
    seen = [
        ("size", made.size.lower() == spec.size.lower(), made.size, spec.size),
        ("state", made.state == SUCCEEDED, made.state, SUCCEEDED),
        (f"extension {EXTENSION}", made.driver_state == SUCCEEDED, made.driver_state or "not there", SUCCEEDED),
    ]
    return [f"  {what}: seen {there or 'none'}, wanted {wanted}" for what, good, there, wanted in seen if not good]


def prove_command(spec: MachineSpec) -> str:
    """Return the command that proves the GPUs on the machine, with what was asked for."""
    sku = spec.sku
    count = spec.gpu_count or (sku.gpu_count if sku else None)
    gpus = f" --expect-gpus {count}" if count else ""
    model = spec.gpu_model or (sku.model_id if sku else None)
    return f"aigpu-agent check --expect-vm-size {spec.size}{gpus}" + (f" --expect-model {model}" if model else "")
