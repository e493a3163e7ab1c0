"""What outlives the process: the annotation's form, and which of it is of this boot."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigpu_contract.reading import Known, Unknown
from node_agent.daemon.faults import MOST_CHARACTERS, Faults, parse_faults, take_up
from node_agent.daemon.node import Condition, Node
from tests.node_agent.daemon.bench import BOOT, OTHER_BOOT

FAULTS = st.builds(
    Faults,
    boot_id=st.sampled_from([None, BOOT, OTHER_BOOT]),
    xids=st.frozensets(st.tuples(st.integers(0, 999), st.sampled_from(["", "GPU-a", "GPU-b"])), max_size=6),
    bad_rounds=st.integers(0, 2),
    mismatch_since=st.none() | st.integers(0, 10**6),
    lost=st.sampled_from(["", "it was taken away"]),
)


@given(FAULTS)
def test_what_is_written_is_read_back(faults: Faults) -> None:
    text = faults.render()
    assert parse_faults(text) == Known(faults if text is not None else Faults())


@given(FAULTS)
def test_the_same_is_written_the_same(faults: Faults) -> None:
    text = faults.render()
    read = parse_faults(text)
    assert isinstance(read, Known)
    assert read.value.render() == text


def test_nothing_to_keep_is_no_annotation() -> None:
    assert Faults(BOOT).render() is None
    assert Faults(BOOT, mismatch_since=0).render() is not None


@given(FAULTS, st.sampled_from([None, BOOT, OTHER_BOOT]))
def test_another_boot_forgets_and_a_boot_that_nobody_can_tell_does_not(faults: Faults, boot_id: str | None) -> None:
    taken = take_up(Node("gpu-0", faults=faults.render()), boot_id, 10.0**7)
    if None not in (faults.boot_id, boot_id) and faults.boot_id != boot_id:
        assert taken == Faults(boot_id)
    else:
        assert (taken.xids, taken.bad_rounds, taken.lost) == (faults.xids, faults.bad_rounds, faults.lost)


@given(st.text() | st.sampled_from(['{"bootId":""}', '{"bootId":"","xids":[[]]}', '{"bootId":"","badRounds":-1}']))
def test_any_text_is_read_or_doubted(text: str) -> None:
    reading = parse_faults(text)
    assert isinstance(reading, Known) or len(reading.reason) <= MOST_CHARACTERS


@pytest.mark.parametrize(
    "field", ['"badRounds":-1', '"badRounds":true', '"mismatchSince":1.5', '"lost":1', '"xids":[{"xid":true,"gpu":""}]']
)
def test_a_field_of_another_form_is_doubted(field: str) -> None:
    assert isinstance(parse_faults(f'{{"bootId":"{BOOT}",{field}}}'), Unknown)


def test_a_time_to_come_is_now() -> None:
    text = Faults(BOOT, mismatch_since=10**9).render()
    assert take_up(Node("gpu-0", faults=text), BOOT, 500.5).mismatch_since == 500


@pytest.mark.parametrize(
    ("condition", "is_lost"),
    [
        (None, False),
        (Condition("False", "XIDFatal", f"x [boot {BOOT[:8]}]"), True),
        (Condition("False", "XIDFatal", f"x [boot {OTHER_BOOT[:8]}]"), False),
        (Condition("False", "XIDFatal", "x"), True),
        (Condition("False", "GPULost", f"x [boot {BOOT[:8]}]"), False),
    ],
    ids=["none", "of this boot", "of another boot", "of no boot", "another reason"],
)
def test_a_condition_that_names_a_dead_gpu_wants_its_annotation(condition: Condition | None, is_lost: bool) -> None:
    assert bool(take_up(Node("gpu-0", condition=condition), BOOT, 0.0).lost) == is_lost


@pytest.mark.parametrize(("mark", "is_lost"), [("", False), (f" [boot {BOOT[:8]}]", True)], ids=["none", "this boot"])
def test_beside_an_annotation_of_another_boot_only_a_mark_of_this_one_counts(mark: str, is_lost: bool) -> None:
    other = Faults(OTHER_BOOT, bad_rounds=1).render()
    node = Node("gpu-0", faults=other, condition=Condition("False", "XIDFatal", "x" + mark))
    assert bool(take_up(node, BOOT, 0.0).lost) == is_lost
