"""Commands: a request or an answer, its header read from JSON or from RocketMQ's binary form.

What a peer wrote is kept where it matters for writing the same bytes again: the order of keys, which keys there were, extra
ones, what stood behind the JSON. Source: `RemotingCommand`, `RocketMQSerializable`, 5.5.0.
"""

import re
import struct
from collections.abc import Mapping
from typing import Any, Final

import attrs
import orjson

from namesrv.remoting.codes import ONEWAY_FLAG, RESPONSE_FLAG, LanguageCode, SerializeType
from namesrv.remoting.dialect import Dialect
from namesrv.remoting.errors import BodyError, HeaderError
from namesrv.remoting.frame import Frame, encode_frame
from namesrv.remoting.json_fields import INT_BOUND
from namesrv.remoting.loose_json import read_loosely
from namesrv.remoting.version import MQVersion

NO_EXTRA: Final[Mapping[str, object]] = {}
JAVA_KEYS: Final = ("code", "extFields", "flag", "language", "opaque", "remark", "serializeTypeCurrentRPC", "version")
"""The keys of a Java peer's header, in the order in which fastjson writes them."""

SERIALIZE_KEY: Final = "serializeTypeCurrentRPC"
KNOWN_KEYS: Final = frozenset(JAVA_KEYS)
READ_KEYS: Final = KNOWN_KEYS - {SERIALIZE_KEY}
"""Those that have a field of their own; the serialisation that the header claims is not what counts."""

NUMBER: Final = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]{0,20})?", re.ASCII)
SHOWN_CHARACTERS: Final = 60
LANGUAGE_NAMES: Final = {int(code): code.name for code in LanguageCode}
FIXED: Final = struct.Struct(">hbhii")
INT32: Final = struct.Struct(">i")
INT16: Final = struct.Struct(">h")


@attrs.frozen(kw_only=True)
class RemotingCommand:
    """One command. `ext_fields` is `None` where the header has no such key; `body` where the frame ends with the header.

    `language` is a name (a number in digits where a binary header has an unknown one; `None` where it was null). `keys` and
    `extra` tell which keys a JSON header had in which order, and what the unknown ones held: `None` means a Java peer's.
    `trailing` is what followed the JSON (the C++ client writes a newline). A JSON header that was written without spaces and
    with each value in its own type encodes to the same bytes; so does a binary one, unless it has
    ext fields of no text, or text that is not UTF-8.
    """

    code: int
    opaque: int
    flag: int = 0
    language: str | None = "JAVA"
    version: int = int(MQVersion.V5_5_0)
    remark: str | None = None
    ext_fields: Mapping[str, str] | None = None
    body: bytes | None = None
    serialize_type: int = int(SerializeType.JSON)
    keys: tuple[str, ...] | None = None
    extra: Mapping[str, object] = NO_EXTRA
    trailing: bytes = b""

    @property
    def is_response(self) -> bool:
        """Whether it answers another command."""
        return bool(self.flag & RESPONSE_FLAG)

    @property
    def is_oneway(self) -> bool:
        """Whether no answer is wanted."""
        return bool(self.flag & ONEWAY_FLAG)

    def ext(self, name: str) -> str | None:
        """One of the ext fields, if it is there."""
        return None if self.ext_fields is None else self.ext_fields.get(name)


def request(
    code: int,
    *,
    opaque: int,
    ext_fields: Mapping[str, str] | None = None,
    body: bytes | None = None,
    oneway: bool = False,
    version: int = int(MQVersion.V5_5_0),
    serialize_type: int = int(SerializeType.JSON),
) -> RemotingCommand:
    """A request, as a Java peer makes it. Source: `RemotingCommand.createRequestCommand`, 5.5.0."""
    return RemotingCommand(
        code=int(code),
        opaque=opaque,
        flag=ONEWAY_FLAG if oneway else 0,
        version=version,
        ext_fields=ext_fields,
        body=body,
        serialize_type=serialize_type,
    )


def response_to(
    request: RemotingCommand,
    code: int,
    *,
    remark: str | None = None,
    ext_fields: Mapping[str, str] | None = None,
    body: bytes | None = None,
    version: int = int(MQVersion.V5_5_0),
    serialize_type: int = int(SerializeType.JSON),
) -> RemotingCommand:
    """The answer to `request`, as a Java peer makes it."""
    return RemotingCommand(
        code=int(code),
        opaque=request.opaque,
        flag=RESPONSE_FLAG,
        version=version,
        remark=remark,
        ext_fields=ext_fields,
        body=body,
        serialize_type=serialize_type,
    )


