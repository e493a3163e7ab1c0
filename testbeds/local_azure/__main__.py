"""Serves the local Azure until Ctrl-C, and prints what to paste into a shell to use it."""

from __future__ import annotations

import argparse
import contextlib
import shlex
import signal
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

from testbeds.local_azure.environment import build_variables, write_login, write_version_check
from testbeds.local_azure.fault_list import FAULTS
from testbeds.local_azure.faults import Faults
from testbeds.local_azure.server import LocalAzure
from testbeds.local_azure.world import RESOURCE_GROUP, World

REPOSITORY = Path(__file__).resolve().parents[2]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; gives the exit code."""
    options = build_parser().parse_args(arguments)
    if options.list_faults:
        print("\n".join(f"{fault.name:36} {fault.description}" for fault in FAULTS.values()))
        return 0
    world = World.default()
    world.operation_seconds, world.retry_after_ms = options.operation_seconds, 250
    world.faults = options.faults
    try:
        serve(
            LocalAzure(world, options.port, verbose=options.verbose, trusts_others=True),
            options.directory,
            signed_in=not options.signed_out,
        )
    except OSError as error:
        print(
            f"local azure: cannot listen on port {options.port}: {error.strerror}; choose another --port",
            file=sys.stderr,
        )
        return 1
    return 0


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m testbeds.local_azure", description=__doc__)
    parser.set_defaults(faults=Faults())
    parser.add_argument("--port", type=int, default=0, help="port to listen on (default: any free one)")
    parser.add_argument(
        "--fault",
        dest="faults",
        action=_FaultAction,
        metavar="NAME",
        help="switch on a fault, NAME[,times=N][,vm-size=SIZE][,zone=Z][,seconds=S]; may be repeated",
    )
    parser.add_argument("--list-faults", action="store_true", help="print the names of all faults and stop")
    parser.add_argument(
        "--operation-seconds", type=float, default=3.0, help="how long a pool takes to build (default: %(default)s)"
    )
    parser.add_argument(
        "--directory", type=Path, help="where az keeps its state (default: a new one, removed at the end)"
    )
    parser.add_argument(
        "--signed-out", action="store_true", help="leave `az cloud register` and `az login --identity` to you"
    )
    parser.add_argument("--verbose", action="store_true", help="log each request to standard error")
    return parser


def serve(azure: LocalAzure, directory: Path | None, *, signed_in: bool) -> None:
    """Serve until SIGINT or SIGTERM. Raises OSError where the port cannot be had."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with contextlib.ExitStack() as stack:
        stack.enter_context(azure)
        state = (directory or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="local-azure-")))).resolve()
        if signed_in:
            write_login(azure, state)
        else:
            write_version_check(state / "azure")
        print(instructions(azure, state, signed_in=signed_in), flush=True)
        # A plain wait() would not let the signal handler run on every platform.
        while not stop.wait(0.5):
            pass
    print("local azure: stopped")


def instructions(azure: LocalAzure, directory: Path, *, signed_in: bool) -> str:
    """The lines to paste."""
    exports = [f"export {key}={shlex.quote(value)}" for key, value in build_variables(azure, directory).items()]
    az = Path(sys.executable).with_name("az")
    if az.exists():  # that of the checkout, for whoever has none of his own
        exports.append(f'export PATH={shlex.quote(str(az.parent))}:"$PATH"')
    login = [
        f"az cloud register -n LocalAzure --endpoint-resource-manager {azure.url}",
        "az cloud set -n LocalAzure",
        "az login --identity",
    ]
    wheel = next(iter(sorted((REPOSITORY / "dist").glob("*.whl"))), None)
    install = (
        f"az extension add -y --source {shlex.quote(str(wheel))}"
        if wheel
        else f"export AZURE_EXTENSION_DEV_SOURCES={shlex.quote(str(REPOSITORY))}"
    )
    clusters = ", ".join(cluster.name for cluster in azure.world.subscription.clusters)
    lines = [
        f"# The local Azure listens on {azure.url}: resource group {RESOURCE_GROUP}, clusters {clusters}.",
        "# Paste this into another shell:",
        *exports,
        *([] if signed_in else login),
        install,
        f"az aigpu nodepool add -g {RESOURCE_GROUP} --cluster-name aks-train -n gpu -s Standard_NC4as_T4_v3 -o table",
        "# Ctrl-C here ends it.",
    ]
    return "\n".join(lines)


class _FaultAction(argparse.Action):
    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        try:
            namespace.faults.inject_text(str(values))
        except ValueError as error:
            parser.error(f"{option_string}: {error}")


if __name__ == "__main__":
    sys.exit(main())
