from __future__ import annotations

import pytest

from aigpu_contract.visible_devices import gives_no_gpu, parse_visible_to_cuda

UUID = "GPU-00000002-0000-4000-8000-000000000001"


@pytest.mark.parametrize(
    ("text", "gpus", "devices", "rejected"),
    [
        pytest.param("", None, (), None, id="empty"),
        pytest.param("  ", None, (), None, id="blanks"),
        pytest.param("-1", None, (), "-1", id="minus-one"),
        pytest.param("-1,0", None, (), "-1", id="minus-one-first"),
        pytest.param("0,-1", None, ("0",), "-1", id="minus-one-last"),
        pytest.param("none", None, (), "none", id="a-word"),
        pytest.param("NoDevFiles", None, (), "NoDevFiles", id="a-word-of-old"),
        pytest.param(",0", None, (), "", id="begins-with-nothing"),
        pytest.param("0,1", None, ("0", "1"), None, id="two"),
        pytest.param(" 0 , 1 ", None, ("0", "1"), None, id="blanks-around"),
        pytest.param("\u0660", None, (), "\u0660", id="digits-of-another-script"),
        pytest.param(UUID, 1, (UUID,), None, id="uuid"),
        pytest.param("GPU-0", None, ("GPU-0",), None, id="beginning-of-a-uuid"),
        pytest.param("GPU-x", None, (), "GPU-x", id="no-uuid"),
        pytest.param("MIG-1", None, ("MIG-1",), None, id="mig"),
        pytest.param("1", 1, (), "1", id="index-that-one-gpu-has-not"),
        pytest.param("1", 2, ("1",), None, id="index-that-two-gpus-have"),
        pytest.param("0,2,1", 2, ("0",), "2", id="ends-at-the-first-that-is-not-there"),
        pytest.param("0,-1,0", None, ("0",), "-1", id="what-stands-behind-the-end-is-not-read"),
    ],
)
def test_cuda_reads_up_to_the_first_entry_that_names_no_device(
    text: str, gpus: int | None, devices: tuple[str, ...], rejected: str | None
) -> None:
    visible = parse_visible_to_cuda(text, gpus)

    assert (visible.devices, visible.rejected) == (devices, rejected)
    assert visible.hides_all == (not devices)
    assert visible.repeated is None


@pytest.mark.parametrize(
    ("text", "repeated"),
    [
        pytest.param("0,0", "0", id="an-index"),
        pytest.param("0,1,01", "01", id="an-index-in-other-words"),
        pytest.param(f"{UUID}, {UUID}", UUID, id="a-uuid"),
        pytest.param("1,1,-1", "1", id="before-the-end-of-the-list"),
    ],
)
def test_cuda_shows_none_where_a_device_is_named_twice(text: str, repeated: str) -> None:
    visible = parse_visible_to_cuda(text, 2)

    assert (visible.devices, visible.rejected, visible.repeated) == ((), None, repeated)
    assert (visible.hides_all, visible.says_none) == (True, False)


@pytest.mark.parametrize(
    ("text", "none"),
    [("", True), (" ", True), ("-1", True), ("-1,0", True), ("0,-1", False), ("none", False), (",0", False)],
)
def test_only_nothing_and_minus_one_say_that_none_is_wanted(text: str, none: bool) -> None:
    assert parse_visible_to_cuda(text).says_none is none


@pytest.mark.parametrize(
    ("text", "none"),
    [
        ("", True),
        (" , ", True),
        ("void", True),
        ("0,void", True),
        ("none", True),
        ("none,none", True),
        ("all", False),
        ("0", False),
        (UUID, False),
        ("none,0", False),
        ("Void", False),
    ],
)
def test_the_toolkit_gives_no_gpu_for_nothing_void_and_none(text: str, none: bool) -> None:
    assert gives_no_gpu(text) is none
