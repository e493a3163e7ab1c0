"""The edge where our errors become azure-cli's: its red ERROR line on stderr, and the exit codes of `az aigpu`.

azure-cli ends with 1 for every error but "not found" (3); only its own parser ends with 2. What is to end with
another code is therefore printed here, in azure-cli's own way, and ends the process itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from aigpu_contract.exit_codes import EXIT_NOT_FOUND, EXIT_REFUSED, EXIT_USAGE
from azext_aigpu.usage import UsageError

if TYPE_CHECKING:
    from azure.cli.core.azclierror import AzCLIError


def handle_error(error: Exception) -> NoReturn:
    """End the command for `error`, as azure-cli's `exception_handler`; what is not ours goes on to azure-cli."""
    from azext_aigpu.cloud.errors import CallFailed, NotFound
    from azext_aigpu.cluster.kubectl_errors import KubectlError

    if isinstance(error, UsageError):
        stop(str(error), EXIT_USAGE)
    if isinstance(error, CallFailed):
        text = "\n".join(part for part in (error.problem.sentence, error.problem.next_step) if part)
        stop(text, EXIT_NOT_FOUND if isinstance(error, NotFound) else EXIT_REFUSED)
    if isinstance(error, KubectlError):
        stop(str(error), EXIT_NOT_FOUND if error.kind == "not-found" else EXIT_REFUSED)
    raise error


def refuse(text: str) -> NoReturn:
    """End the command with exit code 1. The first line of `text` becomes the ERROR line, the rest stands below it."""
    stop(text, EXIT_REFUSED)


def stop(text: str, exit_code: int) -> NoReturn:
    """End the command with `exit_code`, printing `text` as azure-cli prints its errors."""
    head, _, below = text.partition("\n")
    _print_error(head, below)
    _build_error(head, exit_code).send_telemetry()
    raise SystemExit(exit_code)


def _print_error(head: str, below: str) -> None:
    # azure-cli's own print_error imports unittest.mock to do the same: a tenth of the time that a refusal takes.
    import logging
    import sys

    from azure.cli.core.azlogging import AzCliLogging
    from knack.log import get_logger

    get_logger(__name__).error(head)
    # What `az feedback` collects.
    logging.getLogger(AzCliLogging.COMMAND_METADATA_LOGGER).error(head)
    if below:
        sys.stderr.write(below + "\n")


def _build_error(message: str, exit_code: int) -> AzCLIError:
    from azure.cli.core import azclierror

    kinds = {EXIT_USAGE: azclierror.InvalidArgumentValueError, EXIT_NOT_FOUND: azclierror.ResourceNotFoundError}
    return kinds.get(exit_code, azclierror.ValidationError)(message)
