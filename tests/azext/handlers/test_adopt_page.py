"""`docs/how-to/adopt-a-pool.md`: its commands run as they stand, on the pool that it starts from."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from testbeds.local_azure import LocalAzure
from tests.azext.core.harness import run
from tests.azext.handlers.commands import T4, writes

pytestmark = pytest.mark.core

PAGE = (Path(__file__).parents[3] / "docs" / "how-to" / "adopt-a-pool.md").read_text(encoding="utf-8")
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]


def test_every_command_runs_and_none_changes_the_pool(
    azure: LocalAzure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    azure.world.add_pool("gpu", vmSize=T4, count=1)

    results = [run(azure, *shlex.split(command)[1:]) for command in COMMANDS]

    assert len(results) == 8
    assert [result.exit_code for result in results] == [0] * len(results), [result.stderr for result in results]
    assert writes(azure) == []


def test_the_page_names_what_no_document_can_hold() -> None:
    from azext_aigpu.export.terraform import ATTRIBUTES
    from azext_aigpu.spec import wire_fields

    told = {
        "networkProfile.dranet.mode": "DRANET",
        "localDNSProfile": "LocalDNS",
        "artifactStreamingProfile.enabled": "artifact streaming",
        "securityProfile.enableVTPM": "vTPM",
        "securityProfile.enableSecureBoot": "secure boot",
        "messageOfTheDay": "the message of the day",
        "podIPAllocationMode": "how pods get addresses",
    }
    blocks = ("networkProfile.", "kubeletConfig", "linuxOSConfig")
    unwritten = {path for _, path in wire_fields() if path not in ATTRIBUTES and not path.startswith(blocks)}
    unwritten -= {"type", "orchestratorVersion"}

    assert unwritten | {"networkProfile.dranet.mode"} == set(told)
    assert all(words in PAGE for words in told.values())
