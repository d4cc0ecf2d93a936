"""Sequences as files: what is stored is what is replayed."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from namesrv.check import strategies as small
from namesrv.check.history import History, HistoryError, load, read, save, write
from namesrv.check.steps import Advance, Close, Open, Requests, Scan, Send, Step

sends = st.builds(
    Send,
    connection=st.integers(1, 3),
    request=st.one_of(
        small.register_brokers,
        small.unregister_brokers,
        small.query_data_versions,
        small.broker_heartbeats,
        small.unknown_requests,
        small.reads,
        small.kv_requests(own=True),
    ),
    oneway=st.booleans(),
    style=small.styles,
)
steps: st.SearchStrategy[Step] = st.one_of(
    st.builds(Open, connection=st.integers(1, 3)),
    st.builds(Close, connection=st.integers(1, 3), abort=st.booleans()),
    st.builds(lambda listed: Requests(sends=tuple(listed)), st.lists(sends, min_size=1, max_size=3)),
    st.builds(Advance, ms=st.integers(1, 1000)),
    st.just(Scan()),
)


@given(steps)
def test_a_step_is_read_as_it_was_written(step: Step) -> None:
    assert read(write(step), "step") == step


def test_a_history_is_loaded_as_it_was_saved(tmp_path: Path) -> None:
    history = History(profile="strict", steps=(Open(connection=1), Close(connection=1)), seed=7)
    save(tmp_path / "h.json", history)
    assert load(tmp_path / "h.json") == history


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "expected JSON"),
        ("[]", "expected a document of format"),
        ('{"format": "namesrv history 1", "steps": [{"is": "Nonsense"}]}', "'Nonsense' is not a value of a history"),
        ('{"format": "namesrv history 1", "steps": [{"is": "Open"}]}', "'Open' is not a value of a history"),
        ('{"format": "namesrv history 1", "steps": [3]}', "expected a step, got int"),
    ],
)
def test_a_file_that_holds_no_history_is_refused_with_the_place(tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "h.json"
    file.write_text(text)
    with pytest.raises(HistoryError, match=complaint):
        load(file)
