"""A sequence of steps as a JSON file: what a failure leaves behind, and what `--replay` runs again.

Values are written as `{"is": "RegisterBroker", ...}` with the fields that differ from their defaults; maps as lists of pairs,
for their keys need not be strings.
"""

from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any, Final

import attrs
import orjson
from rpds import HashTrieMap

from namesrv.check import steps as step_types
from namesrv.check.steps import Advance, Close, Open, Requests, Scan, Send, Step, Style
from namesrv.model import events
from namesrv.model.values import (
    BrokerData,
    BrokerMemberGroup,
    ClusterInfo,
    ConfigText,
    DataVersion,
    KVTable,
    QueueData,
    RegisterBrokerBody,
    TopicConfig,
    TopicList,
    TopicQueueMappingInfo,
    TopicRouteData,
)

FORMAT: Final = "namesrv history 1"
KINDS: Final[dict[str, Any]] = {
    kind.__name__: kind
    for kind in (
        *(Open, Close, Requests, Send, Style, Advance, Scan),
        *(step_types.Header, step_types.Crc),
        *(events.RegisterBroker, events.UnregisterBroker, events.QueryDataVersion, events.BrokerHeartbeat),
        *(events.GetRouteInfoByTopic, events.GetBrokerClusterInfo, events.GetAllTopicList, events.UnknownRequest),
        *(events.PutKVConfig, events.GetKVConfig, events.DeleteKVConfig, events.GetKVListByNamespace),
        *(events.WipeWritePermOfBroker, events.AddWritePermOfBroker),
        *(events.DeleteTopicInNamesrv, events.RegisterTopicInNamesrv),
        *(events.GetTopicsByCluster, events.GetSystemTopicList, events.GetUnitTopicList, events.UnitList),
        *(events.GetBrokerMemberGroup, BrokerMemberGroup),
        *(events.UpdateNamesrvConfig, events.GetNamesrvConfig, ConfigText),
        *(events.Received, events.ChannelClosed, events.ScanNotActiveBroker, events.Answered, events.Answer),
        *(events.ClosedChannel, DataVersion, RegisterBrokerBody, TopicConfig, TopicQueueMappingInfo),
        *(QueueData, BrokerData, TopicRouteData, ClusterInfo, TopicList, KVTable),
    )
}


class HistoryError(ValueError):
    """The file does not hold a history; the text says where and what was expected."""


@attrs.frozen(kw_only=True)
class History:
    """What was done, under which profile, found with which seed."""

    profile: str
    steps: tuple[Step, ...]
    seed: int | None = None


def save(path: Path, history: History) -> None:
    """Writes the file. Raises `OSError`."""
    document = {
        "format": FORMAT,
        "profile": history.profile,
        "seed": history.seed,
        "steps": [write(step) for step in history.steps],
    }
    path.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n")


def load(path: Path) -> History:
    """Reads the file. Raises `OSError`, `HistoryError`."""
    try:
        document = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise HistoryError(f"{path}: expected JSON, got {error}") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise HistoryError(f"{path}: expected a document of format {FORMAT!r}")
    steps = tuple(read(step, f"steps[{index}]") for index, step in enumerate(document.get("steps", ())))
    for index, step in enumerate(steps):
        if not isinstance(step, Step):
            raise HistoryError(f"{path}: steps[{index}]: expected a step, got {type(step).__name__}")
    return History(profile=str(document.get("profile")), steps=steps, seed=document.get("seed"))


def write(value: object) -> Any:
    """A value as JSON."""
    if isinstance(value, Enum):
        return {"is": type(value).__name__, "value": value.value}
    kind: Any = type(value)
    if attrs.has(kind):
        fields: dict[str, Any] = {"is": kind.__name__}
        for field in attrs.fields(kind):
            item = getattr(value, field.name)
            if field.default is attrs.NOTHING or item != field.default:
                fields[field.name] = write(item)
        return fields
    if isinstance(value, bytes):
        return {"is": "bytes", "hex": value.hex()}
    if isinstance(value, HashTrieMap):
        return {"is": "map", "pairs": [[write(k), write(v)] for k, v in sorted(value.items(), key=str)]}
    if isinstance(value, frozenset):
        return {"is": "set", "items": sorted((write(item) for item in value), key=str)}
    if isinstance(value, tuple):
        return [write(item) for item in value]
    return value


def read(value: Any, where: str, kinds: Mapping[str, Any] = KINDS) -> Any:
    """The value of which `write` made this, of one of `kinds`. Raises `HistoryError`."""
    if isinstance(value, list):
        return tuple(read(item, f"{where}[{index}]", kinds) for index, item in enumerate(value))
    if not isinstance(value, dict):
        return value
    name = value.get("is")
    try:
        if name == "map":
            return HashTrieMap([(read(k, where, kinds), read(v, where, kinds)) for k, v in value["pairs"]])
        if name == "bytes":
            return bytes.fromhex(value["hex"])
        if name == "set":
            return frozenset(read(item, where, kinds) for item in value["items"])
        kind = kinds[str(name)]
        if issubclass(kind, Enum):
            return kind(value["value"])
        return kind(**{key: read(item, f"{where}.{key}", kinds) for key, item in value.items() if key != "is"})
    except (KeyError, TypeError, ValueError) as error:
        raise HistoryError(f"{where}: {name!r} is not a value of a history: {error!r}") from error
