"""The recordings that are kept are whole, and are what their README says."""

from pathlib import Path

import pytest

from namesrv.check.recording import FrameSeen, Opened, Side
from namesrv.check.recording_file import load_recording
from namesrv.remoting.codes import RequestCode, ResponseCode
from namesrv.remoting.command import RemotingCommand, decode_command
from namesrv.remoting.frame import FrameDecoder

FOLDER = Path(__file__).parent.parent / "recordings"
FILES = sorted(FOLDER.glob("*.jsonl"))
REGISTER, UNREGISTER = RequestCode.REGISTER_BROKER, RequestCode.UNREGISTER_BROKER


def commands(path: Path, sender: Side) -> list[tuple[int, RemotingCommand]]:
    """Each with its connection."""
    events = load_recording(path).events
    frames = [event for event in events if isinstance(event, FrameSeen) and event.sender is sender]
    return [(event.connection, decode_command(FrameDecoder().feed(event.data)[0])) for event in frames]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_kept_recording_is_whole_and_every_request_is_answered(path: Path) -> None:
    recording = load_recording(path)
    assert recording.left_out == ()
    assert recording.has_ended
    assert path.stat().st_size < 200_000
    sent = {(connection, command.opaque) for connection, command in commands(path, Side.CLIENT)}
    assert {(connection, command.opaque) for connection, command in commands(path, Side.SERVER)} == sent
    codes = [command.code for _, command in commands(path, Side.CLIENT)]
    assert codes[0] == REGISTER
    assert codes.index(UNREGISTER) > max(index for index, code in enumerate(codes) if code == REGISTER)
    assert [event.connection for event in recording.events if isinstance(event, Opened)] == [1, 2]


def test_of_the_kept_recordings_one_has_a_registration_that_is_refused() -> None:
    assert len(FILES) == 3
    refused = [
        path.stem for path in FILES for _, answer in commands(path, Side.SERVER) if answer.code != ResponseCode.SUCCESS
    ]
    assert refused == ["broker-5.5.0-topic-before-broker"]
