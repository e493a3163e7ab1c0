from __future__ import annotations

import pytest

from azext_aigpu import _errors
from azext_aigpu.cloud.errors import AzureProblem, CallFailed, NotFound
from azext_aigpu.usage import UsageError

pytestmark = pytest.mark.core

PROBLEM = AzureProblem("Throttled", "Azure asks to wait.", "Try again in a minute.", 429)


@pytest.mark.parametrize(
    ("error", "code", "line", "below"),
    [
        pytest.param(UsageError("It is wrong.", "Give it right."), 2, "It is wrong.", "Give it right.", id="usage"),
        pytest.param(CallFailed(PROBLEM), 1, "Azure asks to wait.", "Try again in a minute.", id="call"),
        pytest.param(NotFound(PROBLEM), 3, "Azure asks to wait.", "Try again in a minute.", id="not-found"),
    ],
)
def test_an_error_of_ours_ends_with_its_code_and_its_advice_below(
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    code: int,
    line: str,
    below: str,
) -> None:
    with pytest.raises(SystemExit) as ending:
        _errors.handle_error(error)

    assert ending.value.code == code
    assert caplog.messages[-1] == line
    assert capsys.readouterr().err == below + "\n"


def test_any_other_error_goes_on_to_azure_cli() -> None:
    with pytest.raises(ZeroDivisionError):
        _errors.handle_error(ZeroDivisionError())


@pytest.mark.parametrize("code", [1, 4, 5])
def test_a_command_can_end_with_any_code(code: int) -> None:
    with pytest.raises(SystemExit) as ending:
        _errors.stop("Why.", code)

    assert ending.value.code == code


def test_a_refusal_without_more_to_say_prints_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ending:
        _errors.refuse("No.")

    assert ending.value.code == 1
    assert capsys.readouterr().err == ""