def decode_command(frame: Frame, dialect: Dialect | None = None) -> RemotingCommand:
    """The command in a frame. `dialect`: what else than JSON is taken for a header.

    Raises `HeaderError`; then the connection can't be used any more.
    """
    if frame.serialize_type == SerializeType.ROCKETMQ:
        return _decode_binary(frame)
    return _decode_json(frame, dialect)


def encode_command(command: RemotingCommand) -> bytes:
    """The command's frame. Raises `HeaderError` if a number does not fit the binary form."""
    if command.serialize_type == SerializeType.ROCKETMQ:
        return encode_frame(SerializeType.ROCKETMQ, _encode_binary(command), command.body)
    return encode_frame(SerializeType.JSON, _encode_json(command), command.body)


# JSON -------------------------------------------------------------------------------------------------------------


def _decode_json(frame: Frame, dialect: Dialect | None) -> RemotingCommand:
    header, trailing = frame.header, b""
    if header[-1:] in b" \t\r\n":
        stripped = header.rstrip(b" \t\r\n")
        header, trailing = stripped, header[len(stripped) :]
    try:
        fields = orjson.loads(header)
    except orjson.JSONDecodeError as error:
        fields = _read_loosely(header, error, dialect)
    if not isinstance(fields, dict):
        raise HeaderError("header", "its start", "a JSON object", type(fields).__name__)
    ext_fields = fields.get("extFields")
    if ext_fields is not None:
        ext_fields = _string_map(ext_fields)
    language = fields.get("language", "JAVA")
    remark = fields.get("remark")
    return RemotingCommand(
        code=_int(fields, "code"),
        opaque=_int(fields, "opaque"),
        flag=_int(fields, "flag"),
        language=language if type(language) is str else _language(language),
        version=_int(fields, "version"),
        remark=remark if remark is None or type(remark) is str else _string(remark, "remark"),
        ext_fields=ext_fields,
        body=frame.body,
        keys=tuple(fields),
        extra=NO_EXTRA if _is_usual(fields) else {k: v for k, v in fields.items() if k not in READ_KEYS},
        trailing=trailing,
    )


def _read_loosely(header: bytes, error: orjson.JSONDecodeError, dialect: Dialect | None) -> Any:
    if dialect is None:
        raise HeaderError("header", f"character {error.pos}", "a JSON object", error.msg) from error
    try:
        return read_loosely(header, "header", dialect)
    except BodyError as odd:
        raise HeaderError(odd.what, odd.where, odd.expected, odd.got) from odd


def _is_usual(fields: Mapping[str, Any]) -> bool:
    return KNOWN_KEYS.issuperset(fields) and fields.get(SERIALIZE_KEY, "JSON") == "JSON"


def _int(fields: Mapping[str, Any], key: str) -> int:
    """A Java int, or what fastjson makes of something else: null and no text are 0, true is 1, decimals are cut off."""
    value = fields.get(key, 0)
    if type(value) is not int:
        if value is None or value == "":
            return 0
        if isinstance(value, str) and NUMBER.fullmatch(value) is None:
            raise HeaderError("header", key, "a number", _shown(value))
        try:
            value = int(float(value)) if isinstance(value, str) and "." in value else int(value)
        except (TypeError, ValueError, OverflowError) as error:
            raise HeaderError("header", key, "a number", _shown(value)) from error
    if -INT_BOUND <= value < INT_BOUND:
        return value
    raise HeaderError("header", key, "a number of 32 bits", _shown(value))


def _language(value: object) -> str | None:
    """fastjson takes an enum's ordinal for its name; where that does not exist Java throws."""
    if value is None:
        return None
    name = LANGUAGE_NAMES.get(value) if type(value) is int else None
    if name is None:
        raise HeaderError("header", "language", "a language's name or number", _shown(value))
    return name


