"""The frames of `tests/captures`, by scenario."""

import json
from functools import cache
from pathlib import Path
from typing import Final

from namesrv.remoting.command import RemotingCommand, decode_command
from namesrv.remoting.frame import FrameDecoder

FOLDER: Final = Path(__file__).parent.parent / "captures"


@cache
def captured(name: str) -> tuple[bytes, ...]:
    """The frames of one scenario, in order."""
    return tuple(bytes.fromhex(frame["hex"]) for frame in json.loads((FOLDER / f"{name}.json").read_text())["frames"])


def commands(name: str) -> list[RemotingCommand]:
    """The same, decoded."""
    return [decode_command(frame) for frame in FrameDecoder().feed(b"".join(captured(name)))]


def body_of(name: str, index: int) -> bytes:
    """The body of one of them."""
    body = commands(name)[index].body
    assert body is not None
    return body


SCENARIOS: Final = tuple(sorted(path.stem for path in FOLDER.glob("*.json")))
FRAMES: Final = tuple((name, index) for name in SCENARIOS for index in range(len(captured(name))))
