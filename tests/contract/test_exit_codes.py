"""Exit codes are an interface: scripts and podFailurePolicy name the numbers."""

from __future__ import annotations

from aigpu_contract import exit_codes, verdict


def numbers(module: object) -> dict[str, int]:
    return {name: value for name, value in vars(module).items() if name.startswith("EXIT_")}


def test_the_command_lines_codes() -> None:
    assert numbers(exit_codes) == {
        "EXIT_OK": 0,
        "EXIT_REFUSED": 1,
        "EXIT_USAGE": 2,
        "EXIT_NOT_FOUND": 3,
        "EXIT_FINDINGS": 4,
        "EXIT_COULD_NOT_JUDGE": 5,
    }


def test_the_preflights_codes() -> None:
    assert numbers(verdict) == {"EXIT_OK": 0, "EXIT_USAGE": 64, "EXIT_UNKNOWN": 70, "EXIT_NODE": 75, "EXIT_JOB": 78}
