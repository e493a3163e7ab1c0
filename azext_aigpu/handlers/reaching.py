"""How a command comes to a cluster: by a kubeconfig, by its name in Azure, or through Azure into it."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aigpu_contract.reading import Known, Unknown
from aigpu_contract.rendering import printable
from azext_aigpu import inventory
from azext_aigpu.cluster.kubectl import Kubectl, find_kubectl
from azext_aigpu.cluster.kubectl_errors import KubectlError
from azext_aigpu.cluster.pool_costs import NOT_ASKED, AzurePools
from azext_aigpu.cluster.user_kubeconfig import KUBELOGIN, sign_in_by_az, temporary_kubeconfig
from azext_aigpu.handlers.session import Session
from azext_aigpu.usage import UsageError

if TYPE_CHECKING:
    from azext_aigpu.cloud.arm import Arm
    from azext_aigpu.cloud.run_command import CommandResult

COMMAND_INVOKE = "command-invoke"
PRIVATE = "A private cluster answers only inside its network: --via command-invoke goes through Azure instead."
_GIVE_KUBECONFIG = "Give the path of a kubeconfig, or make one: az aks get-credentials -g GROUP -n CLUSTER --file FILE"


@dataclass(frozen=True)
class Place:
    """Which cluster is meant: a kubeconfig and a context, or a name in Azure; neither is kubectl's own choice."""

    kubeconfig: str | None = None
    context: str | None = None
    group: str | None = None
    cluster: str | None = None
    via: str | None = None

    @property
    def options(self) -> str:
        """Return the options that name this cluster again, with a blank before each."""
        given = {
            "--kubeconfig": self.kubeconfig,
            "--context": self.context,
            "-g": self.group,
            "--cluster-name": self.cluster,
            "--via": self.via,
        }
        return "".join(f" {option} {value}" for option, value in given.items() if value)


@contextlib.contextmanager
def reach(session: Session, place: Place) -> Iterator[Kubectl]:
    """Yield kubectl for the cluster. Raises KubectlError, CallFailed."""
    if place.group is None or place.cluster is None:
        yield _connect(session, place.kubeconfig, place.context)
        return
    arm = session.connect()
    if place.via == COMMAND_INVOKE:
        yield _invoked(session, arm, place.group, place.cluster)
        return
    found = _connect(session, None, None)  # without kubectl, credentials are not even asked for
    text = sign_in_by_az(_read_kubeconfig(arm, place.group, place.cluster), shutil.which(KUBELOGIN) is not None)
    with temporary_kubeconfig(text) as path:
        try:
            yield Kubectl(found.program, path)
        except KubectlError as error:
            if error.kind == "unreachable":
                raise KubectlError(error.kind, error.text, PRIVATE, error.reason) from error
            raise


def _connect(session: Session, kubeconfig: str | None, context: str | None) -> Kubectl:
    """Return kubectl for the cluster that was named; without a name, for the one that kubectl itself takes.

    Raises KubectlError where there is no kubectl, UsageError where the kubeconfig that was named cannot be read.
    """
    path = _check_kubeconfig(kubeconfig) if kubeconfig else None
    return find_kubectl(session.settings.kubectl, path, context)


def _check_kubeconfig(path: str) -> str:
    """Return the path for kubectl, which expands no `~`; what stands in the file is for kubectl to judge."""
    try:
        place = Path(path).expanduser()
        with place.open("rb") as file:
            file.read(1)
    except (OSError, ValueError, RuntimeError) as error:  # ValueError: a NUL in the path; RuntimeError: no such ~user
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"--kubeconfig: {printable(path)} cannot be read: {reason}.", _GIVE_KUBECONFIG) from error
    return str(place)


def read_azure_pools(session: Session, place: Place) -> AzurePools:
    """Return the GPU pools of a cluster that is named in Azure; Unknown for one that is named by its kubeconfig.

    Raises CallFailed where there is no such cluster.
    """
    if place.group is None or place.cluster is None:
        return NOT_ASKED
    from azext_aigpu.cloud.pools import read_pools

    pools = read_pools(session.connect(), place.group, place.cluster)
    if isinstance(pools, Unknown):
        return pools
    taint_key = session.settings.taint.key
    return Known({pool.name: pool for pool in pools.value if inventory.is_gpu_pool(pool, taint_key)})


def names_of(session: Session, pools: AzurePools) -> frozenset[str]:
    """Return the names of pools; none, with a word, where Azure was asked for them and did not tell."""
    if isinstance(pools, Unknown):
        if pools != NOT_ASKED:
            session.say(f"UNKNOWN: {pools.reason}. Pools without our labels must be named: --gpu-pools NAME,NAME")
        return frozenset()
    return frozenset(pools.value)


def _read_kubeconfig(arm: Arm, group: str, cluster: str) -> str:
    from azext_aigpu.cloud.user_credentials import read_user_kubeconfig

    try:
        return read_user_kubeconfig(arm, group, cluster)
    except ValueError as error:
        raise KubectlError("other", f"AKS gave no kubeconfig: {error}.", "Try again in a minute.") from error


def _invoked(session: Session, arm: Arm, group: str, cluster: str) -> Kubectl:
    from azext_aigpu.cloud.run_command import ENTRA_SERVER, run_command, uses_entra
    from azext_aigpu.cluster.command_invoke import InvokedKubectl

    token = read_token(session, ENTRA_SERVER) if uses_entra(arm.get_cluster(group, cluster)) else None
    session.say("Each step starts a pod in the cluster (namespace aks-command); this takes a minute or two.")

    def invoke(command: str, files: Mapping[str, str], seconds: float) -> CommandResult:
        return run_command(arm, group, cluster, command, files, token, seconds)

    return InvokedKubectl("kubectl", invoke=invoke)


def read_token(session: Session, resource: str) -> str:
    """Return a token of the login of az for `resource`. Raises knack's CLIError where there is none."""
    from azure.cli.core._profile import Profile

    credentials, _, _ = Profile(cli_ctx=session.cli_ctx).get_raw_token(
        resource=resource, subscription=session.subscription
    )
    return str(credentials[1])
