"""Lets a command print its result and end with a code of its own, as `check` commands do for what they found."""

from __future__ import annotations

from typing import Any, NoReturn


def end_with(cli_ctx: Any, exit_code: int) -> None:
    """End this run of `az` with `exit_code` once the result is printed; 0 changes nothing.

    azure-cli has no exit code for a handler that returned. It raises this event last, and takes SystemExit as the end.
    """
    if exit_code == 0:
        return
    from knack.events import EVENT_CLI_SUCCESSFUL_EXECUTE

    def end(_: Any, **__: Any) -> NoReturn:
        raise SystemExit(exit_code)

    cli_ctx.register_event(EVENT_CLI_SUCCESSFUL_EXECUTE, end)
