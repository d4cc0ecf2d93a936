"""KV configs by namespace and key, and the file that keeps them: `KVConfigManager`.

The file has Apache's name and shape, so that either server can go on with the other's. It is written whole after every
change, first beside its place and then moved there; what was there before stays as `.bak`.
Source: `KVConfigManager`, `KVConfigSerializeWrapper`, `MixAll.string2File`, 4.9.7 and 5.5.0.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import orjson

from namesrv.model.values import ORDER_TOPIC_CONFIG
from namesrv.server.log import log

FILE_NAME: Final = "kvConfig.json"
"""`NamesrvConfig.kvConfigPath` ends like this."""


class KVConfigError(ValueError):
    """The file holds JSON of another shape; Apache's server then does not start either."""


class KVConfigManager:
    """All namespaces, kept in `folder`, or in `file`; without either they are not kept. Raises `KVConfigError`, as `load`."""

    def __init__(self, folder: Path | None = None, *, file: Path | None = None) -> None:
        self._table: dict[str, dict[str, str | None]] = {}
        self._file = file if folder is None else folder / FILE_NAME
        if self._file is not None:
            self._table = load(self._file)

    def put(self, namespace: str, key: str, value: str | None) -> None:
        """Sets a key. Without a value it counts as none, but its namespace has been created."""
        self._table.setdefault(namespace, {})[key] = value
        self._persist()

    def get(self, namespace: str | None, key: str | None) -> str | None:
        """The value, `None` if there is none."""
        keys = None if namespace is None else self._table.get(namespace)
        return None if keys is None or key is None else keys.get(key)

    def delete(self, namespace: str | None, key: str | None) -> None:
        """Removes a key; its namespace stays."""
        keys = None if namespace is None else self._table.get(namespace)
        if keys is not None and key is not None:
            keys.pop(key, None)
        self._persist()

    def keys_of(self, namespace: str | None) -> Mapping[str, str] | None:
        """The namespace's keys that have a value, `None` if nobody has created it."""
        keys = None if namespace is None else self._table.get(namespace)
        return None if keys is None else _with_values(keys)

    def order_topics(self) -> Mapping[str, str] | None:
        """What brokers are told of the order topics."""
        return self.keys_of(ORDER_TOPIC_CONFIG)

    def _persist(self) -> None:
        """A file that can't be written is logged, and the request answered as if it could: `KVConfigManager.persist`."""
        if self._file is None:
            return
        document = {"configTable": {namespace: _with_values(keys) for namespace, keys in self._table.items()}}
        beside = self._file.with_name(f"{self._file.name}.tmp")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(orjson.dumps(document))
            if self._file.exists():
                self._file.with_name(f"{self._file.name}.bak").write_bytes(self._file.read_bytes())
            os.replace(beside, self._file)
        except OSError as error:
            log.warning("KV configs not written", file=str(self._file), error=str(error))


def _with_values(keys: Mapping[str, str | None]) -> dict[str, str]:
    return {key: value for key, value in keys.items() if value is not None}


def load(file: Path) -> dict[str, dict[str, str | None]]:
    """What the file holds; nothing if it can't be read, or is empty. Raises `KVConfigError`."""
    try:
        data = file.read_bytes()
    except OSError:
        return {}
    if not data:
        return {}
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise KVConfigError(f"{file}: expected JSON, got {error}") from error
    table = document.get("configTable", {}) if isinstance(document, dict) else None
    if not isinstance(table, dict) or not all(
        isinstance(keys, dict) and all(isinstance(value, str) for value in keys.values()) for keys in table.values()
    ):
        raise KVConfigError(f'{file}: expected {{"configTable":{{namespace:{{key:value}}}}}}, got something else')
    return table
