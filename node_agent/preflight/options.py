"""Options that several commands share, and where their texts go."""

from __future__ import annotations

import argparse
from typing import Dict, List, Mapping

from node_agent.preflight.declaring import DECLARING_OPTIONS, FRAMEWORKS, variable

_HELP: Mapping[str, str] = {
    "--expect-gpus": "exact number of CUDA devices; without it at least one",
    "--expect-model": "model id of the catalogue, such as a100 or a100-80gb",
    "--expect-vm-size": "VM size that the machine must be, such as Standard_NC24ads_A100_v4",
    "--min-driver": "least driver version, such as 570 or 580.105.08",
    "--min-memory-gib": "least memory of each GPU in GiB",
    "--min-cuda": "least CUDA version that the driver must run, such as 12.8",
    "--framework": "framework that must have CUDA ({}); may be given again".format(", ".join(FRAMEWORKS)),
    "--waive": "go on without this check's proof, as a warning with your reason; never for a failure",
}
_METAVARS = {
    "--expect-gpus": "N",
    "--expect-model": "MODEL",
    "--expect-vm-size": "SIZE",
    "--min-driver": "VERSION",
    "--min-memory-gib": "GIB",
    "--min-cuda": "VERSION",
    "--framework": "NAME",
    "--waive": "CHECK=REASON",
}
TERMINATION_LOG = "/dev/termination-log"
"""Where the kubelet mounts the file of a container's termination message, unless the pod says otherwise."""


def add_declaring(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what is expected. Each is also a variable, `AIGPU_EXPECT_GPUS` for `--expect-gpus`."""
    group = parser.add_argument_group("what is expected (each also as a variable, such as AIGPU_EXPECT_GPUS)")
    for option in DECLARING_OPTIONS:
        group.add_argument(option, action="append", default=[], metavar=_METAVARS[option], help=_HELP[option])


def add_output(parser: argparse.ArgumentParser) -> None:
    """Add the options that say where the verdict goes."""
    parser.add_argument(
        "--output", "-o", choices=("text", "json"), default="text", help="form of the verdict on stdout"
    )
    add_termination_log(parser)


def add_termination_log(parser: argparse.ArgumentParser) -> None:
    """Add the option that names the file of the termination message."""
    parser.add_argument(
        "--termination-log",
        metavar="FILE",
        help=f"write the verdict as one line of JSON there too (default: {TERMINATION_LOG} where the kubelet made one; "
        f"'none': nowhere; also {variable('--termination-log')})",
    )


def add_machine(parser: argparse.ArgumentParser) -> None:
    """Add the options that say where to look: another root folder, another metadata service or none."""
    parser.add_argument("--root", default="/", metavar="DIR", help="look below DIR instead of / (host mounted, tests)")
    parser.add_argument(
        "--metadata",
        metavar="HOST",
        help="Azure's instance metadata service, asked for the VM size where one is expected and no label names it "
        "(default: 169.254.169.254; 'none': do not ask)",
    )


def declared(options: argparse.Namespace) -> Dict[str, List[str]]:
    """Return the texts of the declaring options by their names."""
    return {option: getattr(options, option.strip("-").replace("-", "_")) for option in DECLARING_OPTIONS}
