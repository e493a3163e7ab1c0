"""Arguments of `az aigpu job`."""

from __future__ import annotations

from typing import Any

from azure.cli.core.commands.parameters import get_enum_type

from azext_aigpu import forms
from azext_aigpu._validators import converted, exclusive
from azext_aigpu.cluster.jobs import forms as job_forms
from azext_aigpu.params import pool_names


def load_arguments(loader: Any) -> None:
    """Register the arguments of the group."""
    with loader.argument_context("aigpu job") as c:
        c.argument(
            "file",
            options_list=["--file", "-f"],
            help="Manifest to read: YAML or JSON, any number of documents; - for standard input.",
        )
    with loader.argument_context("aigpu job check") as c:
        pool_names.gpu_pools(
            c.argument,
            "Names of the cluster's GPU node pools, with blanks or commas between. Without it, a pod that selects a "
            "pool by its name and asks for no GPU is UNKNOWN.",
        )
    with loader.argument_context("aigpu job inject") as c:
        _guard(c)


def _guard(c: Any) -> None:
    c.argument(
        "gpus",
        type=int,
        validator=converted("gpus", forms.parse_number, "--gpus", 1),
        help="GPUs of the main container. Default: the limit that the manifest has.",
    )
    for name, parse, text in (
        ("image", job_forms.parse_image, "Image with aigpu-preflight. Default: the setting aigpu.agent_image."),
        (
            "gpu_deadline",
            job_forms.parse_deadline,
            "How long the job may take to open the GPU, for example 45m; 0 for no watch. Default: 30 minutes.",
        ),
        ("container", job_forms.parse_container, "Container that computes, where several might."),
    ):
        c.argument(name, validator=converted(name, parse), help=text)
    c.argument(
        "on_fallback",
        get_enum_type(("stop", "warn")),
        help="What happens to a job that computes on the CPU instead. Default: stop for jobs, warn for a bare Pod.",
    )
    c.argument(
        "program_ends_with_78",
        action="store_true",
        help="The program itself may end with exit code 78, so that code of its container must not end the Job.",
    )
    c.argument("output_file", help="File to write instead of standard output; may be the one that is read.")
    c.argument(
        "diff",
        action="store_true",
        validator=exclusive("diff", "output_file"),
        help="Print the difference instead of the manifest; patch takes it.",
    )
