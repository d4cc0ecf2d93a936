"""A recording's events from its files, one by one: however large it is, little of it is held. Damage becomes a gap."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from namesrv.check.recording import Continues, Ended, Event, Gap, Head, LeftOut, Opened, RecordingError
from namesrv.check.recording_file import RecordingReader

MAX_TOLD: Final = 20


class Stream:
    """Iterate over it once. `left_out`: the first lines that could not be used, `left_out_lines` how many there were; `ended`:
    whether the recording was ended in an orderly way.

    Raises `RecordingError`, `OSError` where the first file is no recording. A part that is missing is a gap.
    """

    def __init__(self, path: Path) -> None:
        self.left_out: list[LeftOut] = []
        self.left_out_lines = 0
        self.ended = False
        self._reader = RecordingReader(path)
        self.head: Head = self._reader.head

    def __iter__(self) -> Iterator[Event]:
        """The events, in order; where lines could not be used, a `Gap`, unless nothing comes after them."""
        path, read, at, first = self._reader.path, {self._reader.path.name}, 0, True
        while True:
            goes_on: Continues | None = None
            bad = 0
            with self._reader as reader:
                for event in reader:
                    if reader.left_out_lines > bad:
                        bad = reader.left_out_lines
                        yield Gap(at=event.at, why=str(reader.left_out[-1]))
                    at = event.at
                    if isinstance(event, Continues):
                        goes_on = event
                        continue
                    self.ended = isinstance(event, Ended)
                    if first or not (isinstance(event, Opened) and event.continued):
                        yield event
                self.left_out += reader.left_out[: MAX_TOLD - len(self.left_out)]
                self.left_out_lines += reader.left_out_lines
            if goes_on is None:
                return
            first = False
            try:
                if goes_on.file in read:
                    raise RecordingError("next part", goes_on.file, "a file that was not read yet", "one that was")
                read.add(goes_on.file)
                self._reader = RecordingReader(path.with_name(goes_on.file), after=goes_on.at)
            except (RecordingError, OSError) as error:
                got = error.strerror or str(error) if isinstance(error, OSError) else str(error)
                lost = LeftOut(what="next part", where=goes_on.file, expected="the recording to go on", got=got)
                self.left_out.append(lost)
                self.left_out_lines += 1
                yield Gap(at=at, why=str(lost))
                return
