"""What can be wrong with bytes from a peer; each error says what, where, expected and got."""


class RemotingError(ValueError):
    """Bytes that are not what the protocol asks for."""

    def __init__(self, what: str, where: str, expected: str, got: str) -> None:
        super().__init__(f"{what} at {where}: expected {expected}, got {got}")
        self.what = what
        self.where = where
        self.expected = expected
        self.got = got


class FrameError(RemotingError):
    """The length fields of a frame make no sense: the connection can't be used any more."""


class HeaderError(RemotingError):
    """The header can't be read: the connection can't be used any more."""


class BodyError(RemotingError):
    """The body can't be read; the connection is fine."""


class CommaError(BodyError):
    """A comma stands behind a field that the class does not know, which fastjson2 2.0.59 has an exception of its own for."""
