"""JSON that is none, as fastjson reads it: single quotes, comments, a comma too many or too few, keys without quotes.

Only what standard JSON's reader has refused comes here. What the releases take alike is taken; for what they don't the `Dialect`
is asked, or, where it depends on whether a class knows a field, it is marked in the value for `json_fields`.
Linear in the text's length. Not covered, and refused: `Set[…]`, `new Date(…)`, a `\\u` without four digits.
"""

import re
from typing import Any, Final

from namesrv.remoting.dialect import Dialect, NotUtf8
from namesrv.remoting.errors import BodyError

SPACE: Final = re.compile(r"[ \t\r\n\f\x08]*+")
LINE_COMMENT: Final = re.compile(r"//[^\n]*+(\n)?")
BLOCK_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
STRING: Final = re.compile(r'"((?:[^"\\]++|\\.)*+)"|' + r"'((?:[^'\\]++|\\.)*+)'", re.DOTALL)
ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
NUMBER: Final = re.compile(r"([+-]?[0-9]{1,400}(\.[0-9]*+)?([eE][+-]?[0-9]{1,4})?)[LSBFD]?(?![0-9A-Za-z_.])")
WORD: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*+")
NUMBER_KEY: Final = re.compile(r"-?[0-9]{1,20}(?![0-9A-Za-z_.])")

SHORT: Final = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "v": "\v", "0": "\0"} | {c: c for c in "\"'\\/"}
WORDS: Final = {"true": True, "false": False, "null": None}
LOOSE_WORDS: Final = WORDS | {"NULL": None, "Null": None, "undefined": None, "NaN": None}
MAX_DEPTH: Final = 200
SHOWN_CHARACTERS: Final = 12
BOM: Final = "\ufeff"


class BareKey(str):
    """A key that stood without quotes."""

    __slots__ = ()


class LooseObject(dict[str, Any]):
    """An object that is not standard JSON. `comma_after`: the key of its last field, if a comma stands behind that."""

    comma_after: str | None = None
    lacks_comma: bool = False


class LooseList(list[Any]):
    """An array. `comma_after`: whether a comma stands behind its last item."""

    comma_after: bool = False


def read_loosely(data: bytes, what: str, dialect: Dialect) -> Any:
    """The value. Raises `BodyError` with the character's position."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        if dialect.not_utf_8 is NotUtf8.NULL:
            return None
        text = data.decode("utf-8", "replace" if dialect.not_utf_8 is NotUtf8.REPLACED else "surrogateescape")
    return _Parser(text, what, dialect).whole()


class _Parser:
    def __init__(self, text: str, what: str, dialect: Dialect) -> None:
        self.text = text
        self.what = what
        self.dialect = dialect
        self.at = 0
        self.depth = 0

    def whole(self) -> Any:
        if self.dialect.loose and self.text.startswith(BOM):
            self.at = 1
        self._skip(outside=True)
        if self.at == len(self.text) and self.dialect.blank_is_null:
            return None
        value = self._value()
        self._skip()
        if self.at < len(self.text):
            raise self._error("the end")
        return value

    def _error(self, expected: str) -> BodyError:
        found = self.text[self.at : self.at + SHOWN_CHARACTERS].encode("utf-8", "replace").decode()
        return BodyError(self.what, f"character {self.at}", expected, repr(found) if found else "the end")

    def _skip(self, *, outside: bool = False, loose_only: bool = False) -> None:
        """Blanks and comments. `outside`: before everything; `loose_only`: where only a loose dialect takes comments."""
        while True:
            self.at = SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]
            if not self.text.startswith("/", self.at) or (loose_only and not self.dialect.loose):
                return
            if match := LINE_COMMENT.match(self.text, self.at):
                if match[0] == "//" and not self.dialect.loose:
                    raise self._error("a comment's text or end")
            elif not (outside or self.dialect.block_comments) or not (match := BLOCK_COMMENT.match(self.text, self.at)):
                return
            self.at = match.end()

    def _takes(self, sign: str) -> bool:
        if self.text.startswith(sign, self.at):
            self.at += 1
            return True
        return False

    def _value(self) -> Any:
        if self.text.startswith(("{", "["), self.at):
            self.depth += 1
            if self.depth > MAX_DEPTH:
                raise self._error(f"at most {MAX_DEPTH} levels")
            value = self._object() if self._takes("{") else self._list()
            self.depth -= 1
            return value
        if match := STRING.match(self.text, self.at):
            return self._string(match)
        if match := NUMBER.match(self.text, self.at):
            self.at = match.end()
            return float(match[1]) if match[2] or match[3] else int(match[1])
        if match := WORD.match(self.text, self.at):
            words = LOOSE_WORDS if self.dialect.loose else WORDS
            if match[0] in words:
                self.at = match.end()
                return words[match[0]]
        raise self._error("JSON")

    def _string(self, match: re.Match[str]) -> str:
        raw = match[1] if match[1] is not None else match[2]
        text = ESCAPE.sub(self._unescape, raw) if "\\" in raw else raw
        self.at = match.end()
        if "\\u" in raw and not text.isascii():  # halves of characters meet, or are none
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return text

    def _unescape(self, match: re.Match[str]) -> str:
        code = match[1] or match[2]
        if code is not None:
            return chr(int(code, 16))
        if match[3] not in SHORT:
            raise self._error("an escape")
        return SHORT[match[3]]

    def _commas(self) -> bool:
        """Whether there was one, or more. In an array none is missed."""
        self._skip(loose_only=True)
        if not self._takes(","):
            self._skip()
            return False
        self._skip()
        while self.text.startswith(",", self.at):
            if not self.dialect.loose and not self.dialect.comma_after_unknown:
                raise self._error("one comma")
            self.at += 1
            self._skip()
        return True

    def _first(self) -> None:
        self._skip()
        while self.dialect.loose and self._takes(","):
            self._skip()

    def _object(self) -> LooseObject:
        found = LooseObject()
        self._first()
        comma, key = True, None
        while not self._takes("}"):
            if not comma:
                if self.dialect.commas_required:
                    raise self._error("a comma")
                found.lacks_comma = True
            key = self._key()
            self._skip(loose_only=True)
            if not self._takes(":"):
                raise self._error("a colon")
            self._skip(loose_only=True)
            found[key] = self._value()
            comma = self._commas()
            found.comma_after = key if comma else None
        if key is None:
            found.comma_after = None
        return found

    def _key(self) -> str:
        if match := STRING.match(self.text, self.at):
            return self._string(match)
        match = NUMBER_KEY.match(self.text, self.at) or (WORD.match(self.text, self.at) if self.dialect.loose else None)
        if match is None:
            raise self._error("a key")
        self.at = match.end()
        return BareKey(match[0])

    def _list(self) -> LooseList:
        self.at += 1
        found = LooseList()
        self._first()
        comma = False
        while not self._takes("]"):
            found.append(self._value())
            comma = self._commas()
        found.comma_after = comma
        return found
