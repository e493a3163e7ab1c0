"""`az aigpu vm create`: one GPU virtual machine, judged by the rules, deployed, read back and compared."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from aigpu_contract.finding import Finding, Status
from aigpu_contract.reading import Known, Unknown
from aigpu_contract.rendering import render_findings
from azext_aigpu import options
from azext_aigpu._errors import refuse
from azext_aigpu.cost import Cost, build_cost
from azext_aigpu.handlers.interrupts import heard, refuse_stopped
from azext_aigpu.handlers.session import Session, known, open_session
from azext_aigpu.machine.account import NOT_LOOKED, Making, Progress, Sight
from azext_aigpu.machine.readback import list_differences
from azext_aigpu.machine.spec import MachineSpec, build_pool_spec, review_offline, review_online
from azext_aigpu.machine.template import EXTENSION, build_template
from azext_aigpu.review import stopping

if TYPE_CHECKING:
    from azext_aigpu.cloud.arm import Arm
    from azext_aigpu.cloud.deployments import MadeMachine
    from azext_aigpu.cloud.errors import AzureProblem, CallFailed

MOST_OF_DEPLOYMENT = 64
"""Characters that the name of a deployment may have."""

ACTIVE = "DeploymentActive"
"""Azure's code for a deployment whose name is that of one that runs."""

_FIELDS = ("gpu_model", "gpu_count", "admin", "disk_gb", "zone", "subnet_id", "ssh_source", "driver_version")


def create_vm(cmd: Any, resource_group_name: str, vm_name: str, ssh_key: str, **kwargs: Any) -> dict[str, Any]:
    """Create one machine, or refuse it and say why; with `dry_run` return the template and send nothing."""
    named = cmd.cli_ctx.data.get("subscription_id")  # later it is the one in use, named or not
    session = open_session(cmd, kwargs.get("max_hourly_cost"))
    spec = _build_spec(session, resource_group_name, vm_name, ssh_key, kwargs)
    strict = bool(kwargs.get("strict"))
    offline = review_offline(spec)
    _refuse(spec, stopping(offline, strict), "nothing was sent to Azure")

    arm = session.connect()
    spec = _with_location(arm, spec)
    from azext_aigpu.cloud.read import read_region
    from azext_aigpu.handlers.region_names import check_region_names

    cloud = read_region(arm, session.price_feed, spec.location, (spec.size,), spot=spec.spot)
    if kwargs.get("location") and isinstance(cloud.skus, Unknown):
        check_region_names(session, arm, [spec.location])
    online = review_online(spec, cloud)
    cost = build_cost(build_pool_spec(spec), cloud.price_of(spec.size))
    _refuse(spec, stopping(offline + online, strict), "nothing was created", cost)
    _show(session, spec, offline + online, cost)
    template = build_template(spec)
    if kwargs.get("dry_run"):
        session.say("Dry run: nothing was sent.")
        return template
    making = Making(spec, cost, _deployment_name(spec.name), named)
    made = _create(session, arm, making, template)
    _check_made(making, made)
    return _describe_made(session, making, made)


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


def _deployment_name(machine_name: str) -> str:
    return f"aigpu-{machine_name}"[:MOST_OF_DEPLOYMENT]


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


def _create(session: Session, arm: Arm, making: Making, template: dict[str, Any]) -> MadeMachine:
    """Have the machine made and return it as it was read back; exits 1 with what there may be where that fails."""
    from azext_aigpu.cloud.deployments import DeploymentPlace, deploy, read_machine, validate
    from azext_aigpu.cloud.errors import CallFailed

    spec = making.spec
    place = DeploymentPlace(spec.resource_group, making.deployment)
    stage = Progress.JUDGING
    progress = session.cli_ctx.get_progress_controller()
    try:
        with heard() as check:
            progress.begin()
            validate(arm, place, template)
            check()
            stage = Progress.SENT
            for waiting in deploy(arm, place, template):
                stage = Progress.ACCEPTED
                check()
                progress.add(message=f"{waiting.state}, {waiting.seconds:.0f} s")
            stage = Progress.MADE
            made = read_machine(arm, spec.resource_group, spec.name, EXTENSION)
    except CallFailed as error:
        refuse(_describe_failure(arm, making, stage, error))
    except KeyboardInterrupt:
        refuse_stopped(_describe_stop(making, stage))
    finally:
        progress.stop()
    if isinstance(made, Unknown):
        head = f"Azure reported success, but what it made is not known: {made.reason}."
        refuse(f"{head}\n{making.account(NOT_LOOKED, goes_on=False)}")
    return made.value


