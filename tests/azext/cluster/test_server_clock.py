from __future__ import annotations

import datetime

import pytest

from azext_aigpu.cluster.kubectl import KubectlError
from azext_aigpu.cluster.moments import parse_moment
from azext_aigpu.cluster.server_clock import read_clock
from tests.azext.cluster.fake_kubectl import FakeKubectl
from tests.azext.cluster.given import NOW

UTC = datetime.timezone.utc
WHOAMI = "auth whoami -o json"
LOCAL = datetime.datetime(2020, 1, 1, tzinfo=UTC)


def test_the_servers_clock_wins(fake: FakeKubectl) -> None:
    fake.answers(WHOAMI, {"metadata": {"creationTimestamp": "2026-11-26T12:00:00Z"}})

    clock = read_clock(fake.kubectl, lambda: LOCAL)

    assert (clock.now, clock.warning) == (NOW, "")


@pytest.mark.parametrize(
    "answer",
    ["no json", "{}", '{"metadata": {"creationTimestamp": null}}', '{"metadata": []}'],
    ids=["text", "empty", "null", "list"],
)
def test_a_server_that_tells_no_time_leaves_the_local_clock_and_a_warning(fake: FakeKubectl, answer: str) -> None:
    fake.answers(WHOAMI, answer)

    clock = read_clock(fake.kubectl, lambda: LOCAL)

    assert clock.now == LOCAL
    assert "this machine's clock" in clock.warning


def test_an_old_kubectl_leaves_the_local_clock_and_a_warning(fake: FakeKubectl) -> None:
    fake.fails(WHOAMI, 'error: unknown command "whoami"')

    assert 'unknown command "whoami"' in read_clock(fake.kubectl, lambda: LOCAL).warning


def test_a_server_that_is_not_there_is_an_error(fake: FakeKubectl) -> None:
    fake.fails(WHOAMI, "Unable to connect to the server: dial tcp: no such host")

    with pytest.raises(KubectlError):
        read_clock(fake.kubectl)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-26T12:00:00Z", NOW),
        ("2026-11-26T12:00:00.5Z", NOW.replace(microsecond=500_000)),
        ("2026-11-26T12:00:00.123456789Z", NOW.replace(microsecond=123_456)),
        ("2026-11-26T12:00:00", None),
        ("yesterday", None),
        ("2026-13-26T12:00:00Z", None),
        ("", None),
        (None, None),
        (12, None),
    ],
)
def test_a_time_of_the_api_is_parsed(text: object, moment: object) -> None:
    assert parse_moment(text) == moment
