"""Verdicts that were given before, by the hash of the question: proofs that have not changed are not proved again."""

import contextlib
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import attrs
import platformdirs


def default_folder() -> Path:
    """The user's cache folder of this program, as the platform has it."""
    return Path(platformdirs.user_cache_dir("namesrv")) / "proofs"


@attrs.define
class Cache:
    """`folder`: where verdicts are kept between runs; `None`: only in this process.

    A file that can't be read or written is as if it were not there.
    """

    folder: Path | None = None
    _known: dict[str, dict[str, Any]] = attrs.field(factory=dict, init=False)

    def get(self, key: tuple[str, ...]) -> dict[str, Any] | None:
        """What was said to this question, if anything."""
        digest = _digest(key)
        if digest not in self._known and self.folder is not None:
            with contextlib.suppress(OSError, ValueError):
                self._known[digest] = json.loads(self._file(digest).read_bytes())
        return self._known.get(digest)

    def put(self, key: tuple[str, ...], value: dict[str, Any]) -> None:
        """Remembers it. Whole files only: two processes may write the same."""
        digest = _digest(key)
        self._known[digest] = value
        if self.folder is None:
            return
        with contextlib.suppress(OSError):
            self._file(digest).parent.mkdir(parents=True, exist_ok=True)
            temporary = self._file(digest).with_suffix(f".{os.getpid()}")
            temporary.write_text(json.dumps(value))
            temporary.replace(self._file(digest))

    def _file(self, digest: str) -> Path:
        assert self.folder is not None
        return self.folder / digest[:2] / f"{digest}.json"


def _digest(key: tuple[str, ...]) -> str:
    return hashlib.sha256("\0".join(key).encode()).hexdigest()