def _string_map(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise HeaderError("header", "extFields", "a JSON object", type(value).__name__)
    for item in value.values():
        if type(item) is not str:
            # A null is as good as an absent field to all who read it.
            return {k: _string(v, k) for k, v in value.items() if v is not None}
    return value


def _string(value: object, key: str) -> str:
    """fastjson makes text of whatever stands where text should."""
    if isinstance(value, str):
        return value
    try:
        return orjson.dumps(value).decode()
    except TypeError as error:  # nested deeper than orjson writes
        raise HeaderError("header", key, "a text", type(value).__name__) from error


def _shown(value: object) -> str:
    return repr(value)[:SHOWN_CHARACTERS] if isinstance(value, str | int | float) else type(value).__name__


def _encode_json(command: RemotingCommand) -> bytes:
    read = command.keys
    fields: dict[str, object] = {}
    for key in JAVA_KEYS if read is None else read:
        match key:
            case "code":
                fields[key] = command.code
            case "extFields":
                if command.ext_fields is not None or read is not None:
                    fields[key] = command.ext_fields
            case "flag":
                fields[key] = command.flag
            case "language":
                if command.language is not None or read is not None:
                    fields[key] = command.language
            case "opaque":
                fields[key] = command.opaque
            case "remark":
                if command.remark is not None or read is not None:
                    fields[key] = command.remark
            case "serializeTypeCurrentRPC":
                fields[key] = command.extra.get(key, "JSON")
            case "version":
                fields[key] = command.version
            case _:
                fields[key] = command.extra[key]
    try:
        return orjson.dumps(fields) + command.trailing
    except TypeError as error:
        raise HeaderError("header to write", "a field", "what JSON can hold", str(error)) from error


# Binary -----------------------------------------------------------------------------------------------------------


class _Reader:
    """Reads a binary header, every length checked against what is left."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def number(self, form: struct.Struct, what: str) -> int:
        if self.at + form.size > len(self.data):
            raise HeaderError(what, f"byte {self.at}", f"{form.size} bytes", f"{len(self.data) - self.at}")
        (value,) = form.unpack_from(self.data, self.at)
        self.at += form.size
        assert isinstance(value, int)
        return value

    def text(self, form: struct.Struct, what: str) -> str | None:
        length = self.number(form, f"length of {what}")
        if length == 0:
            return None
        if not 0 < length <= len(self.data) - self.at:
            raise HeaderError(
                f"length of {what}", f"byte {self.at}", f"at most {len(self.data) - self.at}", str(length)
            )
        raw = self.data[self.at : self.at + length]
        self.at += length
        return raw.decode("utf-8", "replace")


def _decode_binary(frame: Frame) -> RemotingCommand:
    header = frame.header
    if len(header) < FIXED.size:
        raise HeaderError("binary header", "its start", f"at least {FIXED.size + 8} bytes", str(len(header)))
    code, language, version, opaque, flag = FIXED.unpack_from(header)
    reader = _Reader(header)
    reader.at = FIXED.size
    remark = reader.text(INT32, "remark")
    length = reader.number(INT32, "length of extFields")
    ext_fields: dict[str, str] | None = None
    if length > 0:
        end = reader.at + length
        if end > len(header):
            raise HeaderError(
                "length of extFields", f"byte {reader.at}", f"at most {len(header) - reader.at}", str(length)
            )
        ext_fields = {}
        while reader.at < end:
            key = reader.text(INT16, "ext field's name")
            value = reader.text(INT32, "ext field's value")
            if key is not None and value is not None:
                ext_fields[key] = value
    return RemotingCommand(
        code=code,
        opaque=opaque,
        flag=flag,
        language=LANGUAGE_NAMES.get(language, str(language)),
        version=version,
        remark=remark,
        ext_fields=ext_fields,
        body=frame.body,
        serialize_type=int(SerializeType.ROCKETMQ),
        trailing=header[reader.at :],
    )


def _encode_binary(command: RemotingCommand) -> bytes:
    try:
        language = LanguageCode.__members__.get(command.language or "")
        number = int(command.language or "") if language is None else int(language)
        fixed = FIXED.pack(command.code, number, command.version, command.opaque, command.flag)
        ext = b"".join(_encode_field(key, value) for key, value in (command.ext_fields or {}).items())
        remark = (command.remark or "").encode()
    except (struct.error, ValueError) as error:
        raise HeaderError("binary header to write", "a field", "what its form can hold", str(error)) from error
    return b"".join((fixed, INT32.pack(len(remark)), remark, INT32.pack(len(ext)), ext, command.trailing))


def _encode_field(key: str, value: str) -> bytes:
    name, content = key.encode(), value.encode()
    return INT16.pack(len(name)) + name + INT32.pack(len(content)) + content