def _describe_failure(arm: Arm, making: Making, stage: Progress, error: CallFailed) -> str:
    """Return what failed, the next step, and, once Azure may have begun, what there may be."""
    from azext_aigpu.cloud.deployments import LostSight
    from azext_aigpu.cloud.errors import SEE_ALL

    problem, name = error.problem, making.spec.name
    told = problem.sentence if problem.code in problem.sentence else f"{problem.sentence} ({problem.code})"
    if stage is Progress.JUDGING or (stage is Progress.SENT and _is_refusal(problem)):
        head = f"Virtual machine '{name}' was not created: {told}"
        return "\n".join(part for part in (head, _step(problem), "That was before anything was made.") if part)
    goes_on = stage is Progress.SENT or isinstance(error, LostSight)
    if stage is Progress.SENT:
        head = f"Whether Azure took the request to create virtual machine '{name}' is not known: {told}"
    elif stage is Progress.MADE:
        head = f"Azure reported success, but what it made is not known: {told}"
    elif goes_on:
        head = f"Azure goes on to create virtual machine '{name}', but how far it is could not be asked: {told}"
    else:
        head = f"The deployment of virtual machine '{name}' failed: {told}"
    account = making.account(_look(arm, making.spec, problem), goes_on)
    # To run the command again for the whole answer is no advice now: the deployment has it.
    step = _step(problem)
    step = "" if step == SEE_ALL else step
    return "\n".join(part for part in (head, step, account) if part)


def _describe_stop(making: Making, stage: Progress) -> str:
    """Return what Ctrl-C has left: it cancels nothing in Azure."""
    name = making.spec.name
    if stage is Progress.JUDGING:
        return f"Stopped; {stage.value}, and nothing of virtual machine '{name}' was made."
    machine = f"virtual machine '{name}'"
    heads = {
        Progress.SENT: f"Stopped; whether Azure took the request to create {machine} is not known.",
        Progress.ACCEPTED: f"Stopped watching; Azure goes on to create {machine}, nothing was cancelled.",
        Progress.MADE: f"Stopped; Azure says that {machine} is created, and what it made was not compared.",
    }
    return f"{heads[stage]}\n{making.account(NOT_LOOKED, goes_on=stage is not Progress.MADE)}"


def _is_refusal(problem: AzureProblem) -> bool:
    """Return whether Azure's answer says that it has not begun.

    A deployment that runs already may be this one: its first try was lost on the way, and the second one finds it.
    """
    from azext_aigpu.cloud.error_table import Kind

    is_answer = problem.status is not None and 400 <= problem.status < 500
    return is_answer and problem.kind not in (Kind.UNREADABLE, Kind.THROTTLED) and problem.code != ACTIVE


def _step(problem: AzureProblem) -> str:
    from azext_aigpu.cloud.errors import is_capacity

    if problem.code == ACTIVE:
        return "A deployment of this name runs: the first try of this command, or another run of it."
    if is_capacity(problem):
        return "Take another --zone, --size or --location, or wait: az aigpu sku find shows where a GPU can be had."
    return problem.next_step


def _look(arm: Arm, spec: MachineSpec, problem: AzureProblem) -> Sight:
    """Return what there is of the machine; without a connection, or after another Ctrl-C, nobody knows."""
    from azext_aigpu.cloud.deployments import machine_exists, read_machine
    from azext_aigpu.cloud.error_table import Kind
    from azext_aigpu.cloud.errors import CallFailed

    if problem.kind is Kind.CONNECTION:
        return NOT_LOOKED
    try:
        if machine_exists(arm, spec.resource_group, spec.name) == Known(value=False):
            return Sight(there=False)
        made = read_machine(arm, spec.resource_group, spec.name, EXTENSION)
    except (CallFailed, KeyboardInterrupt):
        return NOT_LOOKED
    return NOT_LOOKED if isinstance(made, Unknown) else Sight(True, made.value.state, made.value.driver_state)


def _check_made(making: Making, made: MadeMachine) -> None:
    """End the command with 1 where the machine is not what was asked for."""
    wrong = list_differences(making.spec, made.body, made.extension)
    if wrong:
        head = f"Azure reported success, but machine '{making.spec.name}' is not what was asked for."
        lines = [f"  {one.what}: seen {one.seen}, wanted {one.wanted}" for one in wrong]
        sight = Sight(True, made.state, made.driver_state)
        refuse("\n".join([head, *lines, making.account(sight, goes_on=False)]))


def _describe_made(session: Session, making: Making, made: MadeMachine) -> dict[str, Any]:
    """Return the machine as Azure made it, with what of it is ours under `aigpu`."""
    spec, cost = making.spec, making.cost
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


def prove_command(spec: MachineSpec) -> str:
    """Return the command that proves the GPUs on the machine, with what was asked for."""
    sku = spec.sku
    count = spec.gpu_count or (sku.gpu_count if sku else None)
    gpus = f" --expect-gpus {count}" if count else ""
    model = spec.gpu_model or (sku.model_id if sku else None)
    return f"aigpu-agent check --expect-vm-size {spec.size}{gpus}" + (f" --expect-model {model}" if model else "")
