"""JSON Schemas of the documents that are promised to others."""

from importlib.resources import files
from typing import Any

import orjson


def schema(name: str) -> dict[str, Any]:
    """`NAME.schema.json` of this folder. Raises `FileNotFoundError`."""
    loaded: dict[str, Any] = orjson.loads(files(__package__).joinpath(f"{name}.schema.json").read_bytes())
    return loaded
